"""The C library as firmware on an emulated core."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from edgeml.backends import c99
from edgeml.backends.c99.manifest import Manifest
from edgeml.ir import Array, Graph
from edgeml.ops import OPS
from edgeml.targets.boards import resolve_target
from edgeml.targets.emulator.target import EmulatedTarget, Profile
from edgeml.validate.contracts import EXACT
from edgeml.validate.runners.base import Advance, Run, Runner, Subject

# some minutes: emulated cores run 200 to 400 million instructions a second
INSTRUCTION_BUDGET = 60_000_000_000


class Emulated(Runner):
    """Plain runs without any hook; intermediate tensors are read from the arena each time a layer has returned.

    Tensors between layers that run row by row are never whole there, so they are not among them.
    """

    contract = EXACT

    def __init__(self, subject: Subject, core: str) -> None:
        self.name, self._graph = core, subject.graph
        folder = subject.folder / "firmware"
        machine = resolve_target(core)[0].machine
        self._manifest: Manifest = c99.emit(subject.graph, folder, machine=machine, optimize=subject.optimize)
        self._target = EmulatedTarget(folder, core, subject.toolchain)
        self.runtime = self._target.runtime
        self.profile: Profile | None = None

    def call(self, sample: Sequence[Array]) -> Sequence[Array]:
        return [self._target.run(sample[0])]

    def run(self, arrays: Sequence[Array], advance: Advance) -> Run:
        # the host's clock says nothing about the core
        return Run(super().run(arrays, advance).outputs, np.empty(0))

    def affordable(self, arrays: Sequence[Array]) -> int:
        """As many samples as the budget of instructions holds: the same number on every machine."""
        self.profile = self._target.profile(arrays[0][0])
        return int(np.clip(INSTRUCTION_BUDGET // self.profile.instructions, 1, len(arrays[0])))

    def activations(self, arrays: Sequence[Array]) -> Mapping[str, Array]:
        rows = [self._trace(sample) for sample in arrays[0]]
        return {name: np.stack([row[name] for row in rows]) for name in rows[0]}

    def _trace(self, sample: Array) -> dict[str, Array]:
        """All activations of one sample."""
        graph = self._graph
        entries = self._manifest.memory_map
        places = {n: e.offset + shift for e in entries for n, shift in {e.tensor: 0, **e.views}.items()}
        found: dict[str, Array] = {}
        written = _layer_outputs(graph, self._manifest)
        for names, arena in zip(written, self._target.trace(sample), strict=True):
            for name in names:
                # a state's new value may be written to the caller's state: it is left out
                if name in places:
                    found[name] = _view(graph, name, arena[places[name] :])
        called = {layer.name for layer in self._manifest.layers}
        for bound in graph.bound():
            # a reshape, slice or join without a call shares the memory of its inputs
            sources = [sample if n in graph.inputs else found.get(n) for n in bound.node.inputs]
            if bound.name not in called and all(s is not None for s in sources):
                rows = [np.asarray(s)[np.newaxis] for s in sources]
                found[bound.output.name] = OPS[bound.node.op].reference(bound, *rows)[0][0]
        return found


def _layer_outputs(graph: Graph, manifest: Manifest) -> list[tuple[str, ...]]:
    """The tensors that each step of the library leaves whole in memory."""
    outputs = {node.name: node.outputs for node in graph.nodes}
    windows = {e.tensor for e in manifest.memory_map if e.rows}
    starts = {s.first: s for s in manifest.streams}
    found, i = [], 0
    while i < len(manifest.layers):
        end = (starts[i].last if i in starts else i) + 1
        names = [n for layer in manifest.layers[i:end] for n in outputs[layer.name]]
        found.append(tuple(n for n in names if n not in windows))
        i = end
    return found


def _view(graph: Graph, name: str, data: bytes) -> Array:
    type_ = graph.tensor(name).type
    return np.frombuffer(data[: type_.nbytes], type_.dtype.numpy).reshape(type_.shape[1:])
