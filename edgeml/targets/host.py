"""Runs a C99 library on this machine: compiled to a shared library, kept in a cache, called through ctypes."""

from __future__ import annotations

import ctypes
import functools
import hashlib
import os
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from edgeml.backends.c99.emit import MANIFEST
from edgeml.backends.c99.manifest import Manifest
from edgeml.errors import DataError
from edgeml.files import parse_json, read_bytes, writing
from edgeml.ir import Array
from edgeml.targets.base import Latency, Runtime
from edgeml.targets.latency import measure
from edgeml.targets.samples import InputSpec, check_samples
from edgeml.targets.toolchain import (
    Toolchain,
    compile_shared_library,
    find_toolchain,
    host_flags,
    shared_library_suffix,
)


class HostTarget:
    """A library that `backends.c99.emit` wrote, loaded into this process; calls have batch 1.

    Arrays are (N, …) in the model's own element types, NHWC. Raises ModelFormatError when the folder holds no
    library, ToolchainError when it cannot be compiled.
    """

    def __init__(self, library_dir: Path, toolchain: str = "zig") -> None:
        self.manifest = read_manifest(library_dir)
        compiler = find_toolchain(toolchain)
        library = ctypes.CDLL(str(compiled_library(library_dir, compiler, self.manifest)))
        self._run = library[f"{self.manifest.model}_run"]
        self._run.restype = None
        buffers = [self.manifest.arena_bytes] + ([self.manifest.state_bytes] if self.manifest.state_bytes else [])
        ports = len(self.manifest.inputs) + len(self.manifest.outputs)
        self._run.argtypes = [ctypes.c_void_p] * (len(buffers) + ports)
        self._buffers = [_aligned_bytes(size) for size in buffers]
        self._reset = library[f"{self.manifest.model}_reset"] if self.manifest.state_bytes else None
        if self._reset is not None:
            self._reset.restype, self._reset.argtypes = None, [ctypes.c_void_p]
            self.reset()
        self.inputs = tuple(InputSpec(p.name, p.shape, np.dtype(p.dtype)) for p in self.manifest.inputs)
        self.runtime = Runtime(
            "host C", compiler.version, compiler=compiler.title, flags=" ".join(host_flags(compiler))
        )

    def run(self, x: Array) -> Array:
        """First output for all samples of a model with one input."""
        return self.run_all([x])[0]

    def run_all(self, arrays: Sequence[Array]) -> tuple[Array, ...]:
        """All outputs, (N, …) each, in the model's order, for one array per model input.

        Every sample starts from the model's initial state.
        """
        arrays = self._samples(arrays)
        outputs = self._outputs(len(arrays[0]))
        for i in range(len(arrays[0])):
            self.reset()
            self._call(arrays, outputs, i)
        return outputs

    def run_stream(self, arrays: Sequence[Array]) -> tuple[Array, ...]:
        """The same for samples in the order of time: each starts from the state that the one before it left."""
        arrays = self._samples(arrays)
        outputs = self._outputs(len(arrays[0]))
        self.reset()
        for i in range(len(arrays[0])):
            self._call(arrays, outputs, i)
        return outputs

    def run_once(self, arrays: Sequence[Array]) -> tuple[Array, ...]:
        """One call with whole arrays, for models whose first dimension is no batch; from the initial state."""
        for spec, array in zip(self.inputs, arrays, strict=True):
            if array.shape != spec.shape or array.dtype != spec.dtype:
                raise DataError(
                    f"input '{spec.name}': must be {spec.dtype} {spec.shape}. Got {array.dtype} {array.shape}."
                )
        outputs = tuple(np.empty(p.shape, p.dtype) for p in self.manifest.outputs)
        whole = [np.ascontiguousarray(a) for a in arrays]
        self.reset()
        self._run(*(b.ctypes.data for b in self._buffers), *(a.ctypes.data for a in (*whole, *outputs)))
        return outputs

    def reset(self) -> None:
        """Put the state back to what it is before a stream's first sample; without states nothing happens."""
        if self._reset is not None:
            self._reset(self._buffers[1].ctypes.data)

    def latency(self, x: Array, runs: int = 1000, warmup: int = 100) -> Latency:
        """Time of one call of the C function, batch 1, over the samples of `x` in turn."""
        arrays = self._samples([x])
        outputs = self._outputs(len(x))
        places = [self._pointers(arrays, outputs, i) for i in range(len(x))]
        return measure(lambda i: self._run(*places[i]), len(x), runs, warmup)

    def caller(self, x: Array) -> Callable[[], object]:
        """A call of the C function on the first sample of `x` and nothing else, for timings."""
        arrays = self._samples([x])
        outputs = self._outputs(len(x))
        run = functools.partial(self._run, *map(ctypes.c_void_p, self._pointers(arrays, outputs, 0)))
        run.memory = (self, arrays, outputs)  # type: ignore[attr-defined] # lives as long as the call
        return run

    def _outputs(self, count: int) -> tuple[Array, ...]:
        # the first dimension of an output need not be a batch: a recurrent model's states of all layers
        shapes = [(p.shape or (1,), p.dtype) for p in self.manifest.outputs]
        return tuple(np.empty((count * shape[0], *shape[1:]), dtype) for shape, dtype in shapes)

    def _call(self, arrays: Sequence[Array], outputs: Sequence[Array], sample: int) -> None:
        self._run(*self._pointers(arrays, outputs, sample))

    def _pointers(self, arrays: Sequence[Array], outputs: Sequence[Array], sample: int) -> list[int]:
        buffers = (b.ctypes.data for b in self._buffers)
        count = len(arrays[0])
        return [*buffers, *(a.ctypes.data + sample * (a.nbytes // count) for a in (*arrays, *outputs))]

    def _samples(self, arrays: Sequence[Array]) -> list[Array]:
        """The arrays, contiguous; DataError where they are no samples of this model."""
        for spec in self.inputs:
            if spec.shape[:1] not in ((), (1,)):
                raise DataError(
                    f"input '{spec.name}': samples need a model of batch 1. Its shape is {spec.shape}. Fix the batch "
                    "when you export it, or with --size."
                )
        return check_samples(self.inputs, arrays)


def read_manifest(library_dir: Path) -> Manifest:
    """The manifest of a C99 library; ModelFormatError when the folder holds none."""
    what = f"C library '{library_dir}': its {MANIFEST}"
    return Manifest.from_json(parse_json(read_bytes(library_dir / MANIFEST, "C library"), what, "Compile again."))


def compiled_library(library_dir: Path, compiler: Toolchain, manifest: Manifest) -> Path:
    """The library as a shared object, from the cache when these sources met this compiler before."""
    key = _content_key(library_dir, compiler)
    path = cache_folder() / f"{manifest.model}-{key}{shared_library_suffix()}"
    if path.is_file():
        return path
    sources = [(library_dir / s).resolve() for s in manifest.sources]
    with writing(path), tempfile.TemporaryDirectory(prefix=".build-", dir=path.parent) as folder:
        built = compile_shared_library(compiler, sources, Path(folder) / path.name, include=[library_dir.resolve()])
        built.replace(path)
    return path


def cache_folder() -> Path:
    """Where compiled libraries are kept: the user's cache, or a temporary folder where that is read-only."""
    base = os.environ.get("XDG_CACHE_HOME")
    for folder in (
        Path(base) if base else Path("~/.cache").expanduser(),
        Path(tempfile.gettempdir()) / f"edgeml-{os.getuid() if hasattr(os, 'getuid') else 'user'}",
    ):
        try:
            (folder / "edgeml").mkdir(parents=True, exist_ok=True)
        except OSError:
            continue
        if os.access(folder / "edgeml", os.W_OK):
            return folder / "edgeml"
    return Path(tempfile.mkdtemp(prefix="edgeml-"))


def _content_key(library_dir: Path, compiler: Toolchain) -> str:
    digest = hashlib.sha256(f"{compiler.title} {host_flags(compiler)}".encode())
    for path in sorted(library_dir.rglob("*.[ch]")):
        digest.update(f"\0{path.relative_to(library_dir).as_posix()}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:24]


def _aligned_bytes(size: int, alignment: int = 16) -> Array:
    raw = np.zeros(size + alignment, np.uint8)
    start = -raw.ctypes.data % alignment
    return raw[start : start + size]
