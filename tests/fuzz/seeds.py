"""Files to start from: one for every operator that we write, small networks, and published models."""

from __future__ import annotations

import os
import warnings
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import numpy as np

from edgeml.backends import litert
from edgeml.errors import EdgeMLError
from edgeml.ir import Graph, verify
from edgeml.ops import OPS
from edgeml.quantize import quantize
from tests.conftest import SHARED
from tests.contract.cases import CASES
from tests.graphs import images, small_cnn

_LARGEST = 400_000
# environment variable: when set, the cases of the ONNX standard are seeds too
NODES = "EDGEML_FUZZ_NODES"


def graphs() -> Iterator[Graph]:
    """One or two small graphs for each operator, int8 and float, and a small network in both forms."""
    for _, make in sorted(CASES.items()):
        for int8 in (False, True):
            for seed in range(2):
                try:
                    yield verify(make(np.random.default_rng([seed, int8]), int8), OPS)
                except (EdgeMLError, ValueError, KeyError, AssertionError):
                    continue
    network = small_cnn()
    yield network
    yield quantize(network, images(8)).graph


@lru_cache(maxsize=2)
def seeds(kind: str) -> tuple[bytes, ...]:
    """The seeds of a format, small ones first."""
    found = list(_written(kind)) + list(_published(kind))
    return tuple(sorted(set(found), key=lambda d: (len(d), d)))


def _written(kind: str) -> Iterator[bytes]:
    from edgeml.backends import onnx

    for graph in graphs():
        try:
            yield litert.emit(graph) if kind == "tflite" else onnx.emit(graph)
        except EdgeMLError:
            continue


def _published(kind: str) -> Iterator[bytes]:
    folders: list[Path] = [SHARED / "models"]
    if kind == "onnx":
        import onnx.backend.test

        # networks that the package carries whole: exports of PyTorch and simple graphs
        folders = [Path(onnx.backend.test.__file__).parent / "data"]
        if os.environ.get(NODES):
            yield from _nodes()
    for folder in folders:
        for path in sorted(folder.rglob(f"*.{kind}")) if folder.is_dir() else ():
            if path.stat().st_size <= _LARGEST:
                yield path.read_bytes()


def _nodes() -> Iterator[bytes]:
    """One case of the ONNX standard's own tests for each operator; making them takes about 10 s."""
    from onnx.backend.test.case.node import collect_testcases

    seen = set()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        cases = collect_testcases(None)
    for case in cases:
        if case.model is not None:
            operators = tuple(n.op_type for n in case.model.graph.node)
            data = case.model.SerializeToString()
            if operators not in seen and len(data) < 20_000:
                seen.add(operators)
                yield data


def choose(kind: str, rng: np.random.Generator) -> tuple[bytes, bytes]:
    """A seed, and another one to take parts from; small files come more often."""
    all_ = seeds(kind)
    first, second = (all_[int(len(all_) * rng.random() ** 1.5)] for _ in range(2))
    return first, second
