"""What a training did, on validation samples: loss and accuracy before and after it."""

from __future__ import annotations

import numpy as np

from edgeml.bench.record import Accuracy
from edgeml.bench.tasks import measure
from edgeml.finetune.learner import logits_of
from edgeml.interpreter import run, run_single
from edgeml.ir import Array, Graph
from edgeml.quantize.codes import dequantize_output, quantize_input
from edgeml.training.loop import cross_entropy

Pair = tuple[Accuracy, Accuracy]


def class_probabilities(graph: Graph, x: Array, batch: int = 256) -> Array:
    """Softmax (N, C) of what the int8 `graph` gives for real samples x (N, …), float32.

    That of the codes before a last softmax, whose own 256 results would be too coarse for a loss.
    """
    name, type_ = logits_of(graph), graph.input_tensors[0].type
    parts = []
    for start in range(0, len(x), batch):
        codes = quantize_input(x[start : start + batch], type_)
        logits = run(graph, {graph.inputs[0]: codes}, [name])[name]
        parts.append(dequantize_output(logits.reshape(len(codes), -1), graph.tensor(name).type))
    scores = np.concatenate(parts)
    powers = np.exp(scores - scores.max(axis=1, keepdims=True))
    return np.asarray(powers / powers.sum(axis=1, keepdims=True))


def judged(
    before: Array, after: Array, validation: tuple[Array, Array], exact: Graph
) -> tuple[tuple[float, float], Pair]:
    """Cross entropies, and accuracies compared with the float graph `exact`, of the answers (N, C) before and after.

    `validation` holds samples (N, …) and their labels (N,).
    """
    truth, answers = validation[1], run_single(exact, validation[0])
    losses = cross_entropy(before, truth), cross_entropy(after, truth)
    return losses, (measure("classes", before, *validation, answers), measure("classes", after, *validation, answers))
