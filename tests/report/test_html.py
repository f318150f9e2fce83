import html.parser
from dataclasses import replace

import pytest

from edgeml.bench.record import BenchFile, FunctionInfo, Layer, Record, RuntimeInfo
from edgeml.report.charts import memory_chart
from edgeml.report.html import render
from edgeml.report.view import model_view
from tests.report.samples import sample

EVIL = "<script>alert('x')</script>\"&"


class _Checker(html.parser.HTMLParser):
    """Balanced tags; collects names and addresses."""

    def __init__(self):
        super().__init__()
        self.open, self.names, self.addresses, self.text = [], set(), [], []

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        self.addresses += [v for k, v in attrs if k in ("src", "href", "xlink:href")]
        if tag not in ("meta", "link", "br", "img"):
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.names.add(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.text.append(data)


def check(page):
    checker = _Checker()
    checker.feed(page)
    assert checker.open == []
    return checker


def test_the_page_is_whole_and_loads_nothing():
    page = render(sample())
    checker = check(page)
    assert checker.addresses == []
    assert not checker.names & {"script", "link", "img", "iframe"}
    assert "url(" not in page and "@import" not in page


def test_the_same_records_give_the_same_bytes():
    assert render(sample()) == render(sample())


def test_every_section_is_there():
    text = "".join(check(render(sample())).text)
    for title in (
        "Summary", "Variants", "Accuracy with 95 % interval", "Accuracy against file size", "Latency", "Boards",
        "Layers", "Memory map", "Confusion matrix", "Agreement", "Environment",
    ):  # fmt: skip
        assert title in text, title
    for figure in ("99.35 %", "−0.15", "5,794,616", "64.5 ms", "identical (10,000)", "Example CPU @ 2.0 GHz", "33.3"):
        assert figure in text, figure


def test_variants_lie_in_the_order_of_what_they_take_on_the_core():
    bench = sample()
    records = tuple(
        replace(r, instructions=r.instructions // 2, memory=replace(r.memory, flash=r.memory.flash // 4))
        if r.variant == "int8-pruned" and r.instructions and r.memory and r.memory.flash
        else r
        for r in bench.records
    )
    view = model_view("mnist_cnn", records)
    for chart, factor in ((view.instructions, 2), (view.flash, 4)):
        assert [m.label for m in chart.marks] == ["int8", "int8-pruned"]
        assert [m.series for m in chart.marks] == [1, 2]
        dense, pruned = (m.x - chart.left for m in chart.marks)
        assert dense == pytest.approx(factor * pruned, rel=0.01)
        assert chart.marks[0].y < chart.marks[1].y, "more accurate is higher"
    assert "Accuracy against instructions" in render(replace(bench, records=records))
    alone = tuple(r for r in records if r.variant != "int8-pruned")
    assert model_view("mnist_cnn", alone).instructions is None
    assert "Accuracy against instructions" not in render(replace(bench, records=alone))


def test_names_from_model_files_are_escaped():
    bench = sample()
    records = tuple(
        replace(
            r,
            model=EVIL,
            variant=r.variant + EVIL,
            labels=tuple(EVIL + str(i) for i in range(10)),
            layers=tuple(replace(x, name=EVIL + x.name) for x in r.layers),
            memory_map=tuple(replace(m, tensor=EVIL + m.tensor) for m in r.memory_map),
            runtime=RuntimeInfo(EVIL, EVIL, EVIL, EVIL),
        )
        for r in bench.records
    )
    checker = check(render(BenchFile(replace(bench.environment, cpu=EVIL), records)))
    assert "script" not in checker.names
    assert EVIL in "".join(checker.text)


def test_a_target_that_did_not_run_is_named_with_its_reason():
    skipped = Record("m", "int8", "cortex-m4", RuntimeInfo("cortex-m4", ""), skipped="no compiler. Install zig.")
    page = render(BenchFile(sample().environment, (skipped,)))
    assert "no compiler. Install zig." in "".join(check(page).text)


def test_records_with_nothing_measured_still_give_a_page():
    bare = Record("m", "int8", "host", RuntimeInfo("host", "1"), layers=(Layer("a", "add", 0),))
    check(render(BenchFile(sample().environment, (bare,))))
    check(render(BenchFile(sample().environment, ())))


def detailed() -> BenchFile:
    """The sample with what a core's own library adds: kernels and why, functions, bounds, an input written over."""
    bench = sample()
    record = next(r for r in bench.records if r.variant == "int8" and r.target == "cortex-m4")
    layers = tuple(
        replace(x, kernel=f"{x.op}_dsp_s8", reason="not slow_s8: 9,999 instructions", flash=x.bytes, estimate=1)
        for x in record.layers
    )
    functions = (
        FunctionInfo("edgeml_conv_2d_dsp_s8", 900, 120, 180, 4_000_000), FunctionInfo("m_run", 80, 8, 188, 60)
    )  # fmt: skip
    memory = replace(record.memory, stack_bound=96, arena_lower_bound=15_000)
    written_over = replace(record.memory_map[3], tensor="over", first=1)
    return replace(
        bench,
        records=(
            replace(
                record, layers=layers, functions=functions, memory=memory, memory_map=(*record.memory_map, written_over)
            ),
        ),
    )


def test_kernels_image_and_bounds_are_shown_as_pictures():
    page = render(detailed())
    text = "".join(check(page).text)
    for phrase in (
        "conv_2d_dsp_s8", "Image", "Constants", "edgeml_conv_2d_dsp_s8", "69.0 % of the instructions",
        "fewer than 15,000 bytes", "bytes were seen, 96 are the most",
    ):  # fmt: skip
        assert phrase in text, phrase
    assert 'title="not slow_s8: 9,999 instructions"' in page


def test_labels_of_the_memory_map_do_not_meet_where_boxes_overlap():
    chart = memory_chart(detailed().records[0].memory_map, ["layer"] * 7)
    shown = [m for m in chart.marks if m.shown]
    assert len(shown) > 4
    for i, a in enumerate(shown):
        assert a.y <= a.text_y <= a.y + a.height
        for b in shown[:i]:
            apart = a.x + 5 + 6 * len(a.label) <= b.x + 5 or b.x + 5 + 6 * len(b.label) <= a.x + 5
            assert apart or abs(a.text_y - b.text_y) >= 12, (a.label, b.label)
