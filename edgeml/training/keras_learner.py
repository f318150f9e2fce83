"""A Keras 3 model under training, on TensorFlow; deterministic for a seed and a number of threads."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import UnsupportedError
from edgeml.extras import require
from edgeml.frontends.keras import keras_to_tflite
from edgeml.frontends.quiet import import_tensorflow, silenced
from edgeml.ir import Array
from edgeml.training.learner import TEMPERATURE

# how many threads share a sum decides its last bits: a fixed number, so that a seed gives the same weights
_THREADS = 2
_PREDICT_BATCH = 500
# a probability below counts as this one: its logarithm stays finite
_LEAST = 1e-7


class KerasLearner:
    """Implements `Student` for the model that `build(seed)` returns, which must end with a softmax."""

    def __init__(self, build: Callable[[int], Any], seed: int) -> None:
        self._tensorflow, self._keras = _frameworks()
        self._keras.backend.clear_session()
        self._keras.utils.set_random_seed(seed)
        self.model = build(seed)
        self._masked = [layer for layer in self.model.layers if _kernel(layer) is not None]
        self._masks = {
            _kernel(layer).path: self._tensorflow.Variable(np.ones(_kernel(layer).shape, np.float32), trainable=False)
            for layer in self._masked
        }
        self._teacher: Any = None
        self._distill = 0.0
        self._fresh_optimizer()
        self._infer = self._tensorflow.function(lambda x: self.model(x, training=False), reduce_retracing=True)

    def state(self) -> dict[str, Array]:
        return {name: _numpy(v) for name, v in self._stateful().items()}

    def restore(self, state: Mapping[str, Array]) -> None:
        for name, variable in self._stateful().items():
            variable.assign(state[name])

    def weights(self) -> dict[str, Array]:
        return {v.path: _numpy(v) for v in self.model.weights}

    def load_weights(self, weights: Mapping[str, Array]) -> None:
        for variable in self.model.weights:
            variable.assign(weights[variable.path])
        self._fresh_optimizer()

    def prunable(self) -> dict[str, Array]:
        return {_kernel(layer).path: _numpy(_kernel(layer)) for layer in self._masked}

    def set_masks(self, masks: Mapping[str, Array]) -> None:
        for layer in self._masked:
            kernel = _kernel(layer)
            if kernel.path in masks:
                self._masks[kernel.path].assign(masks[kernel.path])
                kernel.assign(kernel * self._masks[kernel.path])

    def teach(self, distill: float) -> None:
        self._teacher, self._distill = self._keras.models.clone_model(self.model), distill
        self._teacher.set_weights(self.model.get_weights())
        self._step = self._tensorflow.function(self._train_step, reduce_retracing=True)

    def train_batch(self, x: NDArray[np.float32], y: NDArray[np.int64], rate: float) -> float:
        self._optimizer.learning_rate.assign(rate)
        return float(self._step(x, y))

    def predict(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        parts = [self._infer(x[i : i + _PREDICT_BATCH]).numpy() for i in range(0, len(x), _PREDICT_BATCH)]
        return np.concatenate(parts)

    def parameters(self) -> int:
        return int(self.model.count_params())

    def to_tflite(self) -> bytes:
        return keras_to_tflite(self.model)

    def _stateful(self) -> dict[str, Any]:
        """All variables by stable names: weights, dropout's random state, optimiser, masks."""
        named = {f"model/{i}/{v.path}": v for i, v in enumerate(self.model.variables)}
        # not a part of `variables`: the state that dropout draws from
        for layer in self.model.layers:
            generator = getattr(layer, "seed_generator", None)
            if generator is not None:
                named[f"random/{layer.name}"] = generator.state
        named |= {f"optimizer/{i}": v for i, v in enumerate(self._optimizer.variables)}
        return named | {f"mask/{name}": v for name, v in self._masks.items()}

    def _fresh_optimizer(self) -> None:
        self._optimizer = self._keras.optimizers.Adam(1e-3)
        self._optimizer.build(self.model.trainable_variables)
        self._step = self._tensorflow.function(self._train_step, reduce_retracing=True)

    def _train_step(self, x: Any, y: Any) -> Any:
        with self._tensorflow.GradientTape() as tape:
            probabilities = self.model(x, training=True)
            losses = self._keras.losses.sparse_categorical_crossentropy(y, probabilities)
            loss = self._tensorflow.reduce_mean(losses)
            if self._teacher is not None:
                divergence = self._divergence(self._teacher(x, training=False), probabilities)
                loss = (1 - self._distill) * loss + self._distill * TEMPERATURE**2 * divergence
        variables = self.model.trainable_variables
        self._optimizer.apply_gradients(zip(tape.gradient(loss, variables), variables, strict=True))
        for layer in self._masked:
            kernel = _kernel(layer)
            kernel.assign(kernel * self._masks[kernel.path])
        return loss

    def _divergence(self, teacher: Any, student: Any) -> Any:
        """Mean KL(teacher, student) of probabilities (N, classes), both softened."""
        told, said = (self._softened(p) for p in (teacher, student))
        return self._tensorflow.reduce_mean(self._tensorflow.reduce_sum(self._tensorflow.exp(told) * (told - said), -1))

    def _softened(self, probabilities: Any) -> Any:
        """Logarithms of the probabilities that logits divided by TEMPERATURE give."""
        logs = self._tensorflow.math.log(self._tensorflow.maximum(probabilities, _LEAST))
        return self._tensorflow.nn.log_softmax(logs / TEMPERATURE)


def _kernel(layer: Any) -> Any:
    """The weights of a convolution or dense layer that pruning may touch, or None."""
    kind = type(layer).__name__
    return layer.kernel if kind in ("Conv1D", "Conv2D", "Dense") and layer.built else None


def _numpy(variable: Any) -> Array:
    array: Array = np.array(variable.numpy())
    return array


def _frameworks() -> tuple[Any, Any]:
    tensorflow, keras = import_tensorflow(), require("keras", "keras")
    if keras.backend.backend() != "tensorflow":
        raise UnsupportedError(
            f"Keras runs on the backend '{keras.backend.backend()}'; edgeml trains on TensorFlow. Set "
            "KERAS_BACKEND=tensorflow."
        )
    try:
        tensorflow.config.threading.set_intra_op_parallelism_threads(_THREADS)
        tensorflow.config.threading.set_inter_op_parallelism_threads(1)
    except RuntimeError:
        # TensorFlow already runs in this process, with the threads it was started with
        pass
    with silenced():
        # the first use of a device looks for accelerators and tells about each one that is missing
        tensorflow.constant(0)
    tensorflow.config.experimental.enable_op_determinism()
    return tensorflow, keras
