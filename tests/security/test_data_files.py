"""Broken and hostile .npy, .npz and JSON files end in typed errors, quickly and without much memory."""

from __future__ import annotations

import contextlib
import io
import json
import zipfile

import numpy as np
import pytest

from edgeml.backends.c99.manifest import Manifest
from edgeml.bench import record
from edgeml.data.arrays import read_npy, read_npz
from edgeml.data.numpy_files import parse_npy, parse_npz
from edgeml.errors import DataError, EdgeMLError, ModelFormatError
from edgeml.files import parse_json


def npy(array: np.ndarray) -> bytes:
    stream = io.BytesIO()
    np.save(stream, array)
    return stream.getvalue()


def header(text: str, body: bytes = b"") -> bytes:
    raw = text.encode("latin1")
    return b"\x93NUMPY\x01\x00" + len(raw).to_bytes(2, "little") + raw + body


@pytest.mark.parametrize(
    "array",
    [
        np.arange(24, dtype=np.float32).reshape(2, 3, 4),
        np.asfortranarray(np.arange(12, dtype=">i2").reshape(3, 4)),
        np.array(["cat", "dog"]),
        np.zeros((0, 3)),
        np.array(5.0),
        np.array([True, False]),
    ],
)
def test_arrays_are_read_as_numpy_reads_them(array):
    ours = parse_npy(npy(array), "x")
    assert ours.dtype == array.dtype and ours.shape == array.shape and np.array_equal(ours, array)
    stream = io.BytesIO()
    np.savez_compressed(stream, a=array, **{"b/c": array})
    both = parse_npz(stream.getvalue(), "x")
    assert set(both) == {"a", "b/c"} and np.array_equal(both["b/c"], array)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x93NUMPY",
        b"\x93NUMPY\x09\x00",
        header("{'descr': '<f8', 'fortran_order': False, 'shape': (1000000000000,), }"),
        header("{'descr': '<f8', 'fortran_order': False, 'shape': (-1,), }", bytes(64)),
        header("{'descr': '<f8', 'fortran_order': False, 'shape': (0, 9223372036854775807), }"),
        header("{'descr': '<f8', 'fortran_order': False, 'shape': (True,), }", bytes(4)),
        header("{'descr': '|V0', 'fortran_order': False, 'shape': (99999999,), }"),
        header("{'descr': '|O', 'fortran_order': False, 'shape': (1,), }", b"cos\nsystem\n(S'false'\ntR."),
        header("{'descr': [('a', '<f8')], 'fortran_order': False, 'shape': (1,), }", bytes(8)),
        header("{'descr': '<f8', 'fortran_order': False, 'shape': " + "(" * 3000 + ")" * 3000 + ", }"),
        header("__import__('os').system('false')"),
        header("{'descr': 'x', 'fortran_order': 3}"),
    ],
)
def test_broken_arrays_are_refused(data, tmp_path):
    with pytest.raises(DataError):
        parse_npy(data, "x")
    (tmp_path / "a.npy").write_bytes(data)
    with pytest.raises(DataError, match=r"a\.npy"):
        read_npy(tmp_path / "a.npy")


def test_every_damage_of_an_archive_is_a_typed_error_or_an_array():
    stream = io.BytesIO()
    np.savez_compressed(stream, x=np.arange(200.0), y=np.arange(3))
    data = stream.getvalue()
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(600):
        damaged = bytearray(data)
        for position in rng.integers(0, len(data), 3):
            damaged[position] = rng.integers(0, 256)
        try:
            parse_npz(bytes(damaged[: rng.integers(1, 2 * len(data))]), "x")
        except DataError:
            refused += 1
    assert refused > 300


def test_a_zip_bomb_is_refused_before_it_unpacks(tmp_path):
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("x.npy", "w") as member:
        member.write(header("{'descr': '|u1', 'fortran_order': False, 'shape': (167772160,), }"))
        for _ in range(256):
            member.write(bytes(1 << 20))
    (tmp_path / "bomb.npz").write_bytes(stream.getvalue())
    with pytest.raises(DataError, match="unpacks to far more"):
        read_npz(tmp_path / "bomb.npz")


@pytest.mark.parametrize("text", [b"[" * 100_000, b"{", b"\xff", b"9" * 10_000, b""])
def test_json_that_is_none_is_refused(text, tmp_path):
    with pytest.raises(ModelFormatError, match=r"Look\.$"):
        parse_json(text, "file 'x'", "Look.")
    (tmp_path / "r.json").write_bytes(text)
    with pytest.raises(ModelFormatError, match=r"r\.json"):
        record.read(tmp_path / "r.json")


def _broken(value, rng):
    """A JSON value with one part replaced."""
    junk = [None, -1, 2**70, 1e308, float("inf"), float("nan"), "", "x", [], {}, True, [[[]]], 10**400]
    if isinstance(value, dict) and value and rng.random() < 0.9:
        key = sorted(value)[rng.integers(len(value))]
        if rng.random() < 0.1:
            return {k: v for k, v in value.items() if k != key}
        return {**value, key: _broken(value[key], rng)}
    if isinstance(value, list) and value and rng.random() < 0.9:
        i = int(rng.integers(len(value)))
        return [*value[:i], _broken(value[i], rng), *value[i + 1 :]]
    return junk[rng.integers(len(junk))]


def test_broken_manifests_are_typed_errors_or_manifests(tmp_path):
    from edgeml.backends.c99 import emit
    from edgeml.targets.emulator.library import read_library
    from tests.graphs import small_cnn

    value = json.loads(json.dumps(emit(small_cnn(), tmp_path / "c").to_json()))
    rng = np.random.default_rng(1)
    outcomes = {"read": 0, "refused": 0}
    for _ in range(500):
        broken = _broken(value, rng)
        try:
            Manifest.from_json(broken)
            outcomes["read"] += 1
        except EdgeMLError:
            outcomes["refused"] += 1
        (tmp_path / "c" / "manifest.json").write_text(json.dumps(broken))
        with contextlib.suppress(EdgeMLError):
            read_library(tmp_path / "c")
    assert min(outcomes.values()) > 50


@pytest.mark.parametrize("field", ["model", "sources"])
def test_a_manifest_cannot_name_files_outside_the_library(field, tmp_path):
    from edgeml.backends.c99 import emit
    from tests.graphs import small_cnn

    value = emit(small_cnn(), tmp_path / "c").to_json()
    for bad in ("../../x", "/tmp/x.c", "kernels/../../x.c", "a b.c", "x.c\n"):
        broken = {**value, field: bad if field == "model" else [bad]}
        with pytest.raises(ModelFormatError):
            Manifest.from_json(broken)


def test_broken_records_are_typed_errors_or_records_that_can_be_shown():
    from edgeml.report.html import render
    from tests.report.samples import sample

    value = json.loads(json.dumps(record.to_json(sample())))
    rng = np.random.default_rng(2)
    outcomes = {"read": 0, "refused": 0}
    for i in range(150):
        try:
            bench = record.from_json(_broken(value, rng))
            outcomes["read"] += 1
            if i % 50 == 0:
                render(bench)
        except EdgeMLError:
            outcomes["refused"] += 1
    assert min(outcomes.values()) > 5
