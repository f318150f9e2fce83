"""Options and markers of the test suite; a skip always says what is missing."""

from __future__ import annotations

import os
import shutil
import tempfile
from pathlib import Path

import pytest

from edgeml.extras import available
from tests.ops.kernel_objects import FOLDER

SHARED = Path(__file__).resolve().parent.parent.parent / "shared"


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite the golden files instead of comparing")


def pytest_configure(config: pytest.Config) -> None:
    """One folder for compiled kernels, which the workers of pytest-xdist and all other processes inherit."""
    if FOLDER not in os.environ:
        os.environ[FOLDER] = tempfile.mkdtemp(prefix="edgeml-objects-")
        config.add_cleanup(lambda: shutil.rmtree(os.environ.pop(FOLDER)))


_NEEDS = {
    "needs_gcc": (lambda: shutil.which("arm-none-eabi-gcc"), "arm-none-eabi-gcc is not installed"),
    "needs_qemu": (lambda: shutil.which("qemu-system-arm"), "qemu-system-arm is not installed"),
    "needs_cc": (lambda: available("ziglang") or shutil.which("gcc"), "no host C compiler (zig or gcc) is installed"),
    "needs_shared": (SHARED.is_dir, "the folder of shared models and data is not beside the project"),
    "needs_tensorflow": (lambda: available("tensorflow"), "TensorFlow is not installed"),
    "needs_tflite_micro": (lambda: available("tflite_micro"), "tflite_micro is not installed"),
    "needs_jax": (lambda: available("jax"), "JAX is not installed"),
    "needs_torch": (lambda: available("torch") and available("onnxscript"), "PyTorch or onnxscript is not installed"),
    "needs_sklearn": (
        lambda: available("sklearn") and available("skl2onnx"),
        "scikit-learn or skl2onnx is not installed",
    ),
}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    missing = {name: reason for name, (check, reason) in _NEEDS.items() if not check()}
    for item in items:
        for name, reason in missing.items():
            if item.get_closest_marker(name):
                item.add_marker(pytest.mark.skip(reason=reason))
    # whole builds take longest, so they must not be what a worker begins last
    items.sort(key=lambda item: item.path.parent.name != "e2e")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """What tests measured, given with record_property("figure", text)."""
    reports = [*terminalreporter.getreports("passed"), *terminalreporter.getreports("failed")]
    figures = [str(value) for report in reports for name, value in report.user_properties if name == "figure"]
    if figures:
        terminalreporter.section("figures")
        terminalreporter.write_line("\n".join(sorted(figures)))


@pytest.fixture
def shared() -> Path:
    return SHARED


@pytest.fixture
def update_golden(request: pytest.FixtureRequest) -> bool:
    return bool(request.config.getoption("--update-golden"))
