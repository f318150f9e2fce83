"""The written library: it compiles cleanly, runs right, and is the same every time."""

from __future__ import annotations

import ctypes
import json
import shutil
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from edgeml.backends.c99 import Manifest, SelfTest, emit
from edgeml.backends.c99.names import Names, comment_text, model_identifier, string_literal
from edgeml.errors import DataError, OutputError, UnsupportedError
from edgeml.interpreter import run, run_single
from edgeml.ir import Array, DType, Graph, GraphBuilder, Quantization
from edgeml.ops import OPS
from edgeml.ops.conv_2d import Conv2DAttrs
from edgeml.ops.depthwise_conv_2d import DepthwiseConv2DAttrs
from edgeml.ops.pooling import PoolAttrs
from tests.backends.c99.graphs import classifier, two_by_two
from tests.stateful import delay_line

GOLDEN = Path(__file__).parent.parent.parent / "golden" / "c99"
WARNINGS = ("-std=c99", "-pedantic", "-Wall", "-Wextra", "-Wconversion", "-Werror", "-ffp-contract=off", "-O1")
SANITIZE = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all")
needs_host_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")

_MAIN = """
#include <stdio.h>
#include "edgeml_model.h"
static uint32_t arena[(EDGEML_MODEL_ARENA_SIZE + 3) / 4];
int main(void) {
  printf("%s %d\\n", EDGEML_MODEL_NAME, edgeml_model_selftest(arena));
#if EDGEML_MODEL_LABEL_COUNT > 0
  for (int i = 0; i < EDGEML_MODEL_LABEL_COUNT; ++i) printf("%s\\n", edgeml_model_labels[i]);
#endif
  return 0;
}
"""


def _samples(graph: Graph, count: int = 20) -> Array:
    tensor = graph.input_tensors[0]
    rng = np.random.default_rng(3)
    if tensor.dtype.value == "int8":
        return rng.integers(-128, 128, (count, *tensor.shape[1:])).astype(np.int8)
    return rng.normal(size=(count, *tensor.shape[1:])).astype(np.float32)


def _run_selftest(folder: Path, manifest: Manifest, compiler: str = "gcc", flags: tuple[str, ...] = ()) -> list[str]:
    (folder / "main.c").write_text(_MAIN)
    sources = [*manifest.sources, "main.c"]
    command = [compiler, *WARNINGS, *flags, "-DEDGEML_SELFTEST", "-I.", *sources, "-o", "program"]
    built = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=120, check=False)
    assert built.returncode == 0, built.stderr
    return subprocess.run(["./program"], cwd=folder, capture_output=True, text=True, check=True).stdout.splitlines()


@pytest.mark.parametrize("int8", [True, False], ids=["int8", "float32"])
@pytest.mark.parametrize("compiler", ["gcc", "clang"])
def test_library_compiles_without_warnings_and_passes_its_selftest(int8: bool, compiler: str, tmp_path: Path) -> None:
    if shutil.which(compiler) is None:
        pytest.skip(f"{compiler} is not installed")
    graph = classifier(int8)
    x = _samples(graph)
    manifest = emit(graph, tmp_path / "c", selftest=SelfTest(x, run_single(graph, x)))
    lines = _run_selftest(tmp_path / "c", manifest, compiler, SANITIZE if compiler == "gcc" else ())
    assert lines[0] == "tiny net 0"
    assert lines[1:] == list(graph.labels)


@needs_host_gcc
def test_a_wrong_expectation_is_counted(tmp_path: Path) -> None:
    graph = classifier()
    x = _samples(graph)
    wrong = run_single(graph, x).copy()
    wrong[0, 0] ^= 1
    wrong[3, 2] ^= 1
    manifest = emit(graph, tmp_path / "c", selftest=SelfTest(x, wrong))
    assert _run_selftest(tmp_path / "c", manifest)[0] == "tiny net 2"


