"""Pruned models of every kind give the same bits in LiteRT, ONNX Runtime, the host's C and an emulated core."""

import pytest

import edgeml
from edgeml.sparsify.sparsify import SparsifyConfig, parse_structure, sparsify
from tests.graphs import images, small_cnn


@pytest.mark.needs_cc
@pytest.mark.parametrize("pattern", ["element", "2:4", "block:1x4", "channel"])
def test_all_runtimes_agree_on_a_pruned_model(pattern):
    pytest.importorskip("unicorn", reason="needs unicorn")
    x = images(40)
    pruned = sparsify(small_cnn(channels=8), 0.5, SparsifyConfig(parse_structure(pattern)), x).graph
    int8 = edgeml.quantize(pruned, x).graph
    bench = edgeml.bench(
        {"float32": pruned, "int8": int8}, x, None, ["litert", "onnxruntime", "host", "cortex-m4"], samples=6
    )
    found = [r.agreement for r in bench.records if r.variant == "int8"]
    # the host is what the others are compared with
    assert sum(a is None for a in found) == 1 and len(found) == 4
    assert all(a.mismatched_outputs == 0 and a.samples >= 6 for a in found if a is not None)
