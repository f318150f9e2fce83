"""The MLPerf Tiny suite: what it prints, what it refuses, and that the kept pages are those of the kept records."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.benchmarks.pages import printed, readme_table

ROOT = Path(__file__).resolve().parents[2]
SUITE = ROOT / "benchmarks" / "mlperf_tiny"
RESULTS = ROOT / "benchmarks" / "results" / "mlperf_tiny.json"


def run(*args: object, **variables: str) -> subprocess.CompletedProcess[str]:
    environment = {k: v for k, v in os.environ.items() if k != "EDGEML_MLPERF_TINY"} | {"PYTHONPATH": str(ROOT)}
    return subprocess.run(
        [sys.executable, SUITE / "run.py", *map(str, args)],
        capture_output=True,
        text=True,
        env=environment | variables,
        check=False,
    )


def test_the_kept_pages_are_those_of_the_kept_records(tmp_path):
    done = run("--from", RESULTS)
    assert done.returncode == 0, done.stderr
    assert done.stdout == (ROOT / "benchmarks/results/mlperf_tiny.md").read_text()
    code = "import sys; from run import *; print(summary(read(Path(sys.argv[1])), read_peers()), end='')"
    assert readme_table("mlperf tiny") == printed(SUITE, code, RESULTS)


def test_every_kept_output_was_the_oracles():
    records = json.loads(RESULTS.read_text())["records"]
    assert len(records) > 40
    for record in records:
        compared = [a for a in record["agreements"] if a["reference"] in ("host", "litert")]
        assert compared and not any(a["mismatched_outputs"] for a in compared), record["target"]


def test_a_missing_folder_says_where_the_models_are_published(tmp_path):
    done = run(tmp_path / "none")
    assert done.returncode == 2
    assert "does not exist" in done.stderr and "github.com/mlcommons/tiny" in done.stderr
    done = run(EDGEML_MLPERF_TINY=str(tmp_path / "neither"))
    assert done.returncode == 2 and "neither" in done.stderr


def test_a_missing_or_other_model_is_named(tmp_path):
    done = run(tmp_path, "--model", "kws")
    assert done.returncode == 2 and "holds no kws_ref_model.tflite" in done.stderr
    (tmp_path / "kws_ref_model.tflite").write_bytes(b"another")
    done = run(tmp_path, "--model", "kws")
    assert done.returncode == 2 and "another file than the published one" in done.stderr


def test_a_wrong_output_is_an_error(tmp_path):
    value = json.loads(RESULTS.read_text())
    value["records"][0]["agreements"][0].update(mismatched_outputs=3, max_abs_diff=1.0)
    (tmp_path / "r.json").write_text(json.dumps(value))
    done = run("--from", tmp_path / "r.json")
    assert done.returncode == 1
    assert "3 of its outputs differ from" in done.stderr and "DIFFERENT" in done.stdout


def test_a_missed_limit_is_printed_and_with_check_an_error(tmp_path):
    value = json.loads(RESULTS.read_text())
    lead = next(r for r in value["records"] if r["model"] == "ad" and r["optimize"] == "balanced")
    lead["instructions"] = 10**9
    (tmp_path / "r.json").write_text(json.dumps(value))
    assert run("--from", tmp_path / "r.json").returncode == 0
    done = run("--from", tmp_path / "r.json", "--check")
    assert done.returncode == 1 and "ad on cortex-m4: instructions (balanced) 1,000,000,000" in done.stderr


@pytest.mark.needs_shared
@pytest.mark.needs_gcc
def test_make_measures_a_model(shared, tmp_path):
    kept = tmp_path / "records.json"
    args = f"--model ad --core cortex-m4 --toolchain gcc --optimize balanced --samples 4 --json {kept}"
    done = subprocess.run(
        [shutil.which("make") or "make", "-C", SUITE, f"MODELS={shared / 'models/mlperf_tiny'}", f"ARGS={args}",
         f"PYTHON={sys.executable}"],
        capture_output=True,
        text=True,
        check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "| cortex-m4 | **edgeml**, gcc, balanced |" in done.stdout and "| identical |" in done.stdout
    (record,) = json.loads(kept.read_text())["records"]
    assert record["instructions"] > 100_000 and record["optimize"] == "balanced"
    assert all(layer["kernel"].startswith("fully_connected") for layer in record["layers"])
    assert {a["reference"]: a["mismatched_outputs"] for a in record["agreements"]} == {"host": 0, "litert": 0}
