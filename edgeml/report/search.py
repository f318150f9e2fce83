"""A search as the page shows it: accuracy over flash and over instructions."""

from __future__ import annotations

from collections.abc import Callable

from edgeml.bench.record import Record, SearchPoint
from edgeml.report.charts import WIDTH, Chart, Dot, place, ticks

# series: the colours of the page
_CHOSEN, _FRONT, _OTHER = 2, 0, 1


def flash_chart(record: Record) -> Chart | None:
    """Accuracy over KiB of flash; None where the record holds no search of a classifier."""
    return _chart(record, lambda p: p.flash / 1024, " KiB")


def instructions_chart(record: Record) -> Chart | None:
    """Accuracy over millions of instructions."""
    return _chart(record, lambda p: p.instructions / 1e6, " M")


def _chart(record: Record, value: Callable[[SearchPoint], float], unit: str) -> Chart | None:
    points = record.search.points if record.search is not None else ()
    if not points or any(p.accuracy.metric != "top1" for p in points):
        return None
    left, right, top, bottom = 62.0, WIDTH - 16.0, 12.0, 232.0
    low = max(0.0, 100 * min(p.accuracy.ci95[0] for p in points) - 0.1)
    high = min(100.0, 100 * max(p.accuracy.ci95[1] for p in points) + 0.1)
    most = max(value(p) for p in points) * 1.08
    x_at, y_at = (left, right), (bottom, top)

    def y(share: float) -> float:
        return place(100 * share, low, high, y_at)

    marks = tuple(
        Dot(
            p.name,
            _CHOSEN if p.chosen else _FRONT if p.front else _OTHER,
            place(value(p), 0, most, x_at),
            y(p.accuracy.value),
            y(p.accuracy.ci95[0]),
            y(p.accuracy.ci95[1]),
            place(value(p), 0, most, x_at),
        )
        for p in points
    )
    return Chart(bottom + 26, left, top, right, bottom, ticks(0, most, x_at, unit), ticks(low, high, y_at, " %"), marks)
