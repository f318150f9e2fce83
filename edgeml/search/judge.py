"""How much a quantised graph loses against float32 on samples that nothing was calibrated on."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from edgeml.bench.metrics import predictions
from edgeml.bench.record import Accuracy
from edgeml.bench.tasks import check_truth, measure, task_of
from edgeml.interpreter import run_single
from edgeml.ir import Array, Graph
from edgeml.quantize import dequantize_output, quantize_input


@dataclass(frozen=True, eq=False)
class Judge:
    """Samples `x` (N, …) float32, their `truth` as its task needs it, and the float graph's outputs (N, …)."""

    x: Array
    truth: Array
    exact: Array
    task: str

    @staticmethod
    def of(graph: Graph, x: Array, y: Array | None = None) -> Judge:
        """A judge for the float `graph`. Without labels its own predictions are the truth: what changes is lost."""
        exact = run_single(graph, x)
        truth = predictions(exact) if y is None else check_truth(graph, y)
        return Judge(x, truth, exact, "classes" if y is None else task_of(graph, y))

    def accuracy(self, graph: Graph) -> Accuracy:
        """How good the int8 `graph` is, beside the float one on the same samples."""
        codes = run_single(graph, quantize_input(self.x, graph.input_tensors[0].type))
        got = np.asarray(dequantize_output(codes, graph.output_tensors[0].type))
        return measure(self.task, got, self.x, self.truth, self.exact)  # type: ignore[arg-type]
