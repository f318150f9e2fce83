"""What is written to a .tflite file is read back as the same computation, for every operator with a spelling."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml.backends.litert import emit
from edgeml.errors import UnsupportedError
from edgeml.frontends.litert import from_litert
from edgeml.interpreter import run
from edgeml.ir import verify
from edgeml.ops import OPS
from tests.contract.cases import CASES, FLOAT_OPS, INT8_OPS, random_inputs

OPERATORS = (
    "transpose", "strided_slice", "tile", "broadcast_to", "depth_to_space", "space_to_depth", "gather", "cast", "pad",
    "mirror_pad", "reshape", "concatenation", "mean", "sum", "reduce_max", "reduce_min", "reduce_prod", "arg_max",
    "arg_min", "cumsum", "batch_matmul", "transpose_conv", "resize_bilinear", "resize_nearest_neighbor",
)  # fmt: skip


@pytest.mark.parametrize("op", OPERATORS)
def test_files_are_read_as_they_were_written(op: str) -> None:
    done = 0
    for seed in range(12):
        for int8 in ([False] if op in FLOAT_OPS else []) + ([True] if op in INT8_OPS else []):
            rng = np.random.default_rng([seed, int8, 3])
            graph = CASES[op](rng, int8)
            try:
                verify(graph, OPS)
            except UnsupportedError:
                continue
            inputs = random_inputs(graph, rng)
            again = from_litert(emit(graph))
            want, got = run(graph, inputs), run(again, inputs)
            for a, b in zip(graph.outputs, again.outputs, strict=True):
                np.testing.assert_array_equal(got[b], want[a])
            done += 1
    assert done >= 8
