"""The samples of a data set as `edgeml prune` uses them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeml.bench.tasks import task_of
from edgeml.cli.common import load_data, scaled
from edgeml.ir import Array, Graph

# training samples that judge a sparsity, and test samples that tell the accuracy, at most
JUDGING, TESTING = 2000, 10_000


@dataclass(frozen=True, eq=False)
class PruneSamples:
    """x and y calibrate, judge_x and judge_y are other training samples, all_x and all_y all
    training samples, test_x and test_y test samples."""

    x: Array
    y: Array
    judge_x: Array
    judge_y: Array
    all_x: Array
    all_y: Array
    test_x: Array
    test_y: Array
    labels: int

    def classes(self, graph: Graph) -> bool:
        """Whether the graph tells the data set's classes apart, one score a class."""
        return len(graph.inputs) == 1 and len(graph.outputs) == 1 and graph.output_tensors[0].shape[-1] == self.labels

    def measurable(self, graph: Graph) -> bool:
        """Whether the labels say how good the graph is: it tells their classes apart, gives values, finds anomalies."""
        if len(graph.inputs) != 1 or len(graph.outputs) != 1:
            return False
        task, outputs = task_of(graph, self.test_y), graph.output_tensors[0].type.elements
        if task == "classes":
            return self.classes(graph) or (outputs == 1 and self.labels == 2)
        return task == "anomalies" or self.test_y[0].size == outputs


def prune_samples(source: str, count: int, scale: float, seed: int, quiet: bool, graph: Graph) -> PruneSamples:
    """`count` training samples drawn by `seed` calibrate, at most half of all; of the rest some judge."""
    data = load_data(source, seed, quiet, graph)
    order = np.random.default_rng(seed).permutation(len(data.x_train))
    count = min(count, (len(order) + 1) // 2)
    mine, others = np.sort(order[:count]), np.sort(order[count : count + JUDGING])
    tests = slice(0, TESTING)
    return PruneSamples(
        scaled(data.x_train[mine], scale), data.y_train[mine],
        scaled(data.x_train[others], scale), data.y_train[others],
        scaled(data.x_train, scale), data.y_train,
        scaled(data.x_test[tests], scale), data.y_test[tests],
        len(data.labels),
    )  # fmt: skip
