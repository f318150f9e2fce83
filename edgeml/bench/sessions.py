"""Opens a variant on a target: the one place that knows all runnable targets."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Protocol, TypeVar

from edgeml.backends.c99.selection import Optimize
from edgeml.bench.suite import Variant
from edgeml.errors import TargetError
from edgeml.ir import Array
from edgeml.targets.base import Latency, Runtime

T = TypeVar("T")
# targets that are neither cores nor boards
RUNTIMES = ("litert", "onnxruntime", "tflite_micro", "host")


class Session(Protocol):
    """A loaded model on a target."""

    runtime: Runtime

    def run(self, x: Array) -> Array: ...

    def latency(self, x: Array, runs: int, warmup: int) -> Latency | None: ...


def check_target(name: str) -> None:
    """TargetError, with the known names, when `name` is no runtime, core or board."""
    from edgeml.targets.boards import resolve_target

    if name not in RUNTIMES:
        core, _ = resolve_target(name)
        if not core.emulated:
            raise TargetError(
                f"target '{name}': nothing here emulates it. `edgeml targets` lists what can be measured."
            )


def is_emulated(target: str) -> bool:
    """Whether `target` runs instruction by instruction, so that only some samples are affordable."""
    return target not in RUNTIMES


def open_session(variant: Variant, target: str, toolchain: str, optimize: Optimize = "balanced") -> Session:
    """Load `variant` on `target`; EdgeMLError says why when it cannot run here.

    `optimize` is what a core's kernels are chosen for.
    """
    if target == "litert":
        from edgeml.targets.litert_runtime import LiteRTTarget

        return LiteRTTarget(_artefact(variant.litert, variant, target))
    if target == "onnxruntime":
        from edgeml.targets.onnx_runtime import OnnxRuntimeTarget

        return OnnxRuntimeTarget(_artefact(variant.onnx, variant, target))
    if target == "tflite_micro":
        from edgeml.targets.tflite_micro_runtime import TfliteMicroTarget

        return TfliteMicroTarget(_artefact(variant.litert, variant, "litert"))
    _artefact(variant.library, variant, "host")
    from edgeml.backends import c99
    from edgeml.targets.boards import resolve_target
    from edgeml.targets.emulator.target import EmulatedTarget
    from edgeml.targets.host import HostTarget

    # every core, this machine's too, gets its own kernels
    with tempfile.TemporaryDirectory(prefix="edgeml-") as folder:
        machine = resolve_target(target)[0].machine
        manifest = c99.emit(variant.graph, Path(folder) / "c", machine=machine, optimize=optimize)
        if target == "host":
            return HostTarget(Path(folder) / "c", toolchain)
        session = EmulatedTarget(Path(folder) / "c", target, toolchain)
        session.manifest = manifest
        return session


def _artefact(artefact: T | None, variant: Variant, target: str) -> T:
    if artefact is None:
        reason = variant.missing.get(target, "was not exported for it")
        raise TargetError(f"variant '{variant.name}' on {target}: {reason}")
    return artefact
