"""Geometry of the page's charts: positions in SVG user units, rounded, so equal records give equal bytes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from edgeml.bench.record import MapEntry

# half the page and the whole page
WIDTH, WIDE = 520.0, 1060.0


@dataclass(frozen=True)
class Tick:
    """A label of an axis."""

    at: float
    label: str


@dataclass(frozen=True)
class Whisker:
    """A value with its interval on a horizontal axis; `y` is the row's centre."""

    label: str
    text: str
    series: int
    x: float
    low: float
    high: float
    y: float


@dataclass(frozen=True)
class Dot:
    """A variant: accuracy with its interval over what it takes; of a file the size, plain and compressed."""

    label: str
    series: int
    x: float
    y: float
    low: float
    high: float
    x_compressed: float


@dataclass(frozen=True)
class Box:
    """A tensor in the memory map; `shown` tells whether its label has a place, at the base line `text_y`."""

    name: str
    label: str
    title: str
    x: float
    y: float
    width: float
    height: float
    series: int
    shown: bool
    text_y: float


@dataclass(frozen=True)
class Chart:
    """Marks and axes; `left`, `top`, `right`, `bottom` bound the plot area."""

    height: float
    left: float
    top: float
    right: float
    bottom: float
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    marks: tuple[Whisker, ...] | tuple[Dot, ...] | tuple[Box, ...]


def nice_step(span: float, wanted: int = 5) -> float:
    """1, 2 or 5 times a power of ten, for about `wanted` ticks over `span`."""
    if span <= 0:
        return 1.0
    rough = span / wanted
    power = 10.0 ** math.floor(math.log10(rough))
    return next(m * power for m in (1, 2, 5, 10) if m * power >= rough * 0.999)


def ticks(low: float, high: float, at: tuple[float, float], unit: str = "") -> tuple[Tick, ...]:
    """Round values between `low` and `high`, mapped to the positions `at`."""
    step = nice_step(high - low)
    digits = max(0, -math.floor(math.log10(step)))
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return tuple(Tick(place(k * step, low, high, at), f"{k * step:,.{digits}f}{unit}") for k in range(first, last + 1))


def accuracy_chart(rows: Sequence[tuple[str, float, float, float]]) -> Chart:
    """Rows (label, value, low, high), shares; one whisker a row, all on one axis in percent."""
    left, right, row, top = 110.0, WIDTH - 60.0, 34.0, 8.0
    low, high = 100 * min(r[2] for r in rows), 100 * max(r[3] for r in rows)
    pad = max((high - low) * 0.08, 0.01)
    low, high = max(0.0, low - pad), min(100.0, high + pad)
    at = (left, right)
    bottom = top + row * len(rows)
    marks = tuple(
        Whisker(
            label, f"{100 * value:.2f}", i,
            place(100 * value, low, high, at), place(100 * a, low, high, at), place(100 * b, low, high, at),
            top + row * (i + 0.5),
        )
        for i, (label, value, a, b) in enumerate(rows)
    )  # fmt: skip
    return Chart(bottom + 26, left, top, right, bottom, ticks(low, high, at, " %"), (), marks)


def size_chart(rows: Sequence[tuple[str, float, float, float, int, int]]) -> Chart:
    """Rows (label, accuracy, low, high, bytes, compressed bytes): accuracy over size of the file."""
    return _scatter([(*r[:4], r[4] / 1024, r[5] / 1024) for r in rows], range(len(rows)), " KiB")


def cost_chart(rows: Sequence[tuple[str, float, float, float, float]], series: Sequence[int], unit: str) -> Chart:
    """Rows (label, accuracy, low, high, cost): accuracy over what a run or the image takes, in `unit`."""
    return _scatter([(*r, r[4]) for r in rows], series, f" {unit}")


