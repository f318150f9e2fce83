"""A compiled model on an emulated core: outputs, exact instructions, modelled cycles, memory."""

from __future__ import annotations

import functools
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from edgeml.backends.c99.manifest import Manifest
from edgeml.errors import TargetError
from edgeml.extras import require
from edgeml.ir import Array
from edgeml.targets.base import FunctionProfile, Latency, LayerProfile, Memory, Runtime
from edgeml.targets.boards import resolve_target
from edgeml.targets.elf import Firmware, Symbol, read_firmware
from edgeml.targets.emulator.boot import boot
from edgeml.targets.emulator.decode import costs, instructions_by_address
from edgeml.targets.emulator.hook import Entries
from edgeml.targets.emulator.library import read_library
from edgeml.targets.emulator.machine import Machine
from edgeml.targets.emulator.timing import TIMINGS
from edgeml.targets.firmware import (
    build_firmware,
    compiler_flags,
)
from edgeml.targets.qemu import find_qemu
from edgeml.targets.samples import InputSpec, check_samples
from edgeml.targets.static import Function, call_tree, stack_bound
from edgeml.targets.toolchain import find_toolchain

INVOKE, INPUT, OUTPUT, ARENA, RESET = (
    f"edgeml_firmware_{part}" for part in ("invoke", "input", "output", "arena", "reset")
)


@dataclass(frozen=True)
class Profile:
    """Cost of one inference; the layers' costs add up to the whole. `cycles` is None without a timing table."""

    instructions: int
    cycles: int | None
    cycles_model: str | None
    layers: tuple[LayerProfile, ...]
    stack_bytes: int
    functions: tuple[FunctionProfile, ...] = ()


