"""hypothesis looks for a graph on which two sides differ, and shrinks it to a few nodes.

`python -m tests.random_graphs --count 5000` does the same for many seeds and counts.
"""

from __future__ import annotations

import os
import shutil

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from edgeml.backends.litert import emit
from edgeml.errors import UnsupportedError
from edgeml.ir import DType, Graph, GraphBuilder, Quantization
from edgeml.ops import OPS
from edgeml.ops.depth_to_space import BlockAttrs
from edgeml.ops.fully_connected import FullyConnectedAttrs
from edgeml.ops.mirror_pad import MirrorPadAttrs
from edgeml.ops.reshape import ReshapeAttrs
from tests.random_graphs.compare import Totals, check
from tests.random_graphs.generator import graphs, random_inputs

EXAMPLES = int(os.environ.get("EDGEML_RANDOM_GRAPHS", "60"))
needs_host_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")


@needs_host_gcc
@pytest.mark.parametrize("int8", [True, False], ids=["int8", "float32"])
def test_all_sides_agree_on_random_graphs(int8: bool) -> None:
    totals = Totals()

    @settings(max_examples=EXAMPLES, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
    @given(graphs(int8), st.integers(0, 1000))
    def agree(graph: Graph | None, seed: int) -> None:
        if graph is not None:
            check(graph, random_inputs(graph, seed), totals)

    agree()
    print(totals)
    assert totals.graphs >= EXAMPLES // 2


@needs_host_gcc
def test_a_kernel_that_takes_an_operand_twice_compiles() -> None:
    b = GraphBuilder("twice", OPS)
    x = b.input("x", (1, 3))
    truth = b.add("less", [x, x], name="truth")
    b.add("logical_not", [truth], name="not")
    graph = b.build(["not"])
    check(graph, random_inputs(graph, 0), Totals())


def test_a_flattened_batch_keeps_its_order_in_onnx() -> None:
    b = GraphBuilder("batch", OPS)
    x = b.input("x", (3, 2, 1, 3))
    flat = b.add("reshape", [x], ReshapeAttrs((1, 18)), name="flat")
    w = b.constant("w", np.arange(36, dtype=np.float32).reshape(2, 18))
    b.add("fully_connected", [flat, w, ""], FullyConnectedAttrs(), name="y")
    graph = b.build(["y"])
    check(graph, random_inputs(graph, 0), Totals())


@pytest.mark.parametrize("op", ["depth_to_space", "space_to_depth"])
def test_litert_moves_no_blocks_of_bools(op: str) -> None:
    b = GraphBuilder("blocks", OPS)
    b.add(op, [b.input("x", (1, 2, 2, 4), DType.BOOL)], BlockAttrs(2), name="y")
    graph = b.build(["y"])
    with pytest.raises(UnsupportedError, match="takes no bool"):
        emit(graph)
    values = np.random.default_rng(0).random((1, 2, 2, 4)) < 0.5
    check(graph, {"x": values}, Totals())  # ONNX Runtime takes none either: written as reshapes and a transpose


def test_two_outputs_may_be_one_value_in_onnx() -> None:
    b = GraphBuilder("views", OPS)
    y = b.add("relu", [b.input("x", (1, 6))], name="y")
    b.add("mirror_pad", [y], MirrorPadAttrs(((0, 0), (0, 0))), name="view")
    graph = b.build(["y", "view"])
    check(graph, random_inputs(graph, 0), Totals())


def test_two_rescalings_in_a_row_round_twice_in_onnx_runtime() -> None:
    b = GraphBuilder("rescaled", OPS)
    x = b.input("x", (1, 256), DType.INT8, Quantization.per_tensor(0.00633724, 5))
    wide = b.add("quantize", [x], name="wide", quantization=Quantization.per_tensor(0.0190117, 5))
    b.add("relu6", [wide], name="y", quantization=Quantization.per_tensor(0.00305679, 68))
    check(b.build(["y"]), {"x": np.arange(-128, 128).astype(np.int8)[None]}, Totals())
