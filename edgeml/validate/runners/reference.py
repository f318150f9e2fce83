"""The operators' own references in NumPy: the specification that everything else is compared with."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

import numpy as np

from edgeml import interpreter
from edgeml.ir import Array
from edgeml.ops import OPS
from edgeml.targets.base import Runtime
from edgeml.validate.contracts import EXACT
from edgeml.validate.runners.base import Advance, Run, Runner, Subject, computed_tensors

# elements of the largest activation in one batch: few enough to stay in a processor's cache, many enough for BLAS
_BATCH_ELEMENTS = 1 << 19


class Reference(Runner):
    """Runs batches of samples; the time of one is its batch's divided by the batch's size."""

    name = "reference"
    contract = EXACT

    def __init__(self, subject: Subject) -> None:
        self._graph = subject.graph
        largest = max((t.type.elements for t in computed_tensors(self._graph)), default=1)
        batchable = all(OPS[b.node.op].batchable(b) for b in self._graph.bound())
        self._batch = min(256, max(1, _BATCH_ELEMENTS // largest)) if batchable else 1
        self.runtime = Runtime("reference", f"NumPy {np.__version__}", flags=f"batches of {self._batch}")

    def call(self, sample: Sequence[Array]) -> Sequence[Array]:
        found = self._interpret(sample, ())
        return [found[name] for name in self._graph.outputs]

    def activations(self, arrays: Sequence[Array]) -> Mapping[str, Array]:
        return self._interpret(arrays, [t.name for t in computed_tensors(self._graph)])

    def run(self, arrays: Sequence[Array], advance: Advance) -> Run:
        count, parts = len(arrays[0]), []
        micros = np.empty(count)
        for start in range(0, count, self._batch):
            part = [a[start : start + self._batch] for a in arrays]
            begin = time.perf_counter_ns()
            parts.append(self.call(part))
            micros[start : start + self._batch] = (time.perf_counter_ns() - begin) / 1000.0 / len(part[0])
            advance(len(part[0]))
        return Run(tuple(np.concatenate(column) for column in zip(*parts, strict=True)), micros)

    def _interpret(self, arrays: Sequence[Array], keep: Sequence[str]) -> dict[str, Array]:
        return interpreter.run(self._graph, dict(zip(self._graph.inputs, arrays, strict=True)), keep)