def _content(folder: Path) -> dict[str, bytes]:
    return {p.relative_to(folder).as_posix(): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def test_two_runs_write_the_same_bytes(tmp_path: Path) -> None:
    for name in ("a", "b"):
        emit(classifier(), tmp_path / name)
    assert _content(tmp_path / "a") == _content(tmp_path / "b")


_GOLDEN_GRAPHS = {
    "tiny_int8": lambda: classifier(name="tiny int8"),
    "pair": two_by_two,
    "delay_line": lambda: delay_line(int8=True),
}


@pytest.mark.parametrize("name", _GOLDEN_GRAPHS)
def test_generated_code_is_as_it_was(name: str, tmp_path: Path, update_golden: bool) -> None:
    graph = _GOLDEN_GRAPHS[name]()
    emit(graph, tmp_path / "c")
    files = {f: t for f, t in _content(tmp_path / "c").items() if not f.startswith("kernels/")}
    folder = GOLDEN / name
    if update_golden:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for file, content in files.items():
            (folder / file).write_bytes(content)
    assert files == _content(folder), "run pytest with --update-golden if the change is meant"


def test_manifest_on_disk_reads_back(tmp_path: Path) -> None:
    manifest = emit(classifier(), tmp_path / "c")
    assert Manifest.from_json(json.loads((tmp_path / "c" / "manifest.json").read_text())) == manifest
    assert [layer.op for layer in manifest.layers] == ["conv_2d", "max_pool_2d", "fully_connected", "softmax"]
    assert manifest.layers[0].macs == 8 * 8 * 5 * 9
    assert max(m.last for m in manifest.memory_map) < len(manifest.layers)


def test_only_the_kernels_in_use_are_written(tmp_path: Path) -> None:
    emit(two_by_two(), tmp_path / "c")
    sources = sorted(p.name for p in (tmp_path / "c" / "kernels").glob("*.c"))
    assert sources == ["add_s8.c", "concatenation_any.c"]


WEIRD = [
    "float",
    "9 lives",
    "größe/ß",
    "a*/b",
    "a?b",
    "a b",
    "",
    "edgeml_run",
    "??/",
    "conv_2d_s8",
    "stdint",
    "x" * 200,
]


@needs_host_gcc
@pytest.mark.parametrize("name", WEIRD)
def test_any_name_gives_valid_c(name: str, tmp_path: Path) -> None:
    graph = classifier()
    tensors = {n: f"{name}{n}" if i % 2 else f"{name}{n}".replace("/", "_") for i, n in enumerate(graph.tensors)}
    renamed = Graph(
        name,
        tuple(tensors[n] for n in graph.inputs),
        tuple(tensors[n] for n in graph.outputs),
        {tensors[n]: replace(t, name=tensors[n]) for n, t in graph.tensors.items()},
        tuple(
            replace(
                node,
                name=f"{name}{i % 2}",
                inputs=tuple(tensors[n] if n else "" for n in node.inputs),
                outputs=tuple(tensors[n] for n in node.outputs),
            )
            for i, node in enumerate(graph.nodes)
        ),
    )
    x = _samples(renamed, 3)
    manifest = emit(renamed, tmp_path / "c", selftest=SelfTest(x, run_single(renamed, x)))
    assert _run_selftest(tmp_path / "c", manifest)[0] == f"{name} 0"


def test_identifiers_are_sanitised() -> None:
    assert model_identifier("My-Net v2") == "my_net_v2"
    assert [model_identifier(n) for n in ("int", "2d", "edgeml", "日本", "string")] == [
        "model_int", "model_2d", "model_edgeml", "model", "model_string",
    ]  # fmt: skip
    names = Names()
    assert [names.take("w", n) for n in ("a/b", "a.b", "a_b_2", "a b")] == ["w_a_b", "w_a_b_2", "w_a_b_2_2", "w_a_b_3"]
    assert string_literal('q"\\\n?é') == '"q\\"\\\\\\012\\?\\303\\251"'
    assert "*/" not in comment_text("evil */ int x; /*")


def test_a_folder_with_other_files_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "thesis.tex").write_text("years of work")
    with pytest.raises(OutputError, match="holds other files"):
        emit(classifier(), tmp_path)
    assert (tmp_path / "thesis.tex").read_text() == "years of work"


