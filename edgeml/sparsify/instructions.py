"""The price of a float node in instructions of a processor: its int8 form, by the compiler's own estimate."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from edgeml.backends.c99.scheduling import arrange
from edgeml.backends.c99.selection import Kernel, Machine, Optimize, aim_on, candidates
from edgeml.ir import Array, BoundNode, Graph, Tensor
from edgeml.ir.types import DType
from edgeml.quantize import Recipe, quantize
from edgeml.quantize.calibrate import Samples

# the int8 form shows shapes and zeros: nothing that costs time and changes neither
PROBE = Recipe.plain(exact_scales=False)
PROBE_SAMPLES = 32


class Instructions:
    """Prices nodes of one float graph at any width, with the kernels that the compiler chooses for the whole.

    x are samples (N, …) by input; random ones stand for them where there are none.
    """

    def __init__(self, graph: Graph, machine: Machine, optimize: Optimize, x: Samples | None = None) -> None:
        self._machine, self._aim = machine, aim_on(machine, optimize)
        samples = x if x is not None else _random(graph.input_tensors)
        whole = quantize(graph, {name: v[:PROBE_SAMPLES] for name, v in samples.items()}, PROBE).graph
        arranged, choices = arrange(whole, machine, optimize)
        self._kernels: Mapping[str, Kernel] = {n.name: c.kernel for n, c in zip(arranged.nodes, choices, strict=True)}
        self._known: dict[tuple[object, ...], float] = {}

    def __call__(self, bound: BoundNode) -> float:
        """Estimated instructions of one run."""
        key = (bound.name, *(t.shape for t in (*bound.inputs, *bound.outputs) if t is not None))
        if key not in self._known:
            self._known[key] = float(self._priced(bound))
        return self._known[key]

    def _priced(self, bound: BoundNode) -> int:
        graph = _alone(bound)
        x = _random(graph.input_tensors)
        total = 0
        for node in quantize(graph, x, PROBE).graph.bound():
            kernel = self._kernels.get(node.name)
            # what kernels refuse is too large: a narrower node keeps its own
            if kernel is None or kernel.op != node.node.op:
                kernel = candidates(node, self._machine).best(self._aim).kernel
            total += kernel.instructions(node, self._machine)
        return total


def _alone(bound: BoundNode) -> Graph:
    """A graph of one node."""
    tensors = {t.name: t for t in (*bound.inputs, *bound.outputs) if t is not None}
    inputs = tuple(dict.fromkeys(t.name for t in bound.inputs if t is not None and not t.is_constant))
    return Graph(bound.name, inputs, tuple(t.name for t in bound.outputs), tensors, (bound.node,))


def _random(tensors: tuple[Tensor, ...]) -> dict[str, Array]:
    rng = np.random.default_rng(0)
    return {t.name: rng.random((2, *t.shape[1:])).astype(t.dtype.numpy) * (t.dtype is DType.FLOAT32) for t in tensors}
