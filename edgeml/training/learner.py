"""What the training loop needs of a framework; Keras and JAX each implement it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from edgeml.ir import Array

TEMPERATURE = 2.0


class Learner(Protocol):
    """A model under training, with its optimiser. Arrays cross this border as NumPy arrays."""

    def state(self) -> dict[str, Array]:
        """Everything the next step depends on: weights, optimiser, random state; by stable names."""
        ...

    def restore(self, state: Mapping[str, Array]) -> None:
        """Continue from what `state` returned; a learner of the same model goes on with the same bits."""
        ...

    def weights(self) -> dict[str, Array]:
        """The model alone, without optimiser and random state."""
        ...

    def load_weights(self, weights: Mapping[str, Array]) -> None:
        """Take over `weights` and start with a fresh optimiser."""
        ...

    def prunable(self) -> dict[str, Array]:
        """Kernels that pruning may touch, in the order of the layers; never biases or normalisation."""
        ...

    def set_masks(self, masks: Mapping[str, Array]) -> None:
        """Zero the weights where a mask is 0, now and after every step; names are those of `prunable`."""
        ...

    def train_batch(self, x: NDArray[np.float32], y: NDArray[np.int64], rate: float) -> float:
        """One step of Adam at learning rate `rate`; the mean cross entropy of the batch."""
        ...

    def predict(self, x: NDArray[np.float32]) -> NDArray[np.float32]:
        """Probabilities (N, classes)."""
        ...

    def parameters(self) -> int:
        """Trained and stored numbers of the model, without the optimiser's."""
        ...

    def to_tflite(self) -> bytes:
        """The inference graph as a float32 .tflite file with a batch of 1."""
        ...


class Student(Learner, Protocol):
    """A learner that may also learn from what it was."""

    def teach(self, distill: float) -> None:
        """From now on the model as it is now teaches, beside the labels.

        The loss becomes `(1 - distill) * cross entropy + distill * T^2 * KL(teacher, student)`, both softened by
        T = TEMPERATURE (Hinton et al. 2015, arXiv:1503.02531). `distill` lies in 0..1.
        """
        ...
