"""What the page makes of an explanation: pictures that a browser shows, folded layers, reasons that wrap."""

import re
from dataclasses import replace

import numpy as np

from edgeml.bench.record import BenchFile, read, save
from edgeml.bench.record_explanation import ClassLoss, Explanation, Flip, LayerLoss
from edgeml.explain.pictures import picture
from edgeml.report.explanation import by_cost
from edgeml.report.html import render
from tests.report.samples import sample
from tests.report.test_html import check

REASON = "nearly constant inputs: rounding the weights is an offset."


def losses(count: int) -> tuple[LayerLoss, ...]:
    """The first layers cost, the last one of them for a reason; the others next to nothing."""
    return tuple(
        LayerLoss(
            f"layer {i}", "conv_2d", 20.0, 30.0, {0: 0.6, 1: 0.3}.get(i, 0.001), 0.0, 0, 25.0 if i == 1 else None,
            reasons=(REASON,) if i == count - 1 else (),
        )
        for i in range(count)
    )  # fmt: skip


def explained(count: int = 30) -> BenchFile:
    """The sample with an explanation: a flip with a photo as large as a model's input, and one without."""
    photo = picture(np.random.default_rng(0).random((96, 96, 3)).astype(np.float32))
    flips = (Flip(4, "cat", "cat", "dog", 0.1, photo), Flip(7, "dog", "cat", "dog", 0.2))
    why = Explanation(60, 20.0, "'layer 0' costs most.", losses(count), (ClassLoss("cat", 30, 20, 19, 1),), flips)
    bench = sample()
    return replace(bench, records=(replace(bench.records[4], explanation=why), *bench.records[5:]))


def test_a_browser_may_show_the_pictures_and_fetches_nothing() -> None:
    page = render(explained())
    (address,) = check(page).addresses
    assert len(address) > 10_000 and address.startswith("data:image/png;base64,")
    (policy,) = re.findall(r'http-equiv="Content-Security-Policy" content="([^"]+)"', page)
    rules = dict(rule.split(maxsplit=1) for rule in policy.split("; "))
    assert rules == {"default-src": "'none'", "style-src": "'unsafe-inline'", "img-src": "data:"}


def test_pictures_survive_the_records_file(tmp_path) -> None:
    bench = explained()
    assert read(save(tmp_path / "r.json", bench)) == bench


def test_who_was_right_before_and_after_is_said() -> None:
    page = render(explained())
    text = " ".join("".join(check(page).text).split())
    assert "cat #4cat → dog" in text and '<span class="bad">dog</span>' in page
    # without a picture it is named in a line
    assert "#7 dog: cat → dog" in text


def test_layers_that_hardly_cost_anything_are_folded_away() -> None:
    costly, others = by_cost(explained().records[0].explanation)
    assert [x.name for x in costly] == ["layer 0", "layer 1", "layer 29"]
    assert len(others) == 27
    page = render(explained())
    assert check(page).names >= {"details", "summary"}
    assert page.index("layer 29") < page.index("<details>") < page.index("layer 28")
    assert "27 more layers, 2.7 % of the error together" in page
    # a small model is shown whole
    assert by_cost(explained(12).records[0].explanation)[1] == ()
    assert "<details>" not in render(explained(12))


def test_a_reason_has_a_row_of_its_own() -> None:
    page = render(explained())
    assert page.count(f'<tr class="why"><td colspan="10">{REASON}</td></tr>') == 1
    assert "Why" not in page


def test_a_core_without_modelled_cycles_has_no_empty_columns() -> None:
    def timeless(record):
        boards = tuple(replace(b, ms=None) for b in record.boards)
        layers = tuple(replace(x, cycles=None) for x in record.layers)
        return replace(record, cycles=None, cycles_model=None, layers=layers, boards=boards)

    bench = sample()
    assert render(bench).count(">Cycles<") == 2 and ">Inference<" in render(bench)
    page = render(replace(bench, records=tuple(map(timeless, bench.records))))
    text = "".join(check(page).text)
    assert "Cycles" not in text and "Inference" not in text and "Boards" in text
    for line in re.findall(r"<table.*?</table>", page, re.S):
        cells = [len(re.findall(r"<t[dh]\b", row)) for row in re.findall(r"<tr.*?</tr>", line, re.S)]
        assert len(set(cells)) == 1, cells
