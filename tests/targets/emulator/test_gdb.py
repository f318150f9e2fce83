"""The remote protocol with a process that leaves."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from edgeml.errors import TargetError
from edgeml.targets.emulator.gdb import Gdb

# answers the first packet, then ends after the next one: nobody reads any more when its last words arrive
STUB = """
import os, sys

def packet():
    data = b""
    while b"#" not in data:
        data += os.read(0, 1)
    os.read(0, 2)

packet()
os.write(1, b"+$l#6c")
packet()
os.close(0)
os.write(1, sys.argv[1].encode())
"""


def test_the_exit_of_the_program_is_told_also_when_the_process_is_gone_already(tmp_path: Path) -> None:
    gdb = Gdb([sys.executable, "-c", STUB, "+$W07#be"], tmp_path / "errors")
    assert gdb.run([]) == "W07"
    gdb.close()


def test_a_process_that_leaves_without_an_answer_is_an_error(tmp_path: Path) -> None:
    gdb = Gdb([sys.executable, "-c", STUB, "+"], tmp_path / "errors")
    with pytest.raises(TargetError, match="ended without a word"):
        gdb.run([])
