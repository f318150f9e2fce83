"""A JAX model under training: plain functions `init(seed)` and `apply(params, x)`, and an own Adam."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.extras import require
from edgeml.frontends.jax import jax_to_tflite
from edgeml.ir import Array

_BETA1, _BETA2, _EPSILON = 0.9, 0.999, 1e-8
_PREDICT_BATCH = 1000


class JaxLearner:
    """Implements `Learner`; `apply` gives logits (N, classes), the exported model ends with a softmax.

    `init(seed)` gives nested dicts and lists of float32 arrays; arrays of rank 2 or more are kernels.
    """

    def __init__(
        self,
        init: Callable[[int], Any],
        apply: Callable[[Any, Any], Any],
        seed: int,
        input_shape: tuple[int, ...],
    ) -> None:
        self._jax = require("jax", "jax")
        self._apply, self._input_shape = apply, input_shape
        leaves, self._tree = self._jax.tree_util.tree_flatten_with_path(init(seed))
        self._names = [_name(path) for path, _ in leaves]
        self._params = [self._device(leaf) for _, leaf in leaves]
        self._masks = [self._device(np.ones(p.shape)) for p in self._params]
        self._mean: list[Any] = []
        self._square: list[Any] = []
        self._reset()
        self._step = self._jax.jit(self._train_step)
        self._infer = self._jax.jit(lambda params, x: self._jax.nn.softmax(self._logits(params, x)))

    def state(self) -> dict[str, Array]:
        named: dict[str, Array] = {"step": np.array(self._count, np.int32)}
        for kind, values in self._groups().items():
            named |= {f"{kind}/{n}": np.asarray(v) for n, v in zip(self._names, values, strict=True)}
        return named

    def restore(self, state: Mapping[str, Array]) -> None:
        self._count = int(state["step"])
        for kind, values in self._groups().items():
            values[:] = [self._device(state[f"{kind}/{n}"]) for n in self._names]

    def weights(self) -> dict[str, Array]:
        return {n: np.asarray(p) for n, p in zip(self._names, self._params, strict=True)}

    def load_weights(self, weights: Mapping[str, Array]) -> None:
        self._params = [self._device(weights[n]) for n in self._names]
        self._reset()

    def prunable(self) -> dict[str, Array]:
        return {n: w for n, w in self.weights().items() if w.ndim >= 2}

    def set_masks(self, masks: Mapping[str, Array]) -> None:
        for i, name in enumerate(self._names):
            if name in masks:
                self._masks[i] = self._device(masks[name])
                self._params[i] = self._params[i] * self._masks[i]

    def train_batch(self, x: NDArray[np.float32], y: NDArray[np.int64], rate: float) -> float:
        self._count += 1
        # bias correction folded into the rate: Kingma and Ba 2015, end of section 2
        corrected = rate * np.sqrt(1 - _BETA2**self._count) / (1 - _BETA1**self._count)
        loss, self._params, self._mean, self._square = self._step(
            self._params, self._mean, self._square, self._masks, x, y.astype(np.int32), np.float32(corrected)
        )
        return float(loss)

    def predict(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        parts = [self._infer(self._params, x[i : i + _PREDICT_BATCH]) for i in range(0, len(x), _PREDICT_BATCH)]
        return np.concatenate([np.asarray(part) for part in parts])

    def parameters(self) -> int:
        return sum(int(p.size) for p in self._params)

    def to_tflite(self) -> bytes:
        def probabilities(params: Any, x: Any) -> Any:
            return self._jax.nn.softmax(self._apply(params, x))

        return jax_to_tflite(probabilities, self._unflatten(self._params), self._input_shape)

    def _groups(self) -> dict[str, list[Any]]:
        return {"model": self._params, "mean": self._mean, "square": self._square, "mask": self._masks}

    def _reset(self) -> None:
        self._count = 0
        self._mean = [self._device(np.zeros(p.shape)) for p in self._params]
        self._square = [self._device(np.zeros(p.shape)) for p in self._params]

    def _train_step(
        self, params: list[Any], mean: list[Any], square: list[Any], masks: list[Any], x: Any, y: Any, rate: Any
    ) -> tuple[Any, list[Any], list[Any], list[Any]]:
        """One step of Adam (Kingma and Ba 2015, arXiv:1412.6980), masks applied to its result."""
        loss, gradients = self._jax.value_and_grad(self._loss)(params, x, y)
        mean = [_BETA1 * m + (1 - _BETA1) * g for m, g in zip(mean, gradients, strict=True)]
        square = [_BETA2 * v + (1 - _BETA2) * g * g for v, g in zip(square, gradients, strict=True)]
        jnp = self._jax.numpy
        moved = [
            (p - rate * m / (jnp.sqrt(v) + _EPSILON)) * mask
            for p, m, v, mask in zip(params, mean, square, masks, strict=True)
        ]
        return loss, moved, mean, square

    def _loss(self, params: list[Any], x: Any, y: Any) -> Any:
        logs = self._jax.nn.log_softmax(self._logits(params, x))
        return -self._jax.numpy.take_along_axis(logs, y[:, None], axis=1).mean()

    def _logits(self, params: list[Any], x: Any) -> Any:
        return self._apply(self._unflatten(params), x)

    def _unflatten(self, params: list[Any]) -> Any:
        return self._jax.tree_util.tree_unflatten(self._tree, params)

    def _device(self, values: Any) -> Any:
        return self._jax.numpy.asarray(values, dtype=self._jax.numpy.float32)


def _name(path: tuple[Any, ...]) -> str:
    """`0/weights` for the leaf [0]["weights"]."""
    return "/".join(str(getattr(key, "key", getattr(key, "idx", getattr(key, "name", key)))) for key in path)
