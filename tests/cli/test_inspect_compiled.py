"""inspect on a compiled library: kernels, costs, the arena over time, bounds."""

import json

import pytest

from edgeml.backends import c99
from edgeml.backends.c99.manifest import MemoryEntry
from edgeml.cli.inspect_compiled import picture
from edgeml.targets.cores import CORES
from tests.backends.c99.selection.test_sparse import layer


@pytest.fixture
def compiled(edgeml, files, tmp_path):
    out = edgeml("compile", files / "int8.tflite", "-o", tmp_path / "m", "--format", "c", "--target", "cortex-m4")
    assert out.code == 0, out.err
    return tmp_path / "m"


@pytest.mark.needs_cc
def test_kernels_costs_memory_and_bounds_are_shown(edgeml, compiled):
    manifest = json.loads((compiled / "c" / "manifest.json").read_text())
    for folder in (compiled, compiled / "c"):
        out = edgeml("inspect", folder)
        assert out.code == 0, out.err
        text = out.out
        assert "C for cortex-m4, kernels chosen for balanced, numerics litert" in text
        for entry in manifest["layers"]:
            assert entry["kernel"] in text and f"{entry['cost']['instructions']:,}" in text
        assert f"arena {manifest['arena_bytes']:,} bytes" in text
        assert f"fewer than {manifest['arena_lower_bound']:,}" in text
        assert "bytes of stack at most" in text and "flash" in text


def test_how_weights_without_their_zeros_are_kept_is_shown(edgeml, tmp_path):
    for density, shown in ((0.2, "weights sparse, "), (1, "")):
        folder = tmp_path / str(density)
        c99.emit(layer("conv_2d", density), folder, machine=CORES["cortex-m4"].machine)
        (entry,) = json.loads((folder / "manifest.json").read_text())["layers"]
        out = edgeml("inspect", folder)
        assert out.code == 0, out.err
        assert entry["weights"].startswith(shown.removeprefix("weights "))
        assert (f"weights {entry['weights']}" in out.out) if shown else ("weights sparse" not in out.out)
        assert bool(entry["weights"]) == bool(shown)


@pytest.mark.needs_cc
def test_the_same_as_json(edgeml, compiled):
    found = json.loads(edgeml("inspect", compiled, "--json").out)
    assert found["manifest"]["machine"] == "cortex-m4"
    assert found["image"]["stack"] >= max(f["frame"] for f in found["image"]["functions"])
    assert found["image"]["code"] > sum(f["code"] for f in found["image"]["functions"]) // 2


def test_a_portable_library_says_why_no_image_was_linked(edgeml, files, tmp_path):
    out = edgeml("compile", files / "int8.tflite", "-o", tmp_path / "m", "--format", "c")
    assert out.code == 0, out.err
    out = edgeml("inspect", tmp_path / "m")
    assert out.code == 0 and "for no core" in out.out and "Compile with --target" in out.out


def test_a_broken_manifest_is_an_error(edgeml, compiled):
    (compiled / "c" / "manifest.json").write_text("{}")
    out = edgeml("inspect", compiled)
    assert out.code == 2 and "Compile the model again" in out.err


def test_the_picture_shows_each_tensor_where_and_while_it_lives():
    entries = [
        MemoryEntry("a", 0, 100, 0, 1),
        MemoryEntry("b", 100, 60, 1, 2),
        MemoryEntry("c", 0, 100, 2, 3),
    ]
    lines = picture(entries, ["A", "B", "C"], 160, 4)
    assert len(lines) == 16
    columns = ["".join(line[10 + 4 * step] for line in reversed(lines)) for step in range(4)]
    assert columns[0] == "A" * 10 + "." * 6
    assert columns[1] == "A" * 10 + "B" * 6
    assert columns[2] == "C" * 10 + "B" * 6
    assert columns[3] == "C" * 10 + "." * 6
