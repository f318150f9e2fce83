"""What this machine can do: runtimes, compilers, emulators, frameworks, and how to get what is missing."""

from __future__ import annotations

import importlib.metadata
import shutil
from dataclasses import dataclass

from edgeml.errors import ToolchainError
from edgeml.extras import available
from edgeml.targets import qemu
from edgeml.targets.cores import Core
from edgeml.targets.toolchain import Kind, find_toolchain


@dataclass(frozen=True)
class Check:
    """One thing that may be here: `version` is empty when it is not, and `remedy` says how to get it."""

    kind: str
    name: str
    purpose: str
    version: str
    remedy: str

    @property
    def present(self) -> bool:
        return bool(self.version)


# kind, distribution, module, purpose, extra ("" is the core installation)
_PACKAGES = (
    ("runtime", "ai-edge-litert", "ai_edge_litert", "run .tflite (--target litert), read and write .tflite", ""),
    ("runtime", "onnxruntime", "onnxruntime", "run .onnx (--target onnxruntime)", ""),
    ("runtime", "tflite-micro", "tflite_micro", "run .tflite as devices do (--target tflite_micro)", "tflm"),
    ("runtime", "onnx", "onnx", "write .onnx", ""),
    ("emulator", "unicorn", "unicorn", "run firmware on emulated cores (--target cortex-m4 …)", "device"),
    ("emulator", "capstone", "capstone", "cycles of emulated cores", "device"),
    ("emulator", "pyelftools", "elftools", "flash and RAM of firmware, costs for each layer", "device"),
    ("framework", "tensorflow", "tensorflow", "train and convert Keras models (edgeml train, build)", "keras"),
    ("framework", "jax", "jax", "train and convert JAX models (edgeml train, build)", "jax"),
    ("framework", "tf-keras", "tf_keras", "read models of Keras 2 (.h5, .keras)", "keras"),
    ("framework", "h5py", "h5py", "read stored Keras models (.h5, .keras)", "keras"),
    ("framework", "torch", "torch", "read PyTorch modules (edgeml.load)", "torch"),
    ("framework", "onnxscript", "onnxscript", "export PyTorch modules to ONNX", "torch"),
    ("framework", "scikit-learn", "sklearn", "read scikit-learn models (edgeml.load)", "sklearn"),
    ("framework", "skl2onnx", "skl2onnx", "convert scikit-learn models to ONNX", "sklearn"),
    ("package", "matplotlib", "matplotlib", "charts in documents", "report"),
    ("package", "pillow", "PIL", "data sets in folders of images", "images"),
)  # fmt: skip

_TOOLCHAINS: tuple[tuple[str, Kind, str, str, str], ...] = (
    ("zig", "arm", "zig cc", "compile for the host and for every core (--toolchain zig)", "device"),
    ("gcc", "host", "gcc", "compile for the host (--toolchain gcc)", "apt install gcc"),
    ("gcc", "arm", "arm-none-eabi-gcc", "compile for the cores (--toolchain gcc)", "apt install gcc-arm-none-eabi"),
)

_TOOLS = (("make", "build firmware_stub by hand", "apt install make"),)
_QEMU = "run and count firmware for cortex-m55 (--target cortex-m55)"


def checks() -> tuple[Check, ...]:
    """Everything that edgeml can use, present or not; imports none of it."""
    packages, toolchains = (_package(*p) for p in _PACKAGES), (_toolchain(*t) for t in _TOOLCHAINS)
    return (*packages, _qemu(), *toolchains, *(_tool(*t) for t in _TOOLS))


def missing_for(target: str | Core, found: tuple[Check, ...]) -> tuple[str, ...]:
    """Names of what keeps a runtime ("litert", "onnxruntime") or a core from running here; empty when nothing does."""
    present = {c.name for c in found if c.present}
    if isinstance(target, str):
        return tuple(
            n
            for n in {"litert": ("ai-edge-litert",), "tflite_micro": ("tflite-micro",)}.get(target, (target,))
            if n not in present
        )
    gcc = "gcc" if target.name == "host" else "arm-none-eabi-gcc" if target.gcc_flags else None
    compilers = ("zig cc", gcc) if gcc else ("zig cc",)
    missing = () if present & set(compilers) else (" or ".join(compilers),)
    if target.name == "host":
        return missing
    if not target.emulated:
        return (*missing, "an emulator for this core")
    needed = (qemu.COMMAND, "pyelftools") if target.emulator == "qemu" else ("unicorn", "capstone", "pyelftools")
    return (*missing, *(n for n in needed if n not in present))


def _package(kind: str, distribution: str, module: str, purpose: str, extra: str) -> Check:
    version = ""
    if available(module):
        try:
            version = importlib.metadata.version(distribution)
        except importlib.metadata.PackageNotFoundError:
            version = "unknown version"
    return Check(kind, distribution, purpose, version, _pip(extra))


def _toolchain(name: str, kind: Kind, title: str, purpose: str, remedy: str) -> Check:
    try:
        version = find_toolchain(name, kind).version
    except ToolchainError:
        version = ""
    return Check("compiler", title, purpose, version, _pip(remedy) if name == "zig" else remedy)


def _qemu() -> Check:
    try:
        version = qemu.find_qemu()
    except ToolchainError:
        version = ""
    return Check("emulator", qemu.COMMAND, _QEMU, version, qemu.REMEDY)


def _tool(name: str, purpose: str, remedy: str) -> Check:
    return Check("tool", name, purpose, "found" if shutil.which(name) else "", remedy)


def _pip(extra: str) -> str:
    return f"pip install 'edgeml-compiler[{extra}]'" if extra else "pip install edgeml-compiler"
