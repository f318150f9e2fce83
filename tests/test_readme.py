"""What the README says is what the program does."""

from __future__ import annotations

import re
from pathlib import Path

from edgeml.cli.main import make_app
from edgeml.support import markdown

ROOT = Path(__file__).resolve().parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_operator_table_is_the_live_one():
    table = README.split("<!-- ops table -->\n")[1].split("<!-- end of ops table -->")[0]
    assert table == markdown(), "run `edgeml ops --markdown` and paste its output between the markers"


def test_every_command_in_the_readme_exists():
    known = {command.name for command in make_app().registered_commands}
    used = set(re.findall(r"^(?:\$ )?edgeml ([a-z]+)", README, re.MULTILINE)) | set(
        re.findall(r"`edgeml ([a-z]+)", README)
    )
    assert used and used <= known, used - known


def test_every_make_target_in_the_readme_exists():
    makefile = (ROOT / "Makefile").read_text()
    for target in re.findall(r"^make (\w+)", README, re.MULTILINE):
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_every_path_that_the_readme_names_exists():
    for path in re.findall(r"`((?:edgeml|models|datasets|benchmarks|tests|firmware_stub)/[\w./-]*)`", README):
        assert (ROOT / path).exists(), path
