"""A small model and data in files, and the command as a function."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from edgeml.backends import litert
from edgeml.cli.main import main
from edgeml.quantize import quantize
from tests.graphs import images, small_cnn


@dataclass
class Outcome:
    code: int
    out: str
    err: str

    def error(self) -> str:
        """The one line on stderr."""
        assert "Traceback" not in self.err
        lines = self.err.strip().splitlines()
        assert len(lines) == 1 and lines[0].startswith("edgeml: "), self.err
        return lines[0]


@pytest.fixture
def edgeml(capfd: pytest.CaptureFixture[str]) -> Callable[..., Outcome]:
    """Run the command in this process; arguments are turned into text."""

    def call(*args: object) -> Outcome:
        with pytest.raises(SystemExit) as stop:
            main([str(a) for a in args])
        captured = capfd.readouterr()
        return Outcome(int(stop.value.code or 0), captured.out, captured.err)

    return call


@pytest.fixture(scope="session")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with float.tflite, int8.tflite and data.npz."""
    folder = tmp_path_factory.mktemp("files")
    graph = small_cnn()
    (folder / "float.tflite").write_bytes(litert.emit(graph, io="float32"))
    (folder / "int8.tflite").write_bytes(litert.emit(quantize(graph, images(64)).graph))
    np.savez(folder / "data.npz", x=images(60), y=np.arange(60) % 4)
    return folder
