"""What every runner offers: outputs for samples one by one, how long each took, and all intermediate tensors."""

from __future__ import annotations

import time
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Protocol

import numpy as np

from edgeml.backends.c99.selection import Optimize
from edgeml.ir import Array, Graph, Tensor
from edgeml.targets.base import Runtime
from edgeml.targets.litert_runtime import Resolver
from edgeml.targets.samples import InputSpec, check_samples
from edgeml.validate.contracts import Contract

Advance = Callable[[int], None]


@dataclass(frozen=True, eq=False)
class Subject:
    """The model under test: its canonical graph, and the file it came from (path None for a graph of Python's).

    `folder` takes generated libraries; `resolver` is LiteRT's ("default" or "ref"); `bind` holds the inputs of an
    original .onnx that are constants of the graph, `optimize` is what the kernels of emulated cores are chosen for.
    """

    graph: Graph
    folder: Path
    path: Path | None = None
    toolchain: str = "zig"
    resolver: Resolver = "default"
    bind: Mapping[str, Array] = field(default_factory=dict)
    optimize: Optimize = "balanced"

    def original(self, suffix: str) -> bytes | None:
        """The bytes of the original file when it has this suffix."""
        if self.path is None or self.path.suffix.lower() != suffix:
            return None
        return self.path.read_bytes()


@dataclass(frozen=True, eq=False)
class Run:
    """Outputs (N, …) in the graph's order, and microseconds for each sample (empty where time means nothing)."""

    outputs: tuple[Array, ...]
    micros: Array


class Loaded(Protocol):
    """What a .tflite runtime offers for a loaded file."""

    inputs: tuple[InputSpec, ...]
    runtime: Runtime

    def run_all(self, arrays: Sequence[Array]) -> tuple[Array, ...]: ...

    def run_once(self, arrays: Sequence[Array]) -> tuple[Array, ...]: ...

    def reset(self) -> None: ...


class Runner(ABC):
    """A loaded model. Arrays are (N, …), one for each graph input, in the graph's own types and layout.

    A new runner is a subclass with these three attributes, `call` and `activations`, and a line in `RUNNERS`.
    Constructors take a Subject and raise EdgeMLError when the model cannot run there.
    """

    name: str
    contract: Contract
    runtime: Runtime

    @abstractmethod
    def call(self, sample: Sequence[Array]) -> Sequence[Array]:
        """All outputs for one sample, (1, …) each."""

    @abstractmethod
    def activations(self, arrays: Sequence[Array]) -> Mapping[str, Array]:
        """The outputs (N, …) of all nodes by tensor name, and the graph's outputs; those that the runner knows."""

    def run(self, arrays: Sequence[Array], advance: Advance) -> Run:
        """Every sample, one call each, with one clock reading around it."""
        count, rows = len(arrays[0]), []
        micros = np.empty(count)
        for i in range(count):
            sample = [a[i : i + 1] for a in arrays]
            start = time.perf_counter_ns()
            rows.append(self.call(sample))
            micros[i] = (time.perf_counter_ns() - start) / 1000.0
            advance(1)
        return Run(tuple(np.concatenate(column) for column in zip(*rows, strict=True)), micros)

    def affordable(self, arrays: Sequence[Array]) -> int:
        """How many of the samples this runner can take in reasonable time."""
        return len(arrays[0])


def input_specs(graph: Graph) -> tuple[InputSpec, ...]:
    """What the graph takes, for `check_samples`."""
    return tuple(InputSpec(t.name, t.shape, t.dtype.numpy) for t in graph.input_tensors)


def check_arrays(graph: Graph, arrays: Sequence[Array]) -> list[Array]:
    """The arrays, contiguous; DataError when one does not fit the graph."""
    return check_samples(input_specs(graph), arrays)


def exposed(graph: Graph) -> Graph:
    """The graph with every activation as an output, after its own outputs."""
    computed = [name for node in graph.nodes for name in node.outputs]
    return replace(graph, outputs=tuple(dict.fromkeys((*graph.outputs, *computed))), labels=())


def cut_at(graph: Graph, name: str) -> Graph:
    """The part of the graph that computes `name`, its only output."""
    needed, nodes = {name, *(s.output for s in graph.states)}, []
    for node in reversed(graph.nodes):
        if needed & set(node.outputs):
            nodes.append(node)
            needed.update(node.inputs)
    inputs = tuple(n for n in graph.inputs if n in needed)
    return replace(graph, inputs=inputs, outputs=(name,), labels=()).with_nodes(tuple(reversed(nodes)))


def computed_tensors(graph: Graph) -> tuple[Tensor, ...]:
    """The outputs of all nodes, in execution order."""
    return tuple(graph.tensor(name) for node in graph.nodes for name in node.outputs)
