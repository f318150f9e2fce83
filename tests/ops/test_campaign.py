"""The campaign over all kernels in small: portable kernels on an emulated core, and what it finds and counts."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from edgeml.ir import Array
from edgeml.ops.base import KernelCall
from tests.ops.campaign import check, selected, unused_lines
from tests.ops.emulated_driver import EmulatedDriver
from tests.ops.kernel_driver import Driver, kernel_names
from tests.ops.random_nodes import Case

PORTABLE = [n for n in kernel_names() if n not in selected()]
CASES = 3
needs_host_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")


@pytest.mark.needs_gcc
def test_portable_kernels_on_an_emulated_core() -> None:
    device = EmulatedDriver(PORTABLE, "cortex-m4")
    none = []
    for name in PORTABLE:
        tally = check(name, CASES, [], device)
        assert not tally.wrong, name
        assert tally.cases == tally.emulated
        none += [name] if tally.cases == 0 else []
    # all but those for the other numerics, and the kernel of rows that stream, which has its tests with those
    assert none == [
        "add_fixed_s8",
        "average_rows_s8",
        "quantize_half_away_f32_s8",
        "reduce_fixed_s8",
        "softmax_fixed_s8",
    ]


class _Wrong(Driver):
    """The last output of all is wrong in its last element."""

    def run(self, cases: Sequence[Case], calls: Sequence[KernelCall] = ()) -> list[tuple[Array, ...]]:
        found = super().run(cases, calls)
        *others, last = found[-1]
        changed = last.copy()
        changed.flat[-1] ^= 1
        return [*found[:-1], (*others, np.asarray(changed))]


@needs_host_gcc
def test_a_wrong_output_is_found_and_lines_that_never_ran_are_counted(tmp_path: Path) -> None:
    built = Driver.build(tmp_path, flags=("--coverage",), names=("cast_any", "fully_connected_s8"))
    assert check("fully_connected_s8", 5, [built], None).wrong == []
    wrong = check("fully_connected_s8", 5, [_Wrong(built.program, built.numerics, built.names)], None)
    assert wrong.wrong == ["node 4 on the host"] and wrong.emulated == 0
    check("cast_any", 2, [built], None)
    lines, never = unused_lines("cast_any", tmp_path)
    few = sum(map(len, never.values()))
    check("cast_any", 200, [built], None)
    assert unused_lines("cast_any", tmp_path)[0] == lines
    assert sum(map(len, unused_lines("cast_any", tmp_path)[1].values())) < few < lines
