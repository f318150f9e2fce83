"""Two sets of records: pairs, changes by figure and layer, records of before."""

import io
import json
from dataclasses import replace

import pytest
from rich.console import Console

from edgeml.bench.record import BenchFile, from_json, to_json
from edgeml.report.comparison import compare, print_comparison
from edgeml.report.terminal import print_layers
from tests.report.samples import sample


@pytest.fixture
def later() -> BenchFile:
    """The sample's emulated int8 record, one layer with another kernel and half the instructions."""
    bench = sample()
    record = next(r for r in bench.records if r.variant == "int8" and r.target == "cortex-m4")
    layers = [replace(x, kernel=f"{x.op}_s8") for x in record.layers]
    saved = layers[2].instructions // 2
    layers[2] = replace(layers[2], kernel="conv_2d_dsp_s8", instructions=layers[2].instructions - saved)
    memory = replace(record.memory, flash=record.memory.flash + 400)
    record = replace(
        record, layers=tuple(layers), instructions=record.instructions - saved, memory=memory, optimize="balanced"
    )
    return replace(bench, records=(record,))


def printed(earlier, later):
    out = io.StringIO()
    print_comparison(earlier, later, Console(file=out, width=200))
    return out.getvalue()


def before(later, **changes):
    """The records as an edgeml of before wrote them: no kernels, no aim."""
    value = json.loads(json.dumps(to_json(later)))
    for record in value["records"]:
        del record["optimize"]
        record.update(changes)
        for layer in record["layers"]:
            del layer["kernel"]
    return from_json(value)


def test_the_changed_layer_is_named_with_its_kernels_and_figures(later):
    base = replace(later, records=(replace(later.records[0], layers=tuple(
        replace(x, kernel="conv_2d_s8", instructions=2 * x.instructions) if i == 2 else x
        for i, x in enumerate(later.records[0].layers)
    )),))  # fmt: skip
    (pair,), alone = compare(base, later)
    assert not alone
    changed = [c for c in pair.layers if c.changed]
    assert [c.name for c in changed] == ["sequential/conv_1/Conv2D"]
    assert changed[0].what == "conv_2d_s8 → conv_2d_dsp_s8"
    text = printed(base, later)
    assert "−50.0 %" in text and "1 of 7 layers changed" in text


def test_records_of_before_compare_too(later):
    text = printed(before(later), later)
    assert "nothing changed" in text
    text = printed(before(later, instructions=2 * later.records[0].instructions), later)
    assert "instructions" in text and "−50.0 %" in text


def test_figures_that_changed_are_shown_and_others_not(later):
    (pair,), _ = compare(sample(), later)
    assert {c.name for c in pair.figures if c.changed} == {"instructions", "flash, bytes"}
    text = printed(sample(), later)
    assert "31,232" in text and "31,632" in text and "+1.3 %" in text
    assert "arena" not in text


def test_a_layer_that_came_or_went_is_said(later):
    record = later.records[0]
    shorter = replace(later, records=(replace(record, layers=record.layers[:-1]),))
    assert "(new)" in printed(shorter, later) and "(gone)" in printed(later, shorter)


def test_another_compiler_or_aim_is_another_thing(later):
    record = later.records[0]
    gcc = replace(record, runtime=replace(record.runtime, compiler="arm-none-eabi-gcc 12.2.1"))
    assert "not among the earlier records" in printed(replace(later, records=(gcc,)), later)
    newer = replace(record, runtime=replace(record.runtime, compiler="zig cc 9.9.9"))
    assert "nothing changed" in printed(replace(later, records=(newer,)), later)
    size = replace(record, optimize="size")
    assert "not among the earlier records" in printed(replace(later, records=(size,)), later)
    both = replace(later, records=(replace(size, instructions=1), record))
    assert "nothing changed" in printed(both, later)


def test_records_without_a_core_say_so(later):
    bench = sample()
    hosts = replace(bench, records=tuple(r for r in bench.records if r.instructions is None))
    assert "no record has counted instructions" in printed(hosts, hosts)


def test_layers_are_listed_with_kernel_share_and_instructions_a_mac(later):
    out = io.StringIO()
    print_layers(later, Console(file=out, width=200))
    text = out.getvalue()
    row = next(line for line in text.splitlines() if "sequential/conv_1/Conv2D" in line)
    record, layer = later.records[0], later.records[0].layers[2]
    assert row.split()[2] == "conv_2d_dsp_s8"
    assert f"{layer.instructions:,}" in row and f"{layer.instructions / layer.macs:.2f}" in row
    assert f"{100 * layer.instructions / record.instructions:.1f} %" in row
    assert f"{record.instructions:,} instructions" in text


def test_layers_of_records_of_before_show_the_operator(later):
    out = io.StringIO()
    print_layers(before(later), Console(file=out, width=200))
    assert "max_pool_2d" in out.getvalue()
