"""The machine and the packages that a benchmark ran with."""

from __future__ import annotations

import platform
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path

from edgeml import __version__
from edgeml.bench.record import Environment

PACKAGES = (
    "numpy", "ai-edge-litert", "onnx", "onnxruntime", "tflite-micro", "tensorflow", "keras", "tf-keras", "jax",
    "ziglang", "unicorn", "capstone", "pyelftools",
)  # fmt: skip


def environment(date: str | None = None) -> Environment:
    """The present environment; `date` (ISO 8601, UTC) defaults to now."""
    return Environment(
        edgeml=__version__,
        python=platform.python_version(),
        os=platform.platform(terse=True),
        cpu=cpu_model(),
        date=date or datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        packages={name: version for name in PACKAGES if (version := package_version(name))},
    )


def package_version(name: str) -> str:
    """Installed version of a distribution, or an empty string."""
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return ""


def cpu_model() -> str:
    """The CPU's own name where the system tells it, else the architecture."""
    info = Path("/proc/cpuinfo")
    if info.is_file():
        for line in info.read_text(errors="replace").splitlines():
            key, _, value = line.partition(":")
            if key.strip() == "model name" and value.strip():
                return value.strip()
    return platform.processor() or platform.machine()
