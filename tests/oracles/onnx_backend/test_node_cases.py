"""The ONNX backend's node cases against a checked-in list: those that pass stay so, and the others say why not.

`node_cases.json` maps each case to "pass" or "folded" (all of it is computed while the file is read), or to the reason.
--update-golden writes it again. Compiling to C takes a tenth of the cases unless EDGEML_ALL_ONNX_CASES is set.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from edgeml.errors import EdgeMLError
from edgeml.extras import available
from edgeml.targets.toolchain import has_toolchain
from tests.oracles.onnx_backend.cases import Read, difference, node_cases, read_case, run_reference
from tests.oracles.onnx_backend.native import Library

LIST = Path(__file__).with_name("node_cases.json")
PASSES = ("pass", "folded")
GOAL = 600
# graphs that the compiler gets at once
BATCH = 100


@pytest.fixture(scope="module")
def found() -> dict[str, Read | str]:
    """Each case as a graph whose reference gives the right outputs, or why there is none."""
    if not available("PIL"):
        pytest.skip("Pillow, which the onnx package needs to generate its cases, is not installed")
    results: dict[str, Read | str] = {}
    for case in node_cases():
        try:
            read = read_case(case)
            results[case.name] = difference(read, run_reference(read)) or read
        except EdgeMLError as error:
            results[case.name] = f"{type(error).__name__}: {error}"
    return results


def _status(result: Read | str) -> str:
    return result if isinstance(result, str) else "folded" if result.folded else "pass"


def _listed() -> dict[str, str]:
    content: dict[str, str] = json.loads(LIST.read_text())
    return content


def test_the_reference_passes_every_case_on_the_list(
    found: dict[str, Read | str], update_golden: bool, capsys: Any
) -> None:
    now = {name: _status(result) for name, result in sorted(found.items())}
    if update_golden:
        LIST.write_text(json.dumps(now, indent=1, ensure_ascii=False) + "\n")
    listed = _listed()
    unlisted = sorted(set(now) - set(listed))
    assert not unlisted, f"not on the list: {unlisted}"
    regressed = {n: now[n] for n, was in listed.items() if was in PASSES and now.get(n, "gone") not in PASSES}
    assert not regressed, f"passed before: {json.dumps(regressed, indent=1)}"
    counts = Counter(now.values())
    better = sum(now[n] in PASSES and was not in PASSES for n, was in listed.items() if n in now)
    with capsys.disabled():
        print(f"\nONNX node cases: {counts['pass']} pass, {counts['folded']} folded, of {len(now)}; {better} new")
    assert counts["pass"] >= GOAL


def test_those_that_do_not_pass_say_why() -> None:
    """Every reason names the case's trouble; other results than the case's only where it rounds to 16-bit floats."""
    for name, status in _listed().items():
        if status.startswith("output"):
            assert any(kind in name.lower() for kind in ("bfloat16", "bf16", "fp16")), f"{name}: {status}"
        else:
            assert status in PASSES or status.startswith(("UnsupportedError: ", "ModelFormatError: ")), name


@pytest.mark.skipif(not has_toolchain("gcc"), reason="gcc is not installed")
def test_compiled_to_c_they_give_the_same(found: dict[str, Read | str], tmp_path: Path) -> None:
    passing = {name: r for name, r in sorted(found.items()) if isinstance(r, Read)}
    chosen = passing if os.environ.get("EDGEML_ALL_ONNX_CASES") else dict(list(passing.items())[::10])
    wrong: dict[str, str] = {}
    names = list(chosen)
    for first in range(0, len(names), BATCH):
        part = {name: chosen[name] for name in names[first : first + BATCH]}
        library = Library({name: read.graph for name, read in part.items()}, tmp_path / str(first))
        wrong |= {name: str(error) for name, error in library.errors.items()}
        for name, read in part.items():
            if name not in wrong and (text := difference(read, library.run(name, read.inputs))):
                wrong[name] = text
    assert not wrong
