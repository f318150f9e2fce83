import json
from dataclasses import replace

import pytest

from edgeml.bench.record import Layer, Record, RuntimeInfo, from_json, read, save, to_json
from edgeml.bench.record_explanation import Explanation, Flip
from edgeml.errors import ModelFormatError
from tests.report.samples import sample


def test_records_survive_json(tmp_path):
    bench = sample()
    path = save(tmp_path / "r.json", bench)
    assert read(path) == bench


def test_equal_records_give_equal_bytes(tmp_path):
    first = save(tmp_path / "a.json", sample()).read_bytes()
    assert save(tmp_path / "b.json", sample()).read_bytes() == first


def test_the_design_s_fields_are_there():
    value = to_json(sample())
    assert value["schema"] == "edgeml.bench/1"
    record = value["records"][7]
    assert set(record) >= {
        "model", "variant", "target", "runtime", "accuracy", "latency", "instructions", "cycles", "cycles_model",
        "memory", "agreement", "layers",
    }  # fmt: skip
    fields = {"metric", "value", "n", "ci95", "float_value", "delta", "flips", "mcnemar_p"}
    assert set(record["accuracy"]) == fields | {"delta_ci95", "mae", "r2"}
    assert set(record["memory"]) >= {"flash", "code", "weights", "ram", "arena", "stack"}
    assert set(record["agreement"]) == {"reference", "samples", "mismatched_outputs", "max_abs_diff"}


def test_infinite_sqnr_becomes_null():
    record = Record("m", "int8", "host", RuntimeInfo("host", ""), layers=(Layer("a", "add", 0, sqnr_db=float("inf")),))
    assert to_json(type(sample())(sample().environment, (record,)))["records"][0]["layers"][0]["sqnr_db"] is None


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda v: v.update(schema="edgeml.bench/2"), "schema must be 'edgeml.bench/1'"),
        (lambda v: v["records"][3].pop("target"), r"'file.records\[3\]' has no 'target'"),
        (
            lambda v: v["records"][0]["layers"][1].update(macs="many"),
            r"records\[0\].layers\[1\].macs' must be an integer",
        ),
        (lambda v: v["records"][0]["accuracy"].update(ci95=[0.1]), "ci95' must have 2 entries"),
        (lambda v: v["records"][0].update(layers={}), "layers' must be a list"),
        (lambda v: v["environment"].update(packages=[]), "packages' must be an object"),
    ],
)
def test_wrong_fields_are_named_with_their_place(change, message):
    value = json.loads(json.dumps(to_json(sample())))
    change(value)
    with pytest.raises(ModelFormatError, match=message):
        from_json(value)


def test_unknown_fields_are_ignored():
    value = to_json(sample())
    value["records"][0]["new"] = 1
    assert from_json(value) == sample()


@pytest.mark.parametrize(
    "picture", ["javascript:alert(1)", "data:image/png;base64,AA\u2026", "data:text/html;base64,AA=="]
)
def test_a_picture_is_a_png_or_refused(picture):
    why = Explanation(1, None, "", (), (), (Flip(0, "a", "a", "b", 0.0, "data:image/png;base64,AA=="),))
    bench = sample()
    value = to_json(replace(bench, records=(replace(bench.records[0], explanation=why),)))
    from_json(value)
    value["records"][0]["explanation"]["flips"][0]["picture"] = picture
    with pytest.raises(ModelFormatError, match=r"flips\[0\]\.picture' must be a PNG"):
        from_json(value)
