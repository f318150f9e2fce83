"""The C library on this machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from edgeml.backends import c99
from edgeml.ir import Array
from edgeml.targets.cores import CORES
from edgeml.targets.host import HostTarget
from edgeml.validate.contracts import EXACT
from edgeml.validate.runners.base import Runner, Subject, exposed


class HostC(Runner):
    """Compiled with the subject's toolchain; intermediate tensors come from a library that returns them all."""

    name = "host"
    contract = EXACT

    def __init__(self, subject: Subject) -> None:
        self._subject = subject
        folder = subject.folder / "host"
        c99.emit(subject.graph, folder, machine=CORES[self.name].machine)
        self._target = HostTarget(folder, subject.toolchain)
        self.runtime = self._target.runtime

    def call(self, sample: Sequence[Array]) -> Sequence[Array]:
        return self._target.run_all(sample)

    def activations(self, arrays: Sequence[Array]) -> Mapping[str, Array]:
        graph = exposed(self._subject.graph)
        folder = self._subject.folder / "host_instrumented"
        c99.emit(graph, folder, machine=CORES[self.name].machine)
        return dict(zip(graph.outputs, HostTarget(folder, self._subject.toolchain).run_all(arrays), strict=True))