def _scatter(rows: Sequence[tuple[str, float, float, float, float, float]], series: Sequence[int], unit: str) -> Chart:
    left, right, top, bottom = 62.0, WIDTH - 16.0, 12.0, 232.0
    low, high = 100 * min(r[2] for r in rows), 100 * max(r[3] for r in rows)
    pad = max((high - low) * 0.08, 0.01)
    low, high = max(0.0, low - pad), min(100.0, high + pad)
    most = max(r[4] for r in rows) * 1.08
    x_at, y_at = (left, right), (bottom, top)
    marks = tuple(
        Dot(
            label, number, place(full, 0, most, x_at), place(100 * value, low, high, y_at),
            place(100 * a, low, high, y_at), place(100 * b, low, high, y_at), place(packed, 0, most, x_at),
        )
        for number, (label, value, a, b, full, packed) in zip(series, rows, strict=True)
    )  # fmt: skip
    return Chart(bottom + 26, left, top, right, bottom, ticks(0, most, x_at, unit), ticks(low, high, y_at, " %"), marks)


# a letter's width and a line's height in the memory map, user units
_LETTER, _LINE = 6.3, 13.0


def memory_chart(entries: Sequence[MapEntry], steps: Sequence[str]) -> Chart:
    """Arena addresses (up) over execution steps (right); each tensor is a box for as long as it lives.

    A box is labelled with the step that writes it; labels keep clear of each other where boxes overlap.
    """
    left, right, top = 70.0, WIDE - 8.0, 8.0
    total = max(e.offset + e.bytes for e in entries)
    count = max(len(steps), max(e.last for e in entries) + 1, 1)
    bottom = top + 260.0
    names = list(dict.fromkeys(e.tensor for e in entries))
    y_at = (bottom, top)
    marks = []
    taken: list[tuple[float, float, float]] = []
    for e in entries:
        first, last = max(0, e.first), min(count - 1, e.last)
        x0, x1 = place(first, 0, count, (left, right)), place(last + 1, 0, count, (left, right))
        y0, y1 = place(e.offset + e.bytes, 0, total, y_at), place(e.offset, 0, total, y_at)
        step = (right - left) / count
        label = _label(e, step if last > first else x1 - x0)
        title = f"{e.tensor}: {e.bytes:,} bytes at {e.offset:,}, steps {first} to {last}"
        line = _free(taken, x0 + 5, len(label) * _LETTER, y0 + 11.5, y1) if label else None
        if line is not None:
            taken.append((x0 + 5, x0 + 5 + len(label) * _LETTER, line))
        marks.append(
            Box(
                e.tensor, label, title, x0, y0, round(x1 - x0, 1), round(y1 - y0, 1), names.index(e.tensor) % 4,
                line is not None, round(line or 0.0, 1),
            )
        )  # fmt: skip
    middles = tuple(Tick(place(i + 0.5, 0, count, (left, right)), str(i)) for i in range(count))
    # numbers of neighbouring steps must not touch
    middles = middles[:: max(1, math.ceil(count / 48))]
    return Chart(bottom + 22, left, top, right, bottom, middles, ticks(0, total, y_at, " B"), tuple(marks))


def _label(entry: MapEntry, width: float) -> str:
    """The step that writes the tensor and as much of its name as fits in `width`; empty where the step does not."""
    room = int((width - 8) / _LETTER)
    scratch = entry.tensor.endswith("/scratch")
    text = f"{entry.first} scratch" if scratch else f"{entry.first} {entry.tensor}"
    if len(text) <= room:
        return text
    short = f"{text[: room - 1]}…" if room > len(str(entry.first)) + 3 else str(entry.first)
    return short if len(short) <= room else ""


def _free(taken: Sequence[tuple[float, float, float]], x: float, width: float, y: float, bottom: float) -> float | None:
    """The first line from `y` down to `bottom` where a text at `x` meets no other; None when there is none."""
    while y <= bottom - 1:
        if not any(x < right and left < x + width and abs(y - other) < _LINE for left, right, other in taken):
            return y
        y += _LINE
    return None


def place(value: float, low: float, high: float, at: tuple[float, float]) -> float:
    """The position of a value on an axis from `low` to `high`, which lie at `at`."""
    share = 0.5 if high == low else (value - low) / (high - low)
    return round(at[0] + share * (at[1] - at[0]), 1)