def test_a_failure_leaves_the_earlier_library_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    emit(classifier(), tmp_path / "c")
    before = _content(tmp_path / "c")

    def full_disk(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("edgeml.files.os.fdopen", full_disk)
    with pytest.raises(OutputError, match="No space left"):
        emit(two_by_two(), tmp_path / "c")
    assert _content(tmp_path / "c") == before
    assert [p.name for p in tmp_path.iterdir()] == ["c"]


def test_an_output_that_is_an_input_is_refused(tmp_path: Path) -> None:
    graph = two_by_two()
    with pytest.raises(UnsupportedError, match="Output 'left'"):
        emit(replace(graph, outputs=("left",)), tmp_path / "c")
    assert not (tmp_path / "c").exists()


def test_selftest_samples_must_fit(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="image"):
        emit(classifier(), tmp_path / "c", selftest=SelfTest(np.zeros((1, 3), np.int8), np.zeros((1, 4), np.int8)))
    one, none = np.zeros((1, 6), np.int8), np.zeros((0, 6), np.int8)
    with pytest.raises(DataError, match="one input"):
        emit(two_by_two(), tmp_path / "c", selftest=SelfTest(one, none))


@needs_host_gcc
def test_quantise_helpers_equal_the_operators(tmp_path: Path) -> None:
    graph = classifier()
    manifest = emit(graph, tmp_path / "c")
    real = np.linspace(-0.2, 1.2, 64, dtype=np.float32)
    main = '#include <stdio.h>\n#include "tiny_net.h"\nint main(void) { static float x[64]; int8_t q[64];'
    main += " if (fread(x, 4, 64, stdin) != 64) return 1; tiny_net_quantize_input(x, q);"
    main += " return fwrite(q, 1, 64, stdout) != 64; }\n"
    (tmp_path / "c" / "main.c").write_text(main)
    command = ["gcc", "-std=c99", "-ffp-contract=off", "-I.", *manifest.sources, "main.c", "-o", "program"]
    subprocess.run(command, cwd=tmp_path / "c", check=True, timeout=120)
    done = subprocess.run(["./program"], cwd=tmp_path / "c", input=real.tobytes(), capture_output=True, check=True)
    inverse = np.float32(1) / np.float32(graph.input_tensors[0].type.scale)
    want = np.clip(np.rint(real * inverse) - 128, -128, 127).astype(np.int8)
    np.testing.assert_array_equal(np.frombuffer(done.stdout, np.int8), want)


@needs_host_gcc
def test_library_can_be_included_from_cplusplus(tmp_path: Path) -> None:
    if shutil.which("g++") is None:
        pytest.skip("g++ is not installed")
    emit(classifier(), tmp_path / "c")
    source = '#include "edgeml_model.h"\nint main() { return TINY_NET_INPUT_SCALE > 1.0f; }\n'
    (tmp_path / "c" / "main.cpp").write_text(source)
    command = ["g++", "-std=c++11", "-pedantic", "-Wall", "-Werror", "-fsyntax-only", "main.cpp"]
    subprocess.run(command, cwd=tmp_path / "c", check=True, timeout=60)


@needs_host_gcc
def test_kernels_without_a_batch_are_called_once_a_sample(tmp_path: Path) -> None:
    """Convolutions and pools of three samples at once, with weights and scratch shared by all."""
    rng = np.random.default_rng(0)
    b = GraphBuilder("batch", OPS)
    q = Quantization.per_tensor(0.05, 3)
    x = b.input("x", (3, 5, 4, 2), DType.INT8, q)
    w = b.constant("w", rng.integers(-127, 128, (4, 3, 3, 2)).astype(np.int8), Quantization.per_channel([0.01] * 4, 0))
    y = b.add("conv_2d", [x, w], Conv2DAttrs(padding=(1, 1, 1, 1)), name="conv", quantization=q)
    d = b.constant("d", rng.integers(-127, 128, (1, 3, 3, 4)).astype(np.int8), Quantization.per_channel([0.01] * 4, 3))
    y = b.add("depthwise_conv_2d", [y, d], DepthwiseConv2DAttrs(padding=(1, 1, 1, 1)), name="depth", quantization=q)
    graph = b.build([b.add("max_pool_2d", [y], PoolAttrs(), name="y", quantization=q)])
    emit(graph, tmp_path / "c")
    library = tmp_path / "batch.so"
    sources = [str(p) for p in (tmp_path / "c").rglob("*.c") if not p.name.endswith("_selftest.c")]
    flags = ["-std=c99", "-shared", "-fPIC", "-ffp-contract=off", f"-I{tmp_path / 'c'}"]
    subprocess.run(["gcc", *flags, *sources, "-o", str(library)], check=True, timeout=120)
    data, out = rng.integers(-128, 128, (3, 5, 4, 2)).astype(np.int8), np.zeros((3, 2, 2, 4), np.int8)
    arena = np.zeros(4096, np.int32)
    call = ctypes.CDLL(str(library)).batch_run
    call(*(ctypes.c_void_p(a.ctypes.data) for a in (arena, data, out)))
    np.testing.assert_array_equal(out, run(graph, {"x": data})["y"])
