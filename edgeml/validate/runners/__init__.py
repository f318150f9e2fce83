"""The runners that `edgeml validate` compares, as one table, and opening those that a model can use here."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from edgeml.bench.sessions import is_emulated
from edgeml.bench.suite import CPU_TARGETS
from edgeml.errors import EdgeMLError, ToolchainError
from edgeml.ir import Numerics
from edgeml.targets.availability import checks, missing_for
from edgeml.targets.cores import find_core
from edgeml.targets.toolchain import find_toolchain
from edgeml.validate.runners.base import Runner, Subject
from edgeml.validate.runners.emulated import Emulated
from edgeml.validate.runners.host import HostC
from edgeml.validate.runners.litert import LiteRTExport, LiteRTOriginal
from edgeml.validate.runners.onnx import OnnxExport, OnnxOriginal
from edgeml.validate.runners.reference import Reference
from edgeml.validate.runners.tflite_micro import TfliteMicroExport, TfliteMicroOriginal

REFERENCE = Reference.name


@dataclass(frozen=True)
class Entry:
    """A runner of the table: the --target that asks for it, and the suffix of models it is for ("" for any)."""

    target: str
    runner: Callable[[Subject], Runner]
    name: str
    suffix: str = ""


# in the order of the output; the reference is always first
RUNNERS: tuple[Entry, ...] = (
    Entry(REFERENCE, Reference, Reference.name),
    Entry("litert", LiteRTOriginal, LiteRTOriginal.name, ".tflite"),
    Entry("litert", LiteRTExport, LiteRTExport.name),
    Entry("onnxruntime", OnnxOriginal, OnnxOriginal.name, ".onnx"),
    Entry("onnxruntime", OnnxExport, OnnxExport.name),
    Entry("tflite_micro", TfliteMicroOriginal, TfliteMicroOriginal.name, ".tflite"),
    Entry("tflite_micro", TfliteMicroExport, TfliteMicroExport.name),
    Entry("host", HostC, HostC.name),
)
DEFAULT_CORE = "cortex-m4"


@dataclass(frozen=True)
class Skipped:
    """A runner that cannot run this model here, and why; `target` is what would have asked for it."""

    name: str
    target: str
    reason: str


def open_runners(subject: Subject, targets: Sequence[str]) -> tuple[list[Runner], list[Skipped]]:
    """The reference and the runners of `targets` (those of `RUNNERS`, cores, boards), and those that cannot run."""
    suffix = "" if subject.path is None else subject.path.suffix.lower()
    chosen = [e for e in RUNNERS if e.target in (REFERENCE, *targets) and e.suffix in ("", suffix)]
    known = {e.target for e in RUNNERS}
    chosen += [Entry(t, _emulated(t), t) for t in dict.fromkeys(targets) if t not in known]
    runners: list[Runner] = []
    skipped: list[Skipped] = []
    for entry in chosen:
        try:
            runners.append(entry.runner(subject))
        except EdgeMLError as error:
            if entry.target == REFERENCE:
                raise
            skipped.append(Skipped(entry.name, entry.target, str(error)))
    return runners, skipped


def choose_targets(asked: Sequence[str], toolchain: str, numerics: Numerics = Numerics.LITERT) -> tuple[str, ...]:
    """What to run: the names asked for; the runtimes of this machine come along where only cores were named.

    Without names these runtimes, and cortex-m4 where it can be emulated here. TensorFlow Lite Micro is among them where
    the graph has its numerics.
    """
    runtimes = CPU_TARGETS if numerics is Numerics.LITERT else (*CPU_TARGETS, "tflite_micro")
    if asked:
        return (*runtimes, *asked) if all(map(is_emulated, asked)) else tuple(asked)
    missing = missing_for(find_core(DEFAULT_CORE), checks())
    try:
        find_toolchain(toolchain, "arm")
    except ToolchainError:
        return runtimes
    return runtimes if missing else (*runtimes, DEFAULT_CORE)


def _emulated(core: str) -> Callable[[Subject], Runner]:
    return lambda subject: Emulated(subject, core)
