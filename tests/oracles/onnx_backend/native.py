"""Many graphs as one C library: every graph's own file and each kernel once, compiled together."""

from __future__ import annotations

import ctypes
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from edgeml.backends import c99
from edgeml.errors import EdgeMLError
from edgeml.ir import Array, Graph
from edgeml.targets.toolchain import compile_shared_library, find_toolchain, shared_library_suffix


class Library:
    """Graphs by key; those that cannot be emitted are in `errors`."""

    def __init__(self, graphs: Mapping[str, Graph], folder: Path) -> None:
        self.errors: dict[str, EdgeMLError] = {}
        self._manifests = {}
        sources: dict[str, Path] = {}
        for index, (key, graph) in enumerate(graphs.items()):
            here = folder / f"g{index}"
            try:
                manifest = c99.emit(replace(graph, name=f"g{index}"), here)
            except EdgeMLError as error:
                self.errors[key] = error
                continue
            self._manifests[key] = manifest
            for source in manifest.sources:
                if not source.endswith("_selftest.c"):
                    sources.setdefault(source, here / source)
        self._library = ctypes.CDLL(str(_compiled(list(sources.values()), folder)))

    def run(self, key: str, inputs: Mapping[str, Array]) -> dict[str, Array]:
        """Outputs of one graph by name."""
        manifest = self._manifests[key]
        function = self._library[f"{manifest.model}_run"]
        function.restype = None
        arena = np.zeros(manifest.arena_bytes + 64, np.uint8)
        start = arena.ctypes.data + -arena.ctypes.data % 64
        arrays = [np.ascontiguousarray(inputs[p.name]) for p in manifest.inputs]
        outputs = {p.name: np.empty(p.shape, p.dtype) for p in manifest.outputs}
        places = [ctypes.c_void_p(a.ctypes.data) for a in (*arrays, *outputs.values())]
        function(ctypes.c_void_p(start), *places)
        return outputs


def _compiled(sources: Sequence[Path], folder: Path) -> Path:
    """The library; each source finds its headers beside itself or in its graph's folder."""
    path = folder / f"graphs{shared_library_suffix()}"
    # headers of kernels are the same in every folder
    include = {s.parent if s.parent.name != "kernels" else s.parent.parent for s in sources}
    return compile_shared_library(find_toolchain("gcc"), sources, path, include=sorted(include), flags=["-O0"])
