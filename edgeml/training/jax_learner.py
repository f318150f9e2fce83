"""A JAX model under training: plain functions `init(seed)` and `apply(params, x)`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.extras import require
from edgeml.frontends.jax import jax_to_tflite
from edgeml.ir import Array
from edgeml.training.adam import AdamLearner
from edgeml.training.learner import TEMPERATURE

_PREDICT_BATCH = 1000


class JaxLearner(AdamLearner):
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
        tree = require("jax", "jax").tree_util
        self._apply, self._input_shape = apply, input_shape
        leaves, self._tree = tree.tree_flatten_with_path(init(seed))
        super().__init__({_name(path): leaf for path, leaf in leaves})
        self._teacher: list[Any] = []
        self._distill = 0.0
        self._infer = self._jax.jit(lambda params, x: self._jax.nn.softmax(self._logits(params, x)))

    def prunable(self) -> dict[str, Array]:
        return {n: w for n, w in self.weights().items() if w.ndim >= 2}

    def teach(self, distill: float) -> None:
        self._teacher, self._distill = list(self._params), distill

    def train_batch(self, x: NDArray[np.float32], y: NDArray[np.int64], rate: float) -> float:
        return self.step(rate, x, y.astype(np.int32))

    def predict(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        parts = [self._infer(self._params, x[i : i + _PREDICT_BATCH]) for i in range(0, len(x), _PREDICT_BATCH)]
        return np.concatenate([np.asarray(part) for part in parts])

    def parameters(self) -> int:
        return sum(int(p.size) for p in self._params)

    def to_tflite(self) -> bytes:
        def probabilities(params: Any, x: Any) -> Any:
            return self._jax.nn.softmax(self._apply(params, x))

        return jax_to_tflite(probabilities, self._unflatten(self._params), self._input_shape)

    def loss(self, params: list[Any], *batch: Any) -> Any:
        x, y = batch
        logits, log_softmax = self._logits(params, x), self._jax.nn.log_softmax
        loss = -self._jax.numpy.take_along_axis(log_softmax(logits), y[:, None], axis=1).mean()
        if not self._teacher:
            return loss
        told, said = (log_softmax(z / TEMPERATURE) for z in (self._logits(self._teacher, x), logits))
        divergence = (self._jax.numpy.exp(told) * (told - said)).sum(axis=-1).mean()
        return (1 - self._distill) * loss + self._distill * TEMPERATURE**2 * divergence

    def _logits(self, params: list[Any], x: Any) -> Any:
        return self._apply(self._unflatten(params), x)

    def _unflatten(self, params: list[Any]) -> Any:
        return self._jax.tree_util.tree_unflatten(self._tree, params)


def _name(path: tuple[Any, ...]) -> str:
    """`0/weights` for the leaf [0]["weights"]."""
    return "/".join(str(getattr(key, "key", getattr(key, "idx", getattr(key, "name", key)))) for key in path)
