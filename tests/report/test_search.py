"""A search on the page: every recipe that was tried, and the chosen one."""

from __future__ import annotations

from dataclasses import replace

from edgeml.bench.record import Accuracy, BenchFile, Record, RuntimeInfo, Search, SearchPoint, from_json, to_json
from edgeml.report import search
from edgeml.report.html import render
from tests.report.samples import sample


def _record() -> Record:
    def point(name: str, value: float, flash: int, **fields: object) -> SearchPoint:
        accuracy = Accuracy("top1", value, 500, (value - 0.02, value + 0.02), 0.9, value - 0.9, 7, 0.5, (-0.02, 0.01))
        return SearchPoint(name, accuracy, 2_000_000, flash, 4096, 12.5, **fields)  # type: ignore[arg-type]

    points = (
        point("int8", 0.9, 40960, misses=("flash 40,960 bytes, 8,192 too many",), front=True),
        point("int4 in <2> layers", 0.89, 30720, bits={"conv<b>": 4, "dense": 4}, front=True, chosen=True),
        point("int4 in 3 layers", 0.85, 30720),
    )
    found = Search("at most 0.5 lost on cortex-m4", 4, points)
    return Record("m", "int8", "reference", RuntimeInfo("reference", ""), points[1].accuracy, search=found)


def test_every_recipe_stands_in_the_table_and_the_charts() -> None:
    bench = BenchFile(sample().environment, (_record(),))
    page = render(bench)
    assert "What the accuracy costs" in page and "at most 0.5 lost on cortex-m4" in page
    for text in ("int4 in &lt;2&gt; layers", "flash 40,960 bytes, 8,192 too many", "30.0 KiB", "12.5 ms"):
        assert text in page
    assert "Other than 8 bits in 2 of 4 layers" in page and "McNemar p 0.5" in page
    assert page.count('aria-label="Accuracy against instructions"') == 1
    assert from_json(to_json(bench)) == bench


def test_charts_place_more_flash_to_the_right_and_more_accuracy_higher() -> None:
    record = _record()
    chart = search.flash_chart(record)
    assert chart is not None
    first, chosen, last = chart.marks
    assert first.x > chosen.x == last.x and first.y < chosen.y < last.y
    assert [m.series for m in chart.marks] == [0, 2, 1]
    assert search.instructions_chart(replace(record, search=None)) is None
