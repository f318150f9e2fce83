"""Random int8 nodes for the kernels' contract test: odd sizes, strides, dilations, paddings, values at their ends."""

from __future__ import annotations

import numpy as np

from edgeml.backends.c99.selection import Kernel
from edgeml.ir import Array, BoundNode
from tests.contract.cases import CASES, random_inputs


def random_node(kernel: Kernel, rng: np.random.Generator) -> tuple[BoundNode, tuple[Array | None, ...]]:
    """A node of the kernel's operator, which the kernel need not take, and its inputs."""
    graph = CASES[kernel.op](rng, True)
    values = {**random_inputs(graph, rng), **{t.name: t.data for t in graph.constants}}
    bound = next(iter(graph.bound()))
    return bound, tuple(values[n] if n else None for n in bound.node.inputs)
