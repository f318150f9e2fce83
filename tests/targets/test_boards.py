"""Boards: the data is sane, and a model that does not fit is refused with figures."""

from __future__ import annotations

import pytest

from edgeml.errors import TargetError
from edgeml.targets.base import Memory
from edgeml.targets.boards import find_board, fits, list_boards, require_fit, resolve_target
from edgeml.targets.cores import CORES

SMALL = Memory(flash=100_000, code=60_000, weights=40_000, ram=15_000, arena=10_000, data_bss=4_000, stack=1_000)


def test_at_least_six_boards_with_an_m0plus_an_m4_an_m7_and_an_m33() -> None:
    assert len(list_boards()) >= 6
    assert {"cortex-m0plus", "cortex-m4", "cortex-m7", "cortex-m33"} <= {b.core for b in list_boards()}


@pytest.mark.parametrize("board", list_boards(), ids=lambda b: b.name)
def test_board_data_is_plausible(board) -> None:
    assert CORES[board.core].emulated
    assert 16_000_000 <= board.clock_hz <= 600_000_000
    assert board.flash % 1024 == 0 and board.ram % 1024 == 0 and board.flash > board.ram
    assert board.source and board.title


def test_names_and_aliases_are_unique_and_no_core_has_one() -> None:
    names = [n for b in list_boards() for n in (b.name, *b.aliases)]
    assert len(set(names)) == len(names)
    assert not set(names) & set(CORES)


def test_a_target_is_a_core_or_a_board() -> None:
    assert resolve_target("cortex-m4") == (CORES["cortex-m4"], None)
    core, board = resolve_target("raspberry-pi-pico")
    assert core.name == "cortex-m0plus" and board == find_board("rp2040")
    with pytest.raises(TargetError, match=r"no such core or board. Did you mean 'nucleo-l4r5zi'\?"):
        resolve_target("nucleo-l4r5")


def test_milliseconds_come_from_the_clock() -> None:
    assert find_board("arduino-nano-33-ble").milliseconds(640_000) == 10.0


def test_percentages_are_of_flash_and_ram() -> None:
    found = fits(SMALL, find_board("arduino-nano-33-ble"))
    assert found.ok
    assert found.flash_percent == pytest.approx(100 * 100_000 / 1_048_576)
    assert found.ram_percent == pytest.approx(100 * 15_000 / 262_144)


def test_a_board_too_small_is_named_with_the_missing_bytes() -> None:
    large = Memory(flash=131_172, code=1, weights=131_171, ram=20_580, arena=20_000, data_bss=500, stack=80)
    with pytest.raises(
        TargetError, match=r"nucleo-f103rb.*flash needs 131,172.*100 too few.*RAM needs 20,580.*100 too few"
    ):
        require_fit(large, find_board("nucleo-f103rb"))
    assert not fits(large, find_board("nucleo-f103rb")).ok
    assert require_fit(SMALL, find_board("nucleo-f103rb")).ok
