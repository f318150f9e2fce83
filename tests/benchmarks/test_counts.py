"""Instructions of the MLPerf Tiny models against the kept records: counts repeat, a slower kernel is noticed."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("unicorn", reason="needs unicorn")

from edgeml.backends import c99
from edgeml.frontends import load
from edgeml.passes import canonicalize
from edgeml.targets.boards import resolve_target
from edgeml.targets.emulator import EmulatedTarget

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "benchmarks" / "results" / "mlperf_tiny.json"
MODELS = {
    "kws": "kws_ref_model",
    "vww": "vww_96_int8",
    "ic": "pretrainedResnet_quant",
    "ad": "ad01_int8",
    "ww": "str_ww_ref_model",
}
# how much more than the kept record a build may take
WORSE = {"cortex-m4": 1.01, "cortex-m55": 1.04}


def kept_instructions(model: str, core: str) -> int:
    """Instructions of gcc's balanced build in the kept records."""
    found = [
        int(r["instructions"])
        for r in json.loads(RESULTS.read_text())["records"]
        if (r["model"], r["target"], r["optimize"]) == (model, core, "balanced") and "gcc" in r["runtime"]["compiler"]
    ]
    assert len(found) == 1
    return found[0]


@pytest.mark.needs_shared
@pytest.mark.needs_gcc
@pytest.mark.parametrize("core", ["cortex-m4", pytest.param("cortex-m55", marks=pytest.mark.needs_qemu)])
@pytest.mark.parametrize("model", MODELS)
def test_no_model_takes_more_instructions_than_its_record(model, core, shared, tmp_path, record_property):
    graph = canonicalize(load(shared / "models" / "mlperf_tiny" / f"{MODELS[model]}.tflite"))
    c99.emit(graph, tmp_path / "c", machine=resolve_target(core)[0].machine, optimize="balanced")
    x = np.random.default_rng(0).integers(-128, 128, graph.input_tensors[0].shape).astype(np.int8)
    found, kept = EmulatedTarget(tmp_path / "c", core, "gcc").profile(x).instructions, kept_instructions(model, core)
    record_property("figure", f"{model} on {core}, gcc: {found:,} instructions, {found / kept - 1:+.1%} of {kept:,}")
    assert found <= WORSE[core] * kept


def test_figures_are_printed_at_the_end(tmp_path):
    shutil.copy(ROOT / "tests" / "conftest.py", tmp_path)
    (tmp_path / "test_it.py").write_text(
        "def test_it(record_property):\n    record_property('figure', 'five apples')\n"
    )
    command = [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-o", "addopts=", "."]
    done = subprocess.run(
        command, cwd=tmp_path, capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(ROOT)}, check=True
    )
    assert "figures" in done.stdout and "\nfive apples\n" in done.stdout
