"""What fills flash and RAM, as bars: code by function, constants by layer, the arena, variables and stack."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from edgeml.bench.record import Record
from edgeml.report import format as f

# rows of a group before the rest is summed up
_MOST = 10


@dataclass(frozen=True)
class Part:
    """A bar: `share` in 0..1 of the widest of its group, `series` its colour."""

    label: str
    text: str
    share: float
    series: int
    note: str


@dataclass(frozen=True)
class Group:
    """Bars on one scale under a title with the sum."""

    title: str
    total: str
    parts: tuple[Part, ...]


@dataclass(frozen=True)
class ImageView:
    """The image of one record; `stack` is a sentence on the bound of the stack, or empty."""

    title: str
    groups: tuple[Group, ...]
    stack: str


def image_view(record: Record) -> ImageView | None:
    """The parts of the record's image; None where the functions were not recorded."""
    memory = record.memory
    if memory is None or memory.flash is None or not record.functions:
        return None
    code = [(x.name, x.code, _share(x.instructions, record.instructions)) for x in record.functions]
    constants = [(f"{i} {x.name}", x.flash, x.kernel) for i, x in enumerate(record.layers) if x.flash]
    ram = [("arena", memory.arena or 0, ""), ("variables", memory.data_bss or 0, ""), ("stack", memory.stack or 0, "")]
    if memory.arena_lower_bound:
        ram[0] = ("arena", memory.arena or 0, f"lower bound {f.count(memory.arena_lower_bound)} B")
    if memory.stack_bound is not None:
        ram[2] = ("stack", memory.stack or 0, f"{f.count(memory.stack_bound)} B at most")
    return ImageView(
        " · ".join(filter(None, (record.variant, record.target, record.runtime.compiler, record.optimize))),
        (
            _group("Code", memory.code or 0, code, 0),
            _group("Constants", memory.weights or 0, constants, 1),
            _group("RAM", memory.ram or 0, ram, 2, ordered=True),
        ),
        _stack(record),
    )


def _group(title: str, total: int, rows: Sequence[tuple[str, int, str]], series: int, ordered: bool = False) -> Group:
    """The largest rows; what they leave of `total` is a last one."""
    shown = list(rows) if ordered else sorted(rows, key=lambda r: (-r[1], r[0]))[:_MOST]
    rest = total - sum(size for _, size, _ in shown)
    if rest > 0:
        shown.append(("the rest" if len(rows) > len(shown) else "startup, tables, padding", rest, ""))
    most = max((size for _, size, _ in shown), default=0) or 1
    parts = tuple(Part(label, f.size(size), size / most, series, note) for label, size, note in shown)
    return Group(title, f.size(total), parts)


def _share(part: int, whole: int | None) -> str:
    return f"{f.percent(part / whole, 1)} of the instructions" if whole and part else ""


def _stack(record: Record) -> str:
    """The deepest path of calls, from the functions' own bounds."""
    memory = record.memory
    if memory is None or memory.stack_bound is None:
        return ""
    seen, bound = f.count(memory.stack), f.count(memory.stack_bound)
    frames = sorted((x for x in record.functions if x.frame), key=lambda x: -(x.frame or 0))[:3]
    largest = ", ".join(f"{x.name} {f.count(x.frame)}" for x in frames)
    return f"Stack: {seen} bytes were seen, {bound} are the most that any path takes. Largest frames: {largest} bytes."
