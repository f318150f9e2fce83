"""Reads a firmware ELF file: what to load where, how much memory each part takes, where the functions are."""

from __future__ import annotations

import bisect
import io
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgeml.errors import ModelFormatError
from edgeml.extras import require
from edgeml.files import read_bytes

# gcc names specialised copies of a function after the original
_CLONE = re.compile(r"\.(constprop|isra|part|cold|lto_priv)(\.\d+)*|\.\d+")


@dataclass(frozen=True)
class Symbol:
    """A function or object; `address` has no Thumb bit, `size` is in bytes."""

    name: str
    address: int
    size: int
    is_function: bool

    @property
    def plain_name(self) -> str:
        """Name without the suffixes of compiler-made copies."""
        return _CLONE.sub("", self.name)


@dataclass(frozen=True)
class Sections:
    """Bytes of the image: `code` with vectors and literals, constants, initialised and cleared variables."""

    code: int
    rodata: int
    data: int
    bss: int


@dataclass(frozen=True)
class Firmware:
    """A linked image. `segments` are (load address, bytes); `symbols` are sorted by address.

    `mapping` are (address, kind), sorted: from there on lies code ("t", "a", "x") or data ("d").
    """

    segments: tuple[tuple[int, bytes], ...]
    symbols: tuple[Symbol, ...]
    sections: Sections
    mapping: tuple[tuple[int, str], ...] = ()

    def address(self, name: str) -> int:
        """Address of the symbol `name`."""
        return self.symbol(name).address

    def symbol(self, name: str) -> Symbol:
        """The symbol `name`, copies included; ModelFormatError when the image has none."""
        found = self.find(name)
        if found is None:
            raise ModelFormatError(f"firmware: has no symbol '{name}'. Build it with edgeml's firmware_stub.")
        return found

    def find(self, name: str) -> Symbol | None:
        """The symbol `name` or a compiler-made copy of it, or None."""
        exact = [s for s in self.symbols if s.name == name]
        return next(iter(exact or [s for s in self.symbols if s.plain_name == name]), None)

    def read(self, address: int, size: int) -> bytes:
        """`size` bytes of what is loaded at `address`; ModelFormatError where nothing is."""
        for start, data in self.segments:
            if start <= address and address + size <= start + len(data):
                return data[address - start : address - start + size]
        raise ModelFormatError(f"firmware: nothing is loaded at {address:#x}. Build it again.")

    def is_data(self, address: int) -> bool:
        """Whether data lies at `address` among the code: literals, tables of jumps."""
        at = bisect.bisect_right(self.mapping, (address, "~")) - 1
        return at >= 0 and self.mapping[at][1] == "d"

    def function(self, address: int) -> Symbol:
        """The function that holds `address`; ModelFormatError when none does."""
        functions = [s for s in self.symbols if s.is_function]
        at = bisect.bisect_right([s.address for s in functions], address) - 1
        if at >= 0 and address < functions[at].address + max(functions[at].size, 2):
            return functions[at]
        raise ModelFormatError(f"firmware: no function lies at {address:#010x}. Build it again.")

    def function_at(self, address: int) -> str:
        """`name+offset` of the function that holds `address`, or the address itself."""
        try:
            symbol = self.function(address)
        except ModelFormatError:
            return f"{address:#010x}"
        return f"{symbol.name}+{address - symbol.address:#x}"


def read_firmware(path: Path) -> Firmware:
    """Read an ELF file; ModelFormatError when it is not one."""
    data = read_bytes(path, "firmware")
    elffile, errors = require("elftools.elf.elffile", "device"), require("elftools.common.exceptions", "device")
    try:
        elf = elffile.ELFFile(io.BytesIO(data))
        segments = tuple(
            (int(s["p_paddr"]), bytes(s.data()))
            for s in elf.iter_segments()
            if s["p_type"] == "PT_LOAD" and s["p_filesz"]
        )
        table = elf.get_section_by_name(".symtab")
        symbols = [] if table is None else [_symbol(s) for s in table.iter_symbols() if _is_wanted(s)]
        mapping = [] if table is None else [_mapping(s) for s in table.iter_symbols() if s.name[:1] == "$"]
        sizes = {s.name: int(s["sh_size"]) for s in elf.iter_sections()}
    except (errors.ELFError, ValueError, KeyError) as error:
        raise ModelFormatError(f"firmware '{path}': is not a readable ELF file ({error}). Build it again.") from None
    sections = Sections(
        code=sum(sizes.get(n, 0) for n in (".vectors", ".text")),
        rodata=sizes.get(".rodata", 0),
        data=sizes.get(".data", 0),
        bss=sizes.get(".bss", 0),
    )
    ordered = tuple(sorted(symbols, key=lambda s: (s.address, s.name)))
    return Firmware(segments, ordered, sections, tuple(sorted(mapping)))


def _is_wanted(symbol: Any) -> bool:
    info = symbol["st_info"]["type"]
    name = symbol.name
    return bool(name) and not name.startswith("$") and info in ("STT_FUNC", "STT_OBJECT", "STT_NOTYPE")


def _mapping(symbol: Any) -> tuple[int, str]:
    return int(symbol["st_value"]), str(symbol.name[1:2])


def _symbol(symbol: Any) -> Symbol:
    function = symbol["st_info"]["type"] == "STT_FUNC"
    address = int(symbol["st_value"])
    size = int(symbol["st_size"])
    return Symbol(symbol.name, address & ~1 if function else address, size, function)
