"""Counting executed basic blocks: a native unicorn hook, and the same in Python where no C compiler is."""

from __future__ import annotations

import ctypes
import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np

from edgeml.errors import EdgeMLError, TargetError
from edgeml.extras import require
from edgeml.ir import Array
from edgeml.targets.emulator.native import compiled

_SOURCE = Path(__file__).with_name("block_hook.c")
_TABLE_ENTRIES = 1 << 17


@dataclass(frozen=True, order=True)
class Block:
    """How often the code at `start` (`size` bytes) ran within `layer`, and how often a jump followed."""

    start: int
    size: int
    layer: int
    executed: int
    taken: int


class Counter(Protocol):
    """What both hooks offer: `attach` before the run, `blocks` after it."""

    def attach(self, engine: Any) -> None:
        """Register with a unicorn engine."""

    def blocks(self) -> list[Block]:
        """The counts so far, sorted."""


@dataclass(frozen=True)
class Entries:
    """Where layers begin: `address[i]` is the first instruction of layer `numbers[i]`.

    Compilers may give equal functions one body: then several layers have one address, and entering it
    means the first of them that comes after the current layer.
    """

    code_start: int
    code_size: int
    layers: Mapping[int, Sequence[int]]

    def tables(self) -> tuple[Array, Array]:
        """What the hook in C reads, int32: the layer that starts at each halfword, and for each layer the next one
        with the same code; -1 for none."""
        entry_of = np.full(max(self.code_size // 2, 1), -1, np.int32)
        count = 1 + max((n for numbers in self.layers.values() for n in numbers), default=0)
        same_entry = np.full(count, -1, np.int32)
        for address, numbers in self.layers.items():
            entry_of[(address - self.code_start) // 2] = numbers[0]
            for one, after in itertools.pairwise(numbers):
                same_entry[one] = after
        return entry_of, same_entry


class PythonCounter:
    """The hook in Python: slow, needs nothing."""

    def __init__(self, entries: Entries) -> None:
        self._entries = entries.layers
        self._counts: dict[tuple[int, int, int], list[int]] = {}
        self._layer = 0
        self._previous: list[int] | None = None
        self._previous_end = 0

    def attach(self, engine: Any) -> None:
        """Register with a unicorn engine."""
        unicorn = require("unicorn", "device")
        engine.hook_add(unicorn.UC_HOOK_BLOCK, self._count)

    def blocks(self) -> list[Block]:
        """The counts so far, sorted."""
        return sorted(Block(*key, *counts) for key, counts in self._counts.items())

    def _count(self, engine: Any, address: int, size: int, user: Any) -> None:
        entered = self._entries.get(address)
        if entered:
            self._layer = next((n for n in entered if n > self._layer), entered[-1])
        if self._previous is not None and address != self._previous_end:
            self._previous[1] += 1
        counts = self._counts.setdefault((address, size, self._layer), [0, 0])
        counts[0] += 1
        self._previous, self._previous_end = counts, address + size


class _Block(ctypes.Structure):
    _fields_ = [
        ("start", ctypes.c_uint64),
        ("executed", ctypes.c_uint64),
        ("taken", ctypes.c_uint64),
        ("size", ctypes.c_uint32),
        ("layer", ctypes.c_int32),
    ]


class _State(ctypes.Structure):
    _fields_ = [
        ("table", ctypes.POINTER(_Block)),
        ("mask", ctypes.c_uint64),
        ("used", ctypes.c_uint64),
        ("limit", ctypes.c_uint64),
        ("previous", ctypes.c_void_p),
        ("previous_end", ctypes.c_uint64),
        ("code_start", ctypes.c_uint64),
        ("code_size", ctypes.c_uint64),
        ("entry_of", ctypes.POINTER(ctypes.c_int32)),
        ("same_entry", ctypes.POINTER(ctypes.c_int32)),
        ("layer", ctypes.c_int32),
        ("overflow", ctypes.c_int32),
    ]


class NativeCounter:
    """The hook in C. `library` is the compiled block_hook.c."""

    def __init__(self, entries: Entries, library: Path) -> None:
        self._function = ctypes.CDLL(str(library)).edgeml_count_block
        self._table = (_Block * _TABLE_ENTRIES)()
        # kept: the state points into them
        self._entry_of, self._same_entry = entries.tables()
        self._state = _State(
            table=self._table,
            mask=_TABLE_ENTRIES - 1,
            limit=_TABLE_ENTRIES * 3 // 4,
            code_start=entries.code_start,
            code_size=entries.code_size,
            entry_of=self._entry_of.ctypes.data_as(ctypes.POINTER(ctypes.c_int32)),
            same_entry=self._same_entry.ctypes.data_as(ctypes.POINTER(ctypes.c_int32)),
        )

    def attach(self, engine: Any) -> None:
        """Register with a unicorn engine, past the Python binding: its callbacks would cost more than the core."""
        unicorn = require("unicorn", "device")
        binding = require("unicorn.unicorn_py3.unicorn", "device")
        status = binding.uclib.uc_hook_add(
            engine._uch,
            ctypes.byref(ctypes.c_size_t()),
            unicorn.UC_HOOK_BLOCK,
            ctypes.cast(self._function, ctypes.c_void_p),
            ctypes.cast(ctypes.pointer(self._state), ctypes.c_void_p),
            ctypes.c_uint64(1),
            ctypes.c_uint64(0),
        )
        if status != unicorn.UC_ERR_OK:
            raise TargetError(f"emulator: cannot register the counting hook (unicorn error {status}). Update unicorn.")

    def blocks(self) -> list[Block]:
        """The counts so far, sorted."""
        if self._state.overflow:
            raise too_many_blocks(self._state.limit)
        return sorted(Block(b.start, b.size, b.layer, b.executed, b.taken) for b in self._table if b.executed)


def too_many_blocks(limit: int) -> TargetError:
    """The table of blocks is full."""
    return TargetError(
        f"emulator: the firmware has more than {limit} basic blocks, too many to count. "
        "Report the model that needs them."
    )


def make_counter(entries: Entries, *, native: bool | None = None) -> Counter:
    """The native hook where it can be compiled, else the Python one; `native` forces one of them."""
    if native is False:
        return PythonCounter(entries)
    try:
        return NativeCounter(entries, compiled(_SOURCE))
    except (EdgeMLError, OSError):
        if native:
            raise
        return PythonCounter(entries)
