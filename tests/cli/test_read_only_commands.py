"""inspect, ops, targets, doctor: what they print, as people and as programs read it."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from edgeml.backends.litert import emit
from edgeml.cli.doctor_command import doctor
from edgeml.cli.inspect_command import inspect
from edgeml.cli.ops_command import ops
from edgeml.cli.targets_command import targets
from edgeml.errors import ModelFormatError
from edgeml.frontends.litert.rewrites import REWRITES
from edgeml.ops import OPS
from edgeml.targets import availability
from edgeml.targets.cores import CORES
from tests.graphs import small_cnn


def _run(command: Callable[..., None], *args: str) -> str:
    app = typer.Typer(pretty_exceptions_enable=False)
    app.command()(command)
    result = CliRunner().invoke(app, list(args))
    if result.exception is not None:
        raise result.exception
    assert result.exit_code == 0
    return result.stdout


@pytest.fixture
def model(tmp_path: Path) -> str:
    path = tmp_path / "small.tflite"
    path.write_bytes(emit(small_cnn()))
    return str(path)


def test_inspect_prints_every_layer_and_the_totals(model: str) -> None:
    text = _run(inspect, model)
    assert "image: float32[1,10,10,1]" in text
    assert "class 0, class 1" in text
    for word in ("conv0", "max_pool_2d", "1x10x10x6", "probabilities", "6 layers, 7,256 MACs"):
        assert word in text


def test_inspect_as_json(model: str) -> None:
    summary = json.loads(_run(inspect, model, "--json"))
    assert summary["macs"] == 7256
    assert [n["op"] for n in summary["nodes"]][:2] == ["conv_2d", "max_pool_2d"]


def test_inspect_shortens_long_names_at_the_front(tmp_path: Path) -> None:
    from edgeml.cli.inspect_command import _short

    name = "a" * 60 + "/dense"
    assert _short(name).startswith("…")
    assert _short(name).endswith("/dense")
    assert len(_short(name)) == 48
    assert _short("dense[0]") == "dense[0]"


def test_inspect_of_no_model_is_a_format_error(tmp_path: Path) -> None:
    path = tmp_path / "broken.tflite"
    path.write_bytes(b"nothing")
    with pytest.raises(ModelFormatError, match=r"broken\.tflite"):
        _run(inspect, str(path))


def test_ops_lists_every_operator() -> None:
    text = _run(ops)
    for name in OPS:
        assert f" {name} " in text
    rows = json.loads(_run(ops, "--json"))["operators"]
    assert [r["op"] for r in rows] == list(OPS)
    conv = rows[0]
    assert (conv["litert"], conv["onnx"], conv["litert_bound"]) == ("CONV_2D", "Conv", "exact")
    assert conv["tflm_bound"] == "exact"
    assert "the weights must be constant" in conv["constraints"]


def test_ops_as_markdown_is_tables() -> None:
    tables = [t.splitlines() for t in _run(ops, "--markdown").split("\n\n")]
    assert [line.split("|")[1].strip(" `") for line in tables[0][2:]] == list(OPS)
    for table in tables[:-1]:
        assert len({line.count("|") for line in table}) == 1, table[0]
    assert tables[-1][0].startswith("ONNX op types that are read")


def test_a_bound_is_shown_with_its_reason() -> None:
    row = next(r for r in json.loads(_run(ops, "--json"))["operators"] if r["op"] == "average_pool_2d")
    assert row["onnx_bound"].startswith("±1: averages in float32")
    assert "in ONNX Runtime ±1: averages in float32" in _run(ops, "--markdown")


def test_ops_says_what_is_read_besides() -> None:
    found = json.loads(_run(ops, "--json"))
    rewrites = {r["name"]: r["how"] for r in found["litert_rewrites"]}
    assert set(rewrites) == set(REWRITES) and all(rewrites.values())
    assert {"Conv", "Gemm", "com.microsoft.QLinearAdd"} <= set(found["onnx_read"])


def test_targets_lists_runtimes_cores_and_boards() -> None:
    text = _run(targets)
    for name in ("litert", "onnxruntime", *CORES, "rp2040"):
        assert name in text
    tables = json.loads(_run(targets, "--json"))
    board = next(b for b in tables["boards"] if b["name"] == "rp2040")
    assert board["core"] == "cortex-m0plus"
    assert len(tables["boards"]) >= 6


def test_doctor_says_what_is_missing_and_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    assert "nothing is missing" in _run(doctor) or "missing:" in _run(doctor)
    monkeypatch.setattr(availability, "available", lambda module: module != "unicorn")
    text = _run(doctor)
    assert "pip install 'edgeml-compiler[device]'" in text
    unicorn = next(c for c in json.loads(_run(doctor, "--json")) if c["name"] == "unicorn")
    assert unicorn["present"] is False


def test_a_core_without_emulator_or_compiler_is_not_ready() -> None:
    nothing = tuple(availability.Check("", n, "", "", "") for n in ("unicorn", "zig cc"))
    assert availability.missing_for(CORES["cortex-m4"], nothing) == (
        "zig cc or arm-none-eabi-gcc", "unicorn", "capstone", "pyelftools",
    )  # fmt: skip
    assert availability.missing_for(CORES["cortex-m55"], nothing)[1:] == ("qemu-system-arm", "pyelftools")
    assert availability.missing_for(CORES["rv32imc"], ()) == ("zig cc", "unicorn", "capstone", "pyelftools")
    assert availability.missing_for("litert", nothing) == ("ai-edge-litert",)
    compiler = availability.Check("compiler", "gcc", "", "12", "")
    assert availability.missing_for(CORES["host"], (compiler,)) == ()
