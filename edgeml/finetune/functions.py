"""The real meaning of operators as JAX functions of batches, so that gradients flow through a graph.

Operators that only move elements need no function of their own: their NumPy reference, run once on the numbers of the
elements, says which input element each output element is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from edgeml.errors import UnsupportedError
from edgeml.extras import require
from edgeml.ir import Array, BoundNode
from edgeml.ops import OPS
from edgeml.ops.common import Activation, Padding, activation_range

# float32 holds the numbers of so many elements exactly
_MOST_ELEMENTS = 2**24
_MOVERS = frozenset(
    {
        "reshape", "mirror_pad", "concatenation", "transpose", "strided_slice", "tile", "broadcast_to",
        "depth_to_space", "space_to_depth", "gather", "resize_nearest_neighbor",
    }
)  # fmt: skip


def supports(bound: BoundNode) -> bool:
    """Whether gradients can flow through the node."""
    return bound.node.op in _MOVERS or bound.node.op in _FUNCTIONS


def evaluate(bound: BoundNode, *inputs: Any) -> Any:
    """The node on JAX arrays (N, …); constant inputs come as they are in the graph, absent ones as None.

    Raises UnsupportedError for operators that cannot be trained through.
    """
    if bound.node.op in _MOVERS:
        return _moved(bound, inputs)
    if bound.node.op not in _FUNCTIONS:
        known = ", ".join(sorted((*_FUNCTIONS, *_MOVERS)))
        raise UnsupportedError(
            f"{bound.node.op} '{bound.name}': training has no gradient for it. It knows {known}. Train in the "
            "framework that the model comes from."
        )
    return _FUNCTIONS[bound.node.op](bound, *inputs)


def convolve(bound: BoundNode, x: Any, w: Any) -> Any:
    """conv_2d, depthwise_conv_2d or fully_connected without bias and activation."""
    jax = require("jax", "jax")
    if bound.node.op == "fully_connected":
        rows = x if bound.node.attrs.keep_num_dims else x.reshape(-1, w.shape[1])  # type: ignore[attr-defined]
        return rows @ w.T
    attrs: Any = bound.node.attrs
    if bound.node.op == "depthwise_conv_2d":
        return _depthwise(attrs, x, w)
    top, bottom, left, right = attrs.padding
    return jax.lax.conv_general_dilated(
        x,
        w,
        attrs.stride,
        ((top, bottom), (left, right)),
        rhs_dilation=attrs.dilation,
        dimension_numbers=("NHWC", "OHWI", "NHWC"),
        precision=jax.lax.Precision.HIGHEST,
    )


def activation(kind: Activation, x: Any) -> Any:
    """A fused activation on reals."""
    low, high = activation_range(kind)
    return x if kind is Activation.NONE else require("jax", "jax").numpy.clip(x, low, high)


def _depthwise(attrs: Any, x: Any, w: Any) -> Any:
    """One shifted product for each position of the window: XLA's grouped convolution on a CPU is far slower."""
    jnp = require("jax", "jax").numpy
    multiple = w.shape[3] // x.shape[3]
    (top, bottom, left, right), (sy, sx), (dy, dx) = attrs.padding, attrs.stride, attrs.dilation
    x = jnp.pad(x, ((0, 0), (top, bottom), (left, right), (0, 0)))
    if multiple > 1:
        x = jnp.repeat(x, multiple, axis=3)
    kh, kw = w.shape[1:3]
    height = (x.shape[1] - (kh - 1) * dy - 1) // sy + 1
    width = (x.shape[2] - (kw - 1) * dx - 1) // sx + 1
    total: Any = 0.0
    for i in range(kh):
        for j in range(kw):
            rows = slice(i * dy, i * dy + (height - 1) * sy + 1, sy)
            columns = slice(j * dx, j * dx + (width - 1) * sx + 1, sx)
            total = total + x[:, rows, columns] * w[0, i, j]
    return total


def _weighted(bound: BoundNode, x: Any, w: Any, b: Any = None) -> Any:
    y = convolve(bound, x, w)
    attrs: Any = bound.node.attrs
    return activation(attrs.activation, y if b is None else y + b)


def window(x: Any, attrs: Any, start: float, combine: str) -> Any:
    """Pool windows of x (N, H, W, C) reduced by `combine`, "max" or "add"."""
    lax = require("jax", "jax").lax
    top, bottom, left, right = attrs.padding
    pads = ((0, 0), (top, bottom), (left, right), (0, 0))
    return lax.reduce_window(x, start, getattr(lax, combine), (1, *attrs.kernel, 1), (1, *attrs.stride, 1), pads)


