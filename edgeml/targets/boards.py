"""Development boards as data (boards.toml): clock, flash, RAM; does a model fit, and how long does it take."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass
from pathlib import Path

from edgeml.errors import TargetError
from edgeml.targets.base import Memory
from edgeml.targets.cores import CORES, Core, find_core, unknown


@dataclass(frozen=True)
class Board:
    """One board; `flash` and `ram` are bytes, `source` names the data sheet."""

    name: str
    title: str
    core: str
    clock_hz: int
    flash: int
    ram: int
    source: str
    aliases: tuple[str, ...] = ()

    def milliseconds(self, cycles: int) -> float:
        """Time of `cycles` at this board's clock."""
        return cycles / self.clock_hz * 1000.0


@dataclass(frozen=True)
class Fit:
    """Share of a board's memory that a model takes, in percent."""

    flash_percent: float
    ram_percent: float
    ok: bool


@functools.cache
def list_boards() -> tuple[Board, ...]:
    """All boards, in the order of boards.toml."""
    data = tomllib.loads(Path(__file__).with_name("boards.toml").read_text(encoding="utf-8"))
    return tuple(
        Board(name=name, **{**fields, "aliases": tuple(fields.get("aliases", ()))}) for name, fields in data.items()
    )


def find_board(name: str) -> Board:
    """The board called `name` (or an alias); TargetError lists the known ones, closest first."""
    board = _board(name)
    if board is None:
        raise TargetError(unknown("board", name, {b.name: b for b in list_boards()}))
    return board


def resolve_target(name: str) -> tuple[Core, Board | None]:
    """The core that `name` means, and the board if it names one; TargetError lists both kinds."""
    if name in CORES:
        return find_core(name), None
    board = _board(name)
    if board is None:
        raise TargetError(unknown("core or board", name, {**CORES, **{b.name: b for b in list_boards()}}))
    return find_core(board.core), board


def fits(memory: Memory, board: Board) -> Fit:
    """How much of `board` the firmware takes."""
    return Fit(
        flash_percent=100.0 * memory.flash / board.flash,
        ram_percent=100.0 * memory.ram / board.ram,
        ok=memory.flash <= board.flash and memory.ram <= board.ram,
    )


def require_fit(memory: Memory, board: Board) -> Fit:
    """`fits`, or TargetError that names what is too large, by how many bytes, and what to do."""
    found = fits(memory, board)
    if found.ok:
        return found
    lacking = [
        f"{kind} needs {needed:,} bytes and the board has {present:,} ({needed - present:,} too few)"
        for kind, needed, present in (("flash", memory.flash, board.flash), ("RAM", memory.ram, board.ram))
        if needed > present
    ]
    raise TargetError(
        f"board '{board.name}': the model does not fit: {'; '.join(lacking)}. "
        "Prune or quantise the model, or choose a larger board."
    )


def _board(name: str) -> Board | None:
    return next((b for b in list_boards() if name == b.name or name in b.aliases), None)
