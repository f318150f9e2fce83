"""What learners in JAX share: named parameters, masks that keep zeros, Adam (Kingma and Ba 2015, arXiv:1412.6980)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from edgeml.extras import require
from edgeml.ir import Array

_BETA1, _BETA2, _EPSILON = 0.9, 0.999, 1e-8


class AdamLearner:
    """The part of `Learner` that knows no model: `values` are float32 arrays by name, in a fixed order.

    A subclass gives `loss(params, *batch)`, a JAX function of the parameters in that order.
    """

    def __init__(self, values: Mapping[str, Any], masks: Mapping[str, Array] | None = None) -> None:
        self._jax = require("jax", "jax")
        self._names = list(values)
        self._params = [self._device(v) for v in values.values()]
        self._masks = [self._device((masks or {}).get(n, np.ones(np.shape(v)))) for n, v in values.items()]
        self._mean: list[Any] = []
        self._square: list[Any] = []
        self._reset()
        self._step = self._jax.jit(self._adam_step)

    def loss(self, params: list[Any], *batch: Any) -> Any:
        """What training makes small; a scalar."""
        raise NotImplementedError

    def state(self) -> dict[str, Array]:
        named: dict[str, Array] = {"step": np.array(self._count, np.int32)}
        for kind, values in self._kinds().items():
            named |= {f"{kind}/{n}": np.asarray(v) for n, v in zip(self._names, values, strict=True)}
        return named

    def restore(self, state: Mapping[str, Array]) -> None:
        self._count = int(state["step"])
        for kind, values in self._kinds().items():
            values[:] = [self._device(state[f"{kind}/{n}"]) for n in self._names]

    def weights(self) -> dict[str, Array]:
        return {n: np.asarray(p) for n, p in zip(self._names, self._params, strict=True)}

    def load_weights(self, weights: Mapping[str, Array]) -> None:
        self._params = [self._device(weights[n]) for n in self._names]
        self._reset()

    def set_masks(self, masks: Mapping[str, Array]) -> None:
        for i, name in enumerate(self._names):
            if name in masks:
                self._masks[i] = self._device(masks[name])
                self._params[i] = self._params[i] * self._masks[i]

    def step(self, rate: float, *batch: Any) -> float:
        """One step of Adam at learning rate `rate`; the loss before it."""
        self._count += 1
        # bias correction of both means, folded into the rate: the end of section 2
        corrected = np.float32(rate * np.sqrt(1 - _BETA2**self._count) / (1 - _BETA1**self._count))
        loss, self._params, self._mean, self._square = self._step(
            self._params, self._mean, self._square, self._masks, corrected, *batch
        )
        return float(loss)

    def _adam_step(
        self, params: list[Any], mean: list[Any], square: list[Any], masks: list[Any], rate: Any, *batch: Any
    ) -> tuple[Any, list[Any], list[Any], list[Any]]:
        """Masks are applied to the result."""
        loss, gradients = self._jax.value_and_grad(self.loss)(params, *batch)
        mean = [_BETA1 * m + (1 - _BETA1) * g for m, g in zip(mean, gradients, strict=True)]
        square = [_BETA2 * v + (1 - _BETA2) * g * g for v, g in zip(square, gradients, strict=True)]
        jnp = self._jax.numpy
        moved = [
            (p - rate * m / (jnp.sqrt(v) + _EPSILON)) * mask
            for p, m, v, mask in zip(params, mean, square, masks, strict=True)
        ]
        return loss, moved, mean, square

    def _kinds(self) -> dict[str, list[Any]]:
        return {"model": self._params, "mean": self._mean, "square": self._square, "mask": self._masks}

    def _reset(self) -> None:
        self._count = 0
        self._mean = [self._jax.numpy.zeros_like(p) for p in self._params]
        self._square = [self._jax.numpy.zeros_like(p) for p in self._params]

    def _device(self, values: Any) -> Any:
        return self._jax.numpy.asarray(values, dtype=self._jax.numpy.float32)
