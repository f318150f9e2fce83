import io

from rich.console import Console

from edgeml.bench.record import BenchFile, Record, RuntimeInfo
from edgeml.report import format as f
from edgeml.report.charts import memory_chart, nice_step, ticks
from edgeml.report.terminal import print_summary
from tests.report.samples import MAP, sample


def printed(bench):
    out = io.StringIO()
    print_summary(bench, Console(file=out, width=220))
    return out.getvalue()


def test_the_table_has_a_line_for_each_variant_and_target():
    text = printed(sample())
    lines = [line for line in text.splitlines() if " identical " in line or " reference " in line or "max diff" in line]
    assert len(lines) == 12
    assert "tiny-board: DOES NOT FIT: 47.7 % of flash, 103.8 % of RAM" in text
    assert "nucleo-l4r5zi: fits: 1.5 % of flash, 2.6 % of RAM, 64.5 ms" in text


def test_what_did_not_run_is_said():
    bench = BenchFile(
        sample().environment, (Record("[red]m", "int8", "host", RuntimeInfo("", ""), skipped="no [b] gcc"),)
    )
    text = printed(bench)
    assert "int8 on host did not run: no [b] gcc" in text
    assert "[red]m" in text


def test_numbers_read_well():
    assert (f.size(512), f.size(31744), f.size(3 << 20)) == ("512 B", "31.0 KiB", "3.00 MiB")
    assert (f.points(-0.0003), f.points(0.0), f.points(-0.00001), f.points(0.001)) == ("−0.03", "0.00", "0.00", "+0.10")
    assert (f.short(30_123_456), f.short(999), f.short(None)) == ("30.1 M", "999", "–")
    assert (f.p_value(0.0001), f.p_value(0.0625), f.p_value(1.0)) == ("< 0.001", "0.062", "1")
    assert (f.micros(61.2), f.micros(64500)) == ("61.2 µs", "64.5 ms")


def test_ticks_are_round_and_inside():
    assert nice_step(0.47) == 0.1
    assert [t.label for t in ticks(98.93, 99.55, (0, 100))] == ["99.0", "99.2", "99.4"]


def test_boxes_of_the_memory_map_lie_inside_and_do_not_overlap():
    chart = memory_chart(MAP, ["layer"] * 7)
    boxes = chart.marks
    for i, a in enumerate(boxes):
        assert chart.left <= a.x and a.x + a.width <= chart.right + 0.2
        assert chart.top <= a.y and a.y + a.height <= chart.bottom + 0.2
        for b in boxes[:i]:
            apart_x = a.x + a.width <= b.x + 0.2 or b.x + b.width <= a.x + 0.2
            apart_y = a.y + a.height <= b.y + 0.2 or b.y + b.height <= a.y + 0.2
            assert apart_x or apart_y, (a.name, b.name)
