"""What a training did, on validation samples: loss and accuracy before and after it."""

from __future__ import annotations

from edgeml.bench.record import Accuracy
from edgeml.bench.tasks import measure
from edgeml.interpreter import run_single
from edgeml.ir import Array, Graph
from edgeml.training.loop import cross_entropy

Pair = tuple[Accuracy, Accuracy]


def judged(
    before: Array, after: Array, validation: tuple[Array, Array], exact: Graph
) -> tuple[tuple[float, float], Pair]:
    """Cross entropies, and accuracies compared with the float graph `exact`, of the answers (N, C) before and after.

    `validation` holds samples (N, …) and their labels (N,).
    """
    truth, answers = validation[1], run_single(exact, validation[0])
    losses = cross_entropy(before, truth), cross_entropy(after, truth)
    return losses, (measure("classes", before, *validation, answers), measure("classes", after, *validation, answers))
