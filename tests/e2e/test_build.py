"""Whole builds of the zoo: the bars on accuracy, the same bits everywhere, the cost on a Cortex-M4."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from tests.e2e.conftest import ROOT, Build

MODELS = ("xor_mlp", "mnist_mlp", "mnist_cnn", "animals_cnn")
# model -> (least float accuracy, most parameters, most loss of int8, most loss of the pruned int8)
BARS = {
    "xor_mlp": (1.0, 200, 0.0, None),
    "mnist_mlp": (0.975, 200_000, 0.002, 0.005),
    "mnist_cnn": (0.992, 40_000, 0.0010, 0.0030),
    "animals_cnn": (0.980, 90_000, 0.003, 0.010),
}
TEST_SAMPLES = {"xor_mlp": 4, "mnist_mlp": 10_000, "mnist_cnn": 10_000, "animals_cnn": 1_941}

pytestmark = [pytest.mark.slow, pytest.mark.needs_tensorflow, pytest.mark.needs_jax, pytest.mark.needs_cc]


@pytest.mark.parametrize("name", MODELS)
def test_the_build_leaves_what_the_readme_promises(build, name):
    folder = build(name).folder
    for file in ("model.tflite", "model.onnx", "model_float32.tflite", "model_float32.onnx", "firmware.elf",
                 "records.json", "report.html", f"c/{name}.h", "c/CMakeLists.txt", "c/manifest.json"):  # fmt: skip
        assert (folder / file).stat().st_size > 0, file
    assert "http://" not in (folder / "report.html").read_text().replace("http://www.w3.org", "")


@pytest.mark.parametrize("name", MODELS)
def test_accuracy_and_parameters_hold_their_bars(build, name):
    result: Build = build(name)
    least, parameters, int8_loss, pruned_loss = BARS[name]
    base = result.record("float32", "litert")
    assert base.accuracy.value >= least and base.accuracy.n == TEST_SAMPLES[name]
    assert base.parameters <= parameters
    assert -result.record("int8", "litert").accuracy.delta <= int8_loss + 1e-9
    if pruned_loss is not None:
        assert -result.record("int8-pruned", "litert").accuracy.delta <= pruned_loss + 1e-9


@pytest.mark.parametrize("name", MODELS)
def test_every_runtime_gives_the_same_int8_outputs(build, name):
    result: Build = build(name)
    for variant in result.int8_variants:
        for target in ("litert", "onnxruntime"):
            agreement = result.record(variant, target).agreement
            assert (agreement.reference, agreement.samples) == ("host", TEST_SAMPLES[name])
            assert agreement.mismatched_outputs == 0, f"{variant} on {target}"
        emulated = result.record(variant, "cortex-m4").agreement
        assert (emulated.reference, emulated.mismatched_outputs) == ("host", 0)
        assert emulated.samples == min(200, TEST_SAMPLES[name])


def test_mnist_cnn_is_pruned_to_80_percent_and_cheap_on_a_cortex_m4(build):
    result: Build = build("mnist_cnn")
    pruned = result.record("int8-pruned", "cortex-m4")
    assert pruned.sparsity >= 0.795
    macs = sum(layer.macs for layer in pruned.layers)
    assert macs > 500_000
    assert pruned.instructions <= 4 * macs
    # a reshape that needs no copy is no call and has no count
    assert sum(layer.instructions or 0 for layer in pruned.layers) == pruned.instructions
    assert all(layer.sqnr_db is not None for layer in pruned.layers)


def test_a_second_build_reuses_every_stage_and_writes_the_same_bytes(build):
    result: Build = build("mnist_cnn")
    files = ("model.tflite", "model.onnx", "model_float32.tflite", "firmware.elf", "records.json", "report.html")
    before = {f: (result.folder / f).read_bytes() for f in files}
    stages = {p: p.stat().st_mtime_ns for p in result.folder.glob(".stages/*/done.json")}
    Build("mnist_cnn")
    assert {p: p.stat().st_mtime_ns for p in result.folder.glob(".stages/*/done.json")} == stages
    assert {f: (result.folder / f).read_bytes() for f in files} == before


def test_two_compiles_are_byte_identical(build, tmp_path):
    model = build("mnist_cnn").folder / "model.tflite"
    contents = []
    for name in ("one", "two"):
        folder = tmp_path / name
        command = [sys.executable, "-m", "edgeml", "compile", str(model), "-o", str(folder)]
        subprocess.run(command, check=True, capture_output=True)
        contents.append({p.relative_to(folder): p.read_bytes() for p in folder.rglob("*") if p.is_file()})
    assert contents[0] == contents[1] and len(contents[0]) > 8


@pytest.mark.needs_gcc
def test_make_builds_firmware_that_answers_alike_on_every_core_and_compiler(build, tmp_path):
    from edgeml.targets.emulator import run_firmware

    library = build("mnist_cnn").folder / "c"
    texts = {}
    for core in ("cortex-m0plus", "cortex-m4", "cortex-m33"):
        for toolchain in ("zig", "gcc"):
            out = tmp_path / f"{core}-{toolchain}.elf"
            make(library, core, toolchain, out)
            run = run_firmware(out, core)
            assert run.exit_code == 0, run.text
            texts[core, toolchain] = run.text
    assert len(set(texts.values())) == 1, texts
    assert "PASS" in texts["cortex-m4", "zig"]


def make(library: Path, core: str, toolchain: str, out: Path) -> None:
    arguments = [f"MODEL={library}", f"CORE={core}", f"TOOLCHAIN={toolchain}", f"OUT={out}", f"PYTHON={sys.executable}"]
    command = ["make", "-C", str(ROOT / "firmware_stub"), *arguments]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stdout + result.stderr