class EmulatedTarget:
    """Firmware around the library in `library_dir`, on the core (or the board) `core`.

    The firmware is built without the carried self-test and with plenty of flash and RAM, so that a model too
    large for a board can still be measured. Raises TargetError for an unknown core, ToolchainError without a
    compiler, MissingDependencyError without unicorn, capstone, pyelftools.
    """

    # what the compiler says of the library, set by who compiled it
    manifest: Manifest | None = None

    def __init__(self, library_dir: Path, core: str, toolchain: str = "zig") -> None:
        self.core, self.board = resolve_target(core)
        self.library = read_library(library_dir)
        compiler = find_toolchain(toolchain, "arm")
        with tempfile.TemporaryDirectory(prefix="edgeml-") as folder:
            elf = build_firmware(library_dir, self.core.name, toolchain, Path(folder) / "firmware.elf", selftest=False)
            self.firmware: Firmware = read_firmware(elf)
        self.runtime = Runtime(
            f"emulated {self.core.name}",
            f"QEMU {find_qemu()}"
            if self.core.emulator == "qemu"
            else f"unicorn {require('unicorn', 'device').__version__}",
            compiler=compiler.title,
            flags=compiler_flags(compiler, self.core, library_dir),
        )
        port = self.library.input
        self.inputs = (InputSpec(port.name, port.shape, port.dtype),)
        self._machine = self._boot()

    def run(self, x: Array) -> Array:
        """Outputs (N, …) for the samples (N, …), in the model's own element types.

        Every sample starts from the model's initial state.
        """
        (samples,) = check_samples(self.inputs, [x])
        rows = []
        for sample in samples:
            self._reset(self._machine)
            rows.append(self._invoke(self._machine, sample))
        return np.stack(rows)

    def run_stream(self, x: Array) -> Array:
        """The same for samples in the order of time: each starts from the state that the one before it left."""
        (samples,) = check_samples(self.inputs, [x])
        self._reset(self._machine)
        return np.stack([self._invoke(self._machine, sample) for sample in samples])

    def profile(self, x: Array, *, native: bool | None = None) -> Profile:
        """Count one inference of the sample `x` (shape as one sample, with or without the batch of 1).

        `native` forces the compiled counting hook or the Python one; by default the first that works.
        """
        sample = x if x.ndim == len(self.library.input.shape) else x[np.newaxis]
        (samples,) = check_samples(self.inputs, [sample[:1]])
        machine = boot(self.firmware, self.core, self._entries, native=native)
        self._reset(machine)
        machine.start_counting()
        self._invoke(machine, samples[0])
        timing = TIMINGS[self.core.timing] if self.core.timing else None
        layers = self.library.layers
        blocks = machine.blocks()
        found = costs(blocks, machine.read_at, self.core.architecture, timing, max(len(layers), 1))
        return Profile(
            instructions=sum(c.instructions for c in found),
            cycles=sum(c.cycles or 0 for c in found) if timing else None,
            cycles_model=timing.title if timing else None,
            layers=tuple(
                LayerProfile(a.name, a.op, a.macs, c.instructions, c.cycles, a.output_shape, a.kernel)
                for a, c in zip(layers, found, strict=False)
            ),
            stack_bytes=machine.stack_bytes(),
            functions=self._functions(instructions_by_address(blocks, machine.read_at, self.core.architecture)),
        )

    def _functions(self, executed: Mapping[int, int]) -> tuple[FunctionProfile, ...]:
        """Every function that a run may call or did call, largest share first."""
        counts: Counter[Symbol] = Counter()
        for address, n in executed.items():
            counts[self.firmware.function(address)] += n
        bounds = {f.address: f for f in self.functions}
        symbols = {s.address: s for s in counts} | {a: self.firmware.function(a) for a in bounds}
        found = []
        for address, symbol in symbols.items():
            bound = bounds.get(address)
            frame, stack = (None, None) if bound is None else (bound.frame, bound.stack)
            found.append(FunctionProfile(symbol.name, symbol.size, frame, stack, counts[symbol]))
        return tuple(sorted(found, key=lambda f: (-f.instructions, f.name)))

    def trace(self, sample: Array) -> Iterator[bytes]:
        """The arena after each of the library's `steps`, for one sample without its batch dimension.

        A tensor is valid in the step whose layer wrote it; later layers may reuse its place. Between layers that run
        row by row no tensor is ever whole.
        """
        (samples,) = check_samples(self.inputs, [sample[np.newaxis]])
        machine = self._machine
        self._reset(machine)
        self._write_input(machine, samples[0])
        arena = self.firmware.symbol(ARENA).size
        entries = [self._address(symbol) for symbol in self.library.steps]
        for step, _ in enumerate(machine.call_in_steps(INVOKE, entries)):
            # the first step ends where the first layer begins
            if step:
                yield machine.read(ARENA, arena)

    def latency(self, x: Array, runs: int = 1, warmup: int = 0) -> Latency | None:
        """Modelled milliseconds on the board: cycles by clock, over the first `runs` samples.

        None where there is no clock (the target is a core, not a board) or no timing table.
        """
        if self.board is None or self.core.timing is None:
            return None
        times = [self.board.milliseconds(self.profile(s).cycles or 0) for s in x[: max(runs, 1)]]
        return Latency(
            "ms", float(np.median(times)), float(np.percentile(times, 95, method="inverted_cdf")), len(times)
        )

    @functools.cached_property
    def memory(self) -> Memory:
        """Bytes of the image and of RAM; the stack is the deepest of a few fixed samples."""
        machine = self._boot()
        for sample in self._probes():
            self._reset(machine)
            self._invoke(machine, sample)
        sections, stack = self.firmware.sections, machine.stack_bytes()
        arena = self.firmware.symbol(ARENA).size
        variables = sections.data + sections.bss - arena
        return Memory(
            flash=sections.code + sections.rodata + sections.data,
            code=sections.code,
            weights=sections.rodata,
            ram=arena + variables + stack,
            arena=arena,
            data_bss=variables,
            stack=stack,
            stack_bound=self._stack_bound(machine),
        )

    @functools.cached_property
    def functions(self) -> tuple[Function, ...]:
        """The functions that a run may call, with code, frame and worst-case stack; empty without a static bound."""
        try:
            return call_tree(self.firmware, self.core.architecture, INVOKE)
        except TargetError:
            return ()

    def _stack_bound(self, machine: Machine) -> int | None:
        """From the top of the stack: what startup leaves on it, and the deepest path of a run or reset."""
        roots = [name for name in (INVOKE, RESET) if self.firmware.find(name) is not None]
        try:
            return machine.startup_stack + max(
                stack_bound(self.firmware, self.core.architecture, name) for name in roots
            )
        except TargetError:
            return None

    @functools.cached_property
    def _entries(self) -> Entries:
        layers: dict[int, list[int]] = {}
        for number, layer in enumerate(self.library.layers):
            layers.setdefault(self._address(layer.symbol), []).append(number)
        return Entries(*self.core.flash, layers)

    def _address(self, name: str) -> int:
        symbol = self.firmware.find(name)
        if symbol is None:
            raise TargetError(
                f"firmware of '{self.library.model}': the layer function {name} is not in it, so it cannot be "
                "counted. Compile the model again with this version of edgeml."
            )
        return symbol.address

    def _probes(self) -> list[Array]:
        """Zeros and noise: integer and soft-float code may take deeper paths for some values than for others."""
        port = self.library.input
        noise = np.random.default_rng(0).integers(-128, 128, (3, *port.shape[1:]))
        return [np.zeros(port.shape[1:], port.dtype), *noise.astype(port.dtype)]

    def _boot(self) -> Machine:
        return boot(self.firmware, self.core)

    def _reset(self, machine: Machine) -> None:
        if self.firmware.find(RESET) is not None:
            machine.call(RESET)

    def _invoke(self, machine: Machine, sample: Array) -> Array:
        port = self.library.output
        self._write_input(machine, sample)
        machine.call(INVOKE)
        # the first dimension of an output need not be a batch
        shape = port.shape[1:] if port.shape[:1] in ((), (1,)) else port.shape
        where, offset = (OUTPUT, 0) if port.offset is None else (ARENA, port.offset)
        return np.frombuffer(machine.read(where, port.bytes, offset), port.dtype).reshape(shape)

    def _write_input(self, machine: Machine, sample: Array) -> None:
        port = self.library.input
        where, offset = (INPUT, 0) if port.offset is None else (ARENA, port.offset)
        machine.write(where, np.ascontiguousarray(sample).tobytes(), offset)
