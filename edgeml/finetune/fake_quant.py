"""int8 arithmetic on floats that hold whole numbers, with gradients of the reals behind them.

Values and sums of products of int8 are whole numbers below 2^24, which float32 holds exactly, so that the forward
direction computes the very codes of the int8 operators (edgeml/ops). Backwards, rounding counts as the identity and
clamping stops the gradient (Bengio et al. 2013, arXiv:1308.3432); the gradient of a scale then is that of learned step
sizes (Esser et al. 2020, arXiv:1902.08153).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, cast

import numpy as np

from edgeml.extras import require
from edgeml.finetune.functions import convolve, counts, evaluate, window
from edgeml.ir import BoundNode
from edgeml.ops import OPS
from edgeml.ops.common import Activation, activation_range
from edgeml.ops.pooling import PoolAttrs

_LOW, _HIGH = -128, 127


@dataclass(frozen=True)
class Grid:
    """The reals `(code - zero_point) * scale` for codes -128..127; both may be JAX values."""

    scale: Any
    zero_point: Any


@dataclass(frozen=True)
class Codes:
    """Reals `steps * grid.scale`; `steps` (N, …) are float32 whole numbers, code minus zero point."""

    steps: Any
    grid: Grid

    @property
    def real(self) -> Any:
        return self.steps * self.grid.scale


@cache
def _straight() -> Any:
    jax = require("jax", "jax")

    straight = jax.custom_vjp(lambda value, real: value)
    straight.defvjp(lambda value, real: (value, None), lambda _, slope: (jax.numpy.zeros_like(slope), slope))
    return straight


def straight_through(value: Any, real: Any) -> Any:
    """`value` to the last bit, with the gradient of `real` of the same shape."""
    return _straight()(value, real)


def rounded(x: Any) -> Any:
    """Nearest whole number, half to even; the gradient passes as if nothing had happened."""
    return straight_through(require("jax", "jax").numpy.rint(x), x)


def divided(a: Any, b: Any) -> Any:
    """`a / b` for `a` of rank 1 or more and a scalar `b`, rounded as IEEE 754 says, with the gradient of both.

    XLA multiplies by the reciprocal of a scalar, which is another number in one of twenty cases; that of an array
    behind a barrier it leaves alone.
    """
    jax = require("jax", "jax")
    divisor = jax.numpy.broadcast_to(jax.lax.stop_gradient(jax.numpy.float32(b)), a.shape)
    return straight_through(jax.lax.stop_gradient(a) / jax.lax.optimization_barrier(divisor), a / b)


def nearest_quotient(a: Any, b: Any) -> Any:
    """Whole number nearest to `a / b`, as float64 would find it: the quotient in float32 may round up to a half.

    The remainder is formed from halves of the digits (Dekker 1971), whose products are exact.
    """
    jax = require("jax", "jax")
    jnp = jax.numpy
    a, b = jax.lax.stop_gradient(a), jax.lax.stop_gradient(b)
    near = jnp.rint(a / b)
    (nh, nl), (bh, bl) = (_halves(v) for v in (near, b))
    rest = (((a - nh * bh) - nh * bl) - nl * bh) - nl * bl
    return near + jnp.where(rest > b / 2, 1, 0) - jnp.where(rest < -b / 2, 1, 0)


def _halves(x: Any) -> tuple[Any, Any]:
    """float32 `x` as a sum of two numbers of 12 bits."""
    jax = require("jax", "jax")
    bits = jax.lax.bitcast_convert_type(x, np.int32)
    high = jax.lax.bitcast_convert_type(bits & np.int32(-4096), np.float32)
    return high, x - high


def quantized(real: Any, grid: Grid) -> Codes:
    """Reals on the grid of an int8 tensor, by the rule of `quantize`: times the reciprocal of the scale."""
    jnp = require("jax", "jax").numpy
    return Codes(rounded(jnp.clip(real * (1 / grid.scale), _LOW - grid.zero_point, _HIGH - grid.zero_point)), grid)


def weight_scales(bound: BoundNode, w: Any, limit: int) -> Any:
    """One scale for each output channel: the largest weight is `limit` steps. No gradient, as of an observer."""
    jax = require("jax", "jax")
    axis = OPS[bound.node.op].weight_axis
    others = tuple(i for i in range(w.ndim) if i != axis)
    peak = jax.lax.stop_gradient(jax.numpy.abs(w).max(axis=others))
    return jax.numpy.where(peak > 0, divided(peak, limit), 1.0 / limit)


def weighted(bound: BoundNode, x: Codes, w: Any, b: Any, grid: Grid, limit: int) -> Codes:
    """A node with weights in int8: float `w` and `b` on the grids of weights up to `limit` and of the accumulator."""
    jnp = require("jax", "jax").numpy
    shape = [1] * w.ndim
    shape[OPS[bound.node.op].weight_axis or 0] = -1
    scales = weight_scales(bound, w, limit)
    steps = rounded(jnp.clip(w / scales.reshape(shape), -limit, limit))
    total = convolve(bound, x.steps, steps)
    product = x.grid.scale * scales
    if b is not None:
        total = total + straight_through(nearest_quotient(b, product), b / product)
    return Codes(rounded(jnp.clip(total * divided(product, grid.scale), *_activation_steps(bound, grid))), grid)


def pooled(bound: BoundNode, x: Codes) -> Codes:
    """average_pool_2d in integers: the sum of codes over their count, half away from zero."""
    jax = require("jax", "jax")
    jnp, attrs = jax.numpy, cast(PoolAttrs, bound.node.attrs)
    count = counts(x.steps.shape, attrs.kernel, attrs.stride, attrs.padding)
    total = window(x.steps, attrs, 0.0, "add")
    codes = jax.lax.stop_gradient(total) + count * x.grid.zero_point
    exact = jnp.sign(codes) * jnp.floor((jnp.abs(codes) + np.floor(count / 2)) / count) - x.grid.zero_point
    mean = total / count
    return Codes(jnp.clip(straight_through(exact, mean), *_activation_steps(bound, x.grid)), x.grid)


def added(bound: BoundNode, a: Codes, b: Codes, sign: int, grid: Grid) -> Codes:
    """add (`sign` 1) or sub (-1) by the integer rule of edgeml.ops.add: multipliers of 21 bits and a shift."""
    jax = require("jax", "jax")
    jnp = jax.numpy
    real = (a.real + sign * b.real) / grid.scale
    ratios = [jax.lax.stop_gradient(divided(jnp.reshape(v.grid.scale, (1,)), grid.scale)) for v in (a, b)]
    shift = 21 - jnp.frexp(jnp.maximum(*ratios))[1].astype(jnp.int32)
    multipliers = [jnp.rint(jnp.ldexp(r, shift)).astype(jnp.int32) for r in ratios]
    codes = [jax.lax.stop_gradient(v.steps).astype(jnp.int32) for v in (a, b)]
    total = codes[0] * multipliers[0] + sign * codes[1] * multipliers[1] + (1 << (shift - 1))
    exact = (total >> shift).astype(jnp.float32)
    return Codes(jnp.clip(straight_through(exact, real), *_activation_steps(bound, grid)), grid)


def other(bound: BoundNode, inputs: list[Any], grid: Grid | None) -> Any:
    """Any other node: computed on reals, its output rounded to its grid where it has one."""
    y = evaluate(bound, *(v.real if isinstance(v, Codes) else v for v in inputs))
    return y if grid is None else quantized(y, grid)


def _activation_steps(bound: BoundNode, grid: Grid) -> tuple[Any, Any]:
    """Bounds of the fused activation in steps of the output."""
    jax = require("jax", "jax")
    jnp = jax.numpy
    kind = getattr(bound.node.attrs, "activation", Activation.NONE)
    codes = (
        jnp.clip(jnp.rint(jax.lax.stop_gradient(real / grid.scale) + grid.zero_point), _LOW, _HIGH)
        if np.isfinite(real)
        else end
        for real, end in zip(activation_range(kind), (_LOW, _HIGH), strict=True)
    )
    low, high = (code - grid.zero_point for code in codes)
    return low, high
