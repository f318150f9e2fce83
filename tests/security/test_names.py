"""Names from model files never leave their place: in C, paths, HTML, terminals."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pytest

from edgeml.backends import litert
from edgeml.backends.c99 import emit
from edgeml.backends.c99.names import Names, model_identifier
from edgeml.bench.codec import decode
from edgeml.errors import ModelFormatError
from edgeml.formats.litert import read, write
from edgeml.frontends import load
from edgeml.frontends.litert import LABELS_METADATA, from_litert
from edgeml.ir import Graph
from edgeml.quantize import quantize
from edgeml.text import LONGEST_NAME, clean_message, clean_name
from tests.cli.conftest import edgeml  # noqa: F401
from tests.graphs import images, small_cnn

NASTY = [
    "../../x",
    "/etc/passwd",
    '*/ system("reboot"); /*',
    '"; rm -rf / #',
    "$(reboot) `reboot`",
    "<script>alert(1)</script>",
    "{{ 7 * 7 }} {% raw %}",
    "\x1b[31mred\x1b]0;title\x07",
    "a\0b",
    "two\nlines\r\u2028three",
    "\u202egnp.exe\u200f",
    "[red]x[/red] [/]",
    "\\",
    "??/",
    "x" * 100_000,
    "int",
    "\ud800",
]
ASCII = re.compile(r"[\x20-\x7e\n]*")


@pytest.fixture(scope="module")
def data() -> bytes:
    return litert.emit(quantize(small_cnn(), images(8)).graph)


def renamed(data: bytes, name: str) -> bytes:
    """The model with `name` for its graph, every tensor and every label."""
    name = name.encode("utf-8", "replace").decode()
    model = read(data)
    classes = model.tensors[model.outputs[0]].type.shape[-1]
    labels = "\n".join([name.replace("\n", " ")] * classes).encode()
    tensors = tuple(replace(t, name=name) for t in model.tensors)
    return write(replace(model, name=name, tensors=tensors, metadata={LABELS_METADATA: labels}))


@pytest.mark.parametrize("name", NASTY)
def test_names_are_printable_short_and_unique_in_a_graph(data, name):
    graph = from_litert(renamed(data, name), "x.tflite")
    names = [*graph.tensors, *(n.name for n in graph.nodes), *graph.labels]
    assert all(n.isprintable() and 0 < len(n) < LONGEST_NAME + 8 for n in names)
    assert len({n.name for n in graph.nodes}) == len(graph.nodes)


@pytest.mark.parametrize("name", NASTY)
def test_names_cannot_leave_a_comment_a_string_or_the_folder_of_the_library(data, name, tmp_path):
    graph = replace(from_litert(renamed(data, name), "x.tflite"), name=clean_name(name))
    manifest = emit(graph, tmp_path / "c")
    assert model_identifier(name) == manifest.model
    assert re.fullmatch(r"[a-z0-9_]{1,64}", manifest.model)
    assert {p.relative_to(tmp_path).parts[0] for p in tmp_path.rglob("*")} == {"c"}
    for path in (tmp_path / "c").glob("*.[ch]"):
        text = path.read_text()
        assert ASCII.fullmatch(text)
        # without its comments and strings, nothing of the name is left
        code = re.sub(r'/\*.*?\*/|"(\\.|[^"\\])*"', "", text, flags=re.DOTALL)
        for word in ("system(", "$", "`", "<script", "/etc", "rm -rf", "*/", "/*", "alert(", "{{"):
            assert word not in code


@pytest.mark.needs_cc
def test_c_with_nasty_names_compiles_without_warnings(data, tmp_path):
    from edgeml.targets.host import HostTarget

    name = clean_name("".join(n for n in NASTY if len(n) < 100))
    emit(replace(from_litert(renamed(data, name), "x.tflite"), name=name), tmp_path / "c")
    HostTarget(tmp_path / "c")


@pytest.mark.parametrize("name", NASTY)
def test_what_commands_print_holds_no_escape_sequence(data, name, tmp_path, edgeml):  # noqa: F811
    path = tmp_path / "m.tflite"
    path.write_bytes(renamed(data, name))
    outcome = edgeml("inspect", path)
    assert outcome.code == 0, outcome.err
    assert outcome.out.replace("\n", "").isprintable()
    broken = write(replace(read(renamed(data, name)), inputs=()))
    path.write_bytes(broken)
    outcome = edgeml("inspect", path)
    assert outcome.code == 2 and outcome.err.replace("\n", "").isprintable()


def test_square_brackets_in_names_are_no_markup(data, tmp_path, edgeml):  # noqa: F811
    path = tmp_path / "m.tflite"
    names = from_litert(renamed(litert.emit(small_cnn()), "[red]x[/red] [/]"), "x.tflite")
    path.write_bytes(litert.emit(names))
    np.savez(tmp_path / "d.npz", x=images(8), y=np.arange(8) % 4)
    for command in (("quantize", path, "--data", tmp_path / "d.npz"), ("prune", path)):
        outcome = edgeml(*command, "-o", tmp_path / "o.tflite", "-q")
        assert outcome.code == 0, outcome.err
        assert "[red]x[/red] [/]" in outcome.out


def test_a_path_with_an_escape_sequence_is_shown_without_it():
    with pytest.raises(ModelFormatError) as caught:
        load("/nowhere/\x1b[2Jx.tflite")
    assert "\x1b" not in str(caught.value) and "x.tflite" in str(caught.value)


def test_names_in_html_are_escaped(data):
    from edgeml.bench import record
    from edgeml.report.html import render

    name = "<script>alert(1)</script>\"' onload='x"
    value = {
        "schema": record.SCHEMA,
        "environment": {"edgeml": name, "python": name, "os": name, "cpu": name, "date": name},
        "records": [{"model": name, "variant": name, "target": name, "runtime": {"name": name, "version": name}}],
    }
    page = render(record.from_json(value))
    assert "<script" not in page and "' onload='" not in page and "&lt;script&gt;" in page


def test_text_of_records_is_made_printable():
    assert decode(str, "a\x1b[31mb", "x") == "a\ufffd[31mb"


def test_very_many_equal_names_take_linear_time():
    names = Names()
    taken = {names.take("w", "x" * 100) for _ in range(50_000)}
    assert len(taken) == 50_000
    assert names.take("w", "a/b") == "w_a_b" and names.take("w", "a/b") == "w_a_b_2"
    names.take("w", "c_2"), names.take("w", "c")
    assert names.take("w", "c") == "w_c_3"


def test_cleaning_keeps_letters_of_all_languages_and_the_lines_of_a_message():
    assert clean_name("größe/日本語: שלום") == "größe/日本語: שלום"
    assert clean_message("one\ntwo\x07") == "one\ntwo\ufffd"
    assert len(clean_message("y" * 10**6)) < 10_000


def test_graph_names_do_not_make_paths(data):
    assert isinstance(from_litert(renamed(data, "../../x"), "x.tflite", "../../x"), Graph)
    assert model_identifier("../../x") == "x" and model_identifier("") == "model"
