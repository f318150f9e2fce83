"""What `edgeml run` prints: a line a sample, and with labels how good the model is on all of them."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from edgeml.bench.metrics import predictions
from edgeml.bench.tasks import Task, anomaly_scores, check_truth, measure, task_of
from edgeml.ir import Array, Graph
from edgeml.report.format import accuracy_line

# values that are shown of a sample; --json has all
_VALUES = 8


@dataclass(frozen=True, eq=False)
class Shown:
    """Samples `x` (N, …) as reals, and their labels `y` (N,) or (N, outputs) where there are some."""

    graph: Graph
    x: Array
    y: Array | None = None

    def lines(self, target: str, outputs: Array, *, as_json: bool) -> Iterator[str]:
        """The lines for real `outputs` (N, …) of one target."""
        flat = outputs.reshape(len(outputs), -1)
        for i, told in enumerate(self._told(flat)):
            if as_json:
                line = {"sample": i, "target": target, "prediction": told[0], "outputs": [float(v) for v in flat[i]]}
                yield json.dumps(line, ensure_ascii=False)
            else:
                yield f"sample {i}  {target}  {'  '.join(filter(None, told))}"
        if self.y is not None and not as_json and self._measurable():
            found = measure(self.task, outputs, self.x, check_truth(self.graph, self.y))
            yield accuracy_line(f"{target}, {len(flat)} samples", found)

    @property
    def task(self) -> Task:
        """By the labels; without them a single output that no logistic made is a value."""
        if self.y is not None:
            return task_of(self.graph, self.y)
        maker = self.graph.producer(self.graph.outputs[0])
        single = self.graph.output_tensors[0].type.elements == 1
        return "values" if single and (maker is None or maker.op != "logistic") else "classes"

    def _told(self, flat: Array) -> Iterator[tuple[str, str]]:
        """Of each sample the prediction, and how sure it is where that is known."""
        if self.task == "values":
            for row in flat:
                yield " ".join(f"{v:.6g}" for v in row[:_VALUES]) + (" …" if len(row) > _VALUES else ""), ""
        elif self.task == "anomalies":
            for score in anomaly_scores(flat, self.x):
                yield f"reconstruction error {score:.6g}", ""
        else:
            labels = self.graph.labels
            for row, best in zip(flat, predictions(flat), strict=True):
                name = labels[best] if best < len(labels) else str(best)
                yield name, f"{row[best] if best < len(row) else row[0]:.4f}"

    def _measurable(self) -> bool:
        """An AUC needs samples of both kinds."""
        return self.task != "anomalies" or len(set(map(int, self.y if self.y is not None else ()))) == 2
