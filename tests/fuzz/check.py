"""What a mutated file may do: end in a typed error, or become a graph that every backend takes or refuses."""

from __future__ import annotations

import signal
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from edgeml.backends import litert
from edgeml.backends.c99.layers import build_program
from edgeml.backends.c99.selection import PORTABLE, choose
from edgeml.errors import EdgeMLError
from edgeml.frontends.litert import from_litert
from edgeml.ir import Graph
from edgeml.passes import canonicalize

# seconds of processor time for one file, from its bytes to C
LIMIT = 5.0
# C text of larger constants is correct when that of small ones is; it only takes time
_C_BYTES = 1 << 16


class Hang(BaseException):
    """More than LIMIT seconds; no handler of ordinary exceptions catches it."""


def load(kind: str, data: bytes) -> Graph:
    """The graph of a file of format `kind`."""
    if kind == "onnx":
        from edgeml.frontends.onnx import from_onnx

        return from_onnx(data, "fuzzed.onnx")
    return from_litert(data, "fuzzed.tflite")


def outcome(kind: str, data: bytes) -> str:
    """ "graph", "graph, not C", or the name of the typed error. Raises whatever else happens."""
    with warnings.catch_warnings(), _limit(LIMIT):
        # a warning of NumPy says that values were computed that nobody checked
        warnings.simplefilter("error")
        try:
            graph = canonicalize(load(kind, data))
        except EdgeMLError as error:
            str(error)
            return type(error).__name__
        reached = "graph"
        try:
            litert.emit(graph)
        except EdgeMLError:
            reached = "graph, not LiteRT"
        try:
            if sum(t.type.nbytes for t in graph.constants) <= _C_BYTES:
                ports = (*graph.inputs, *graph.outputs)
                build_program(graph, "m", {name: f"p{i}" for i, name in enumerate(ports)}, choose(graph, PORTABLE))
        except EdgeMLError:
            reached = "graph, not C"
        return reached


@contextmanager
def _limit(seconds: float) -> Iterator[None]:
    def stop(signum: int, frame: FrameType | None) -> None:
        raise Hang(f"more than {seconds:g} s")

    before = signal.signal(signal.SIGPROF, stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    start = time.process_time()
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.signal(signal.SIGPROF, before)
    # a signal waits for NumPy to come back
    if time.process_time() - start > seconds:
        raise Hang(f"{time.process_time() - start:.1f} s")
