"""Grows a graph of up to twenty nodes from any source of choices; hypothesis shrinks what fails to a few nodes."""

from __future__ import annotations

import numpy as np
from hypothesis import strategies as st

from edgeml.ir import Array, DType, Graph
from tests.random_graphs.draft import Choose, Draft
from tests.random_graphs.growers import GROWERS

_OPS = tuple(GROWERS)
# not every attempt fits what is there: graphs have about half as many nodes
MOST_ATTEMPTS = 20


def grow(choose: Choose, int8: bool) -> Graph | None:
    """A graph, or None when no operator fitted."""
    d = Draft(choose, int8)
    for _ in range(1 + (choose(0, 9) == 9)):
        rank = (4, 4, 4, 4, 2, 2, 3, 1)[choose(0, 7)]
        d.input((1, *(choose(1, 9) for _ in range(rank - 1))))
    for _ in range(choose(1, MOST_ATTEMPTS)):
        GROWERS[_OPS[choose(0, len(_OPS) - 1)]](d)
    return d.graph() if d.nodes else None


@st.composite
def graphs(draw: st.DrawFn, int8: bool) -> Graph | None:
    """A hypothesis strategy over `grow`."""
    return grow(lambda low, high: draw(st.integers(low, high)), int8)


def random_graph(seed: int, int8: bool) -> Graph | None:
    """The graph of a seed, for runs of many graphs without hypothesis's bookkeeping."""
    rng = np.random.default_rng([seed, int8])
    return grow(lambda low, high: int(rng.integers(low, high + 1)), int8)


def random_inputs(graph: Graph, seed: int) -> dict[str, Array]:
    """Codes over the whole range (sometimes only its ends), or reals."""
    rng = np.random.default_rng([seed, 77])
    values: dict[str, Array] = {}
    for tensor in graph.input_tensors:
        if tensor.dtype is DType.INT8:
            ends = rng.random() < 0.1
            codes = rng.choice([-128, 127], tensor.shape) if ends else rng.integers(-128, 128, tensor.shape)
            values[tensor.name] = codes.astype(np.int8)
        else:
            values[tensor.name] = rng.normal(size=tensor.shape).astype(np.float32)
    return values
