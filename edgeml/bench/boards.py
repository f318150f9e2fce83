"""Which boards a measured firmware fits, and how long an inference takes there."""

from __future__ import annotations

from edgeml.bench.record import BenchFile, BoardFit
from edgeml.errors import TargetError
from edgeml.targets.base import Memory
from edgeml.targets.boards import find_board, list_boards, require_fit, resolve_target


def board_fits(target: str, memory: Memory, cycles: int | None) -> tuple[BoardFit, ...]:
    """The board `target`, or all boards with the core `target`."""
    core, board = resolve_target(target)
    boards = [board] if board is not None else [b for b in list_boards() if b.core == core.name]
    return tuple(
        BoardFit(
            b.name,
            memory.flash / b.flash,
            memory.ram / b.ram,
            None if cycles is None else b.milliseconds(cycles),
        )
        for b in boards
    )


def require_boards(bench: BenchFile, variant: str) -> None:
    """TargetError when `variant` was measured for a board, asked for by name, that it does not fit."""
    for record in bench.records:
        memory = record.memory
        if record.variant != variant or memory is None or memory.flash is None or memory.ram is None:
            continue
        try:
            board = find_board(record.target)
        except TargetError:
            continue
        flash, ram = memory.flash, memory.ram
        require_fit(Memory(flash, memory.code or 0, memory.weights or 0, ram, memory.arena or 0, 0, 0), board)
