"""Many samples at once give what each gives alone, wherever an operator says that it is batchable."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml.errors import UnsupportedError
from edgeml.interpreter import run
from edgeml.ir import verify
from edgeml.ops import OPS
from tests.contract.cases import CASES, FLOAT_OPS, INT8_OPS, random_inputs

SAMPLES = 3


@pytest.mark.parametrize(("op", "int8"), [*((n, True) for n in INT8_OPS), *((n, False) for n in FLOAT_OPS)])
def test_batch_equals_single_samples(op: str, int8: bool) -> None:
    batched = 0
    for seed in range(60):
        rng = np.random.default_rng([seed, 99])
        graph = CASES[op](rng, int8)
        try:
            verify(graph, OPS)
        except UnsupportedError:
            continue
        if not OPS[op].batchable(graph.bind(graph.nodes[0])):
            continue
        batched += 1
        samples = [random_inputs(graph, rng) for _ in range(SAMPLES)]
        stacked = {n: np.concatenate([s[n] for s in samples]) for n in graph.inputs}
        singles = [run(graph, s) for s in samples]
        for name, whole in run(graph, stacked).items():
            single = np.concatenate([s[name] for s in singles])
            if whole.dtype != np.float32:
                np.testing.assert_array_equal(whole, single)
            else:
                np.testing.assert_allclose(whole, single, rtol=1e-5, atol=1e-5 * max(1.0, float(np.abs(single).max())))
    assert batched >= 10
