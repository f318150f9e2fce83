"""`edgeml validate` on real files: tables, records, exit codes."""

import numpy as np
import pytest

from edgeml.backends import c99
from edgeml.bench.record import read
from edgeml.ir import Tensor

pytestmark = pytest.mark.needs_cc


def test_int8_model_on_data(edgeml, files, tmp_path):
    out = edgeml("validate", files / "int8.tflite", "--data", files / "data.npz", "--samples", 8, "-q",
                 "--target", "cortex-m4", "--json", tmp_path / "v.json")  # fmt: skip
    assert out.code == 0, out.err
    assert "15 pairs: 15 identical, 0 within bounds, 0 beyond" in out.out
    assert "8 samples of data, labelled" in out.out
    assert "bits of head-room" in out.out
    records = read(tmp_path / "v.json").records
    names = ["reference", "litert:original", "litert", "onnxruntime", "host", "cortex-m4"]
    assert [r.target for r in records] == names
    assert {a.mismatched_outputs for r in records for a in r.agreements} == {0}
    assert {r.accuracy.n for r in records} == {8}


def test_without_data_the_inputs_are_random_and_the_seed_repeats_them(edgeml, files):
    args = ("validate", files / "float.tflite", "--samples", 4, "--target", "litert", "-q")
    first, again, other = (edgeml(*args, "--seed", seed) for seed in (1, 1, 2))
    assert first.code == again.code == other.code == 0
    assert "4 random samples, seed 1 (image: -1 to 1)" in first.out
    one, two = ([line for line in o.out.splitlines() if "tolerance" in line] for o in (first, again))
    assert one == two
    assert first.out != other.out


def test_reference_kernels_of_litert_are_within_their_bound(edgeml, files):
    out = edgeml("validate", files / "int8.tflite", "--resolver", "ref", "--target", "litert", "--samples", 3000, "-q")
    assert out.code == 0, out.err
    assert "0 beyond" in out.out and "within bound" in out.out and "BUILTIN_REF" in out.out
    assert "two roundings" in out.out


def test_miscompiled_library_is_exit_code_1_and_the_layer_is_named(edgeml, files, monkeypatch):
    emit = c99.emit

    def wrong(graph, folder, **options):
        name = graph.nodes[2].inputs[1]
        tensor = graph.tensor(name)
        return emit(graph.with_tensors({name: Tensor(name, tensor.type, np.roll(tensor.data, 1))}), folder, **options)

    monkeypatch.setattr(c99, "emit", wrong)
    out = edgeml("validate", files / "int8.tflite", "--target", "host", "--samples", 20, "-q")
    assert out.code == 1
    assert "reference and host differ beyond" in out.error()
    assert "first layer that differs: conv_2d 'conv1'" in out.out


def test_wrong_use_is_exit_code_2(edgeml, files, tmp_path):
    missing = tmp_path / "none.npz"
    for args in (("--resolver", "fast"), ("--target", "nonsense"), ("--data", missing), ("--toolchain", "cc")):
        out = edgeml("validate", files / "int8.tflite", "-q", *args)
        assert out.code == 2, args
        assert out.error()
    assert edgeml("validate", tmp_path / "none.tflite").code == 2
