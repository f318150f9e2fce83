"""Counting executed basic blocks under QEMU: a plugin that shares its table with this process by a mapped file."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from edgeml.targets.emulator.hook import Block, Entries, too_many_blocks
from edgeml.targets.emulator.native import compiled

_SOURCE = Path(__file__).with_name("qemu_plugin.c")
_TABLE_ENTRIES = 1 << 17
# as in qemu_plugin.c and block_hook.c
_HEADER = np.dtype([(n, "<u8") for n in ("counting", "overflow", "entries", "code_start", "code_size", "layers")])
_BLOCK = np.dtype([("start", "<u8"), ("executed", "<u8"), ("taken", "<u8"), ("size", "<u4"), ("layer", "<i4")])


class PluginCounter:
    """Counts what QEMU executes: start QEMU with `arguments`, then `count`, run, and read `blocks`.

    `folder` is for the shared file; it must outlive the process. ToolchainError without a C compiler.
    """

    def __init__(self, entries: Entries, folder: Path, qemu_version: str) -> None:
        # the interface's first version ended with QEMU 8; what the plugin uses is the same in the second
        version = 1 if int(qemu_version.split(".")[0]) < 9 else 2
        self._library = compiled(_SOURCE, ("-D_DEFAULT_SOURCE", f"-DEDGEML_PLUGIN_VERSION={version}"))
        self._file = folder / "counts"
        entry_of, same_entry = entries.tables()
        header = np.zeros(1, _HEADER)
        header["entries"], header["layers"] = _TABLE_ENTRIES, len(same_entry)
        header["code_start"], header["code_size"] = entries.code_start, 2 * len(entry_of)
        table = np.zeros(_TABLE_ENTRIES, _BLOCK)
        self._file.write_bytes(b"".join(a.tobytes() for a in (header, table, entry_of, same_entry)))
        self._header = np.memmap(self._file, _HEADER, "r+", 0, (1,))
        self._table = np.memmap(self._file, _BLOCK, "r", _HEADER.itemsize, (_TABLE_ENTRIES,))

    @property
    def arguments(self) -> tuple[str, ...]:
        """What QEMU's command line needs."""
        return "-plugin", f"{self._library},counts={self._file}"

    def count(self) -> None:
        """Count every basic block from now on; the processor must stand still."""
        self._header["counting"] = 1

    def blocks(self) -> list[Block]:
        """The counts so far, sorted; the processor must stand still."""
        if self._header["overflow"][0]:
            raise too_many_blocks(_TABLE_ENTRIES // 4 * 3)
        used = self._table[self._table["executed"] != 0]
        return sorted(Block(*(int(b[n]) for n in ("start", "size", "layer", "executed", "taken"))) for b in used)