def counts(shape: tuple[int, ...], kernel: tuple[int, int], stride: tuple[int, int], padding: Padding) -> Array:
    """Elements of the input under each window, (1, OH, OW, 1): padding does not count."""
    sizes = []
    for size, k, s, (low, high) in zip(shape[1:3], kernel, stride, (padding[:2], padding[2:]), strict=True):
        starts = np.arange((size + low + high - k) // s + 1) * s - low
        sizes.append(np.minimum(starts + k, size) - np.maximum(starts, 0))
    return np.asarray((sizes[0][:, None] * sizes[1])[None, :, :, None], np.float32)


def _average(bound: BoundNode, x: Any) -> Any:
    attrs: Any = bound.node.attrs
    total = window(x, attrs, 0.0, "add")
    return activation(attrs.activation, total / counts(x.shape, attrs.kernel, attrs.stride, attrs.padding))


def _maximum(bound: BoundNode, x: Any) -> Any:
    attrs: Any = bound.node.attrs
    return activation(attrs.activation, window(x, attrs, -np.inf, "max"))


def _binary(combine: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    def run(bound: BoundNode, a: Any, b: Any) -> Any:
        return activation(getattr(bound.node.attrs, "activation", Activation.NONE), combine(a, b))

    return run


def _reduced(name: str) -> Callable[..., Any]:
    def run(bound: BoundNode, x: Any) -> Any:
        attrs: Any = bound.node.attrs
        return getattr(require("jax", "jax").numpy, name)(x, axis=attrs.axes, keepdims=attrs.keep_dims)

    return run


def _unary(function: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    def run(bound: BoundNode, x: Any) -> Any:
        return function(require("jax", "jax"), x)

    return run


def _softmax(bound: BoundNode, x: Any) -> Any:
    attrs: Any = bound.node.attrs
    return require("jax", "jax").nn.softmax(x * attrs.beta, axis=-1)


def _leaky(bound: BoundNode, x: Any) -> Any:
    attrs: Any = bound.node.attrs
    return require("jax", "jax").numpy.where(x >= 0, x, x * attrs.alpha)


def _pad(bound: BoundNode, x: Any) -> Any:
    attrs: Any = bound.node.attrs
    return require("jax", "jax").numpy.pad(x, attrs.paddings, constant_values=np.float32(attrs.value or 0))


def _moved(bound: BoundNode, inputs: tuple[Any, ...]) -> Any:
    """Each output element is an input element."""
    jnp = require("jax", "jax").numpy
    numbers, parts, first = [], [], 1
    count = max((x.shape[0] for x, t in zip(inputs, bound.inputs, strict=True) if t and not t.is_constant), default=1)
    for x, tensor in zip(inputs, bound.inputs, strict=True):
        if tensor is None or (tensor.is_constant and tensor.dtype.value != "float32"):
            numbers.append(None if tensor is None else tensor.data)
            continue
        numbers.append(np.arange(first, first + tensor.type.elements, dtype=np.float32).reshape(tensor.shape))
        flat = jnp.asarray(x).reshape(1 if tensor.is_constant else count, -1)
        parts.append(jnp.broadcast_to(flat, (count, flat.shape[1])))
        first += tensor.type.elements
    if first >= _MOST_ELEMENTS:
        raise UnsupportedError(
            f"{bound.node.op} '{bound.name}': training moves at most {_MOST_ELEMENTS:,} elements at once, this has "
            f"{first:,}. Train in the framework that the model comes from."
        )
    (places,) = OPS[bound.node.op].reference(bound, *numbers)
    # the first element has the number 1
    flat = jnp.concatenate([jnp.zeros((count, 1), np.float32), *parts], axis=1)
    picked = flat[:, np.asarray(places, np.int64).reshape(-1)]
    shape = bound.output.shape
    if not shape or shape[0] != 1:
        # a graph's batch is 1; what is not is rows of one sample each
        return picked.reshape(-1, *shape[1:])
    return picked.reshape(count, *shape[1:])


_FUNCTIONS: dict[str, Callable[..., Any]] = {
    "conv_2d": _weighted,
    "depthwise_conv_2d": _weighted,
    "fully_connected": _weighted,
    "average_pool_2d": _average,
    "max_pool_2d": _maximum,
    "pad": _pad,
    "mean": _reduced("mean"),
    "sum": _reduced("sum"),
    "add": _binary(lambda a, b: a + b),
    "sub": _binary(lambda a, b: a - b),
    "mul": _binary(lambda a, b: a * b),
    "relu": _unary(lambda jax, x: jax.nn.relu(x)),
    "relu6": _unary(lambda jax, x: jax.numpy.clip(x, 0, 6)),
    "relu_n1_to_1": _unary(lambda jax, x: jax.numpy.clip(x, -1, 1)),
    "leaky_relu": _leaky,
    "elu": _unary(lambda jax, x: jax.nn.elu(x)),
    "hard_swish": _unary(lambda jax, x: x * jax.numpy.clip(x + 3, 0, 6) / 6),
    "tanh": _unary(lambda jax, x: jax.numpy.tanh(x)),
    "logistic": _unary(lambda jax, x: jax.nn.sigmoid(x)),
    "softmax": _softmax,
}
