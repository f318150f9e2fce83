"""Runs C kernels on an emulated core: one image with all of them, functions called with buffers in RAM.

Every buffer lies between guards, so that a byte written outside is noticed; what a kernel must not write is compared
after the call.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from edgeml.backends.c99.accesses import Overlap
from edgeml.backends.c99.emit import KERNELS as KERNEL_FILES
from edgeml.ir import Array, BoundNode, Numerics
from edgeml.ops.base import KernelCall, Operand, Result, Scratch, Table
from edgeml.project import firmware_dir
from edgeml.targets.architectures import AARCH64
from edgeml.targets.cores import find_core
from edgeml.targets.elf import read_firmware
from edgeml.targets.emulator.boot import boot
from edgeml.targets.firmware import (
    CFLAGS,
    LDFLAGS,
    linker_script,
)
from edgeml.targets.toolchain import core_flags, find_toolchain, run_compiler
from tests.ops.kernel_driver import pack_params, part_inputs, takes_list

_RENAMED = re.compile(r"#define edgeml_(\w+) edgeml_\w+_tflm\n")
_GUARD = 32
_FILL = 0xA5
_STUB = ("startup.c", "runtime.c", "softfloat.c", "riscv.c")


class EmulatedDriver:
    """All kernels `names` on `core`, built with `toolchain` for one numerics."""

    def __init__(
        self, names: Sequence[str], core: str, toolchain: str = "gcc", numerics: Numerics = Numerics.LITERT
    ) -> None:
        tflm = numerics is Numerics.TFLM
        renamed = _RENAMED.findall((KERNEL_FILES / "numerics.h").read_text()) if tflm else []
        self._symbols = {k: f"edgeml_{k}_tflm" if k in renamed else f"edgeml_{k}" for k in names}
        self.core, compiler, stub = find_core(core), find_toolchain(toolchain, "arm"), firmware_dir().resolve()
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "firmware.ld").write_text(linker_script(stub, self.core.flash, self.core.ram))
            main = "".join(f'#include "{k}.h"\n' for k in names)
            main += "const void *volatile chosen;\nint main(void) {\n"
            main += "".join(f"  chosen = (const void *)edgeml_{k};\n" for k in names) + "  return 0;\n}\n"
            (folder / "main.c").write_text(main)
            sources = [str(stub / s) for s in _STUB] + [str(KERNEL_FILES / f"{k}.c") for k in names]
            args = [*core_flags(compiler, self.core), *CFLAGS, f"-I{stub}", f"-I{KERNEL_FILES}", "main.c", *sources]
            args.append(f"-DEDGEML_NUMERICS_TFLM={int(tflm)}")
            run_compiler(compiler, [*args, *LDFLAGS, "-Wl,-T,firmware.ld", "-o", "kernels.elf"], folder)
            self._firmware = read_firmware(folder / "kernels.elf")
        self._machine = boot(self._firmware, self.core)

    def run(
        self, bound: BoundNode, call: KernelCall, inputs: Sequence[Array | None], overlap: Overlap | None = None
    ) -> Array:
        """The node's only output; see `run_all`."""
        (output,) = self.run_all(bound, call, inputs, overlap)
        return output

    def run_all(
        self, bound: BoundNode, call: KernelCall, inputs: Sequence[Array | None], overlap: Overlap | None = None
    ) -> tuple[Array, ...]:
        """The node's outputs, computed by `call`; asserts that nothing but outputs and scratch was written.

        With `overlap` the output lies over that input, as far past it as is allowed.
        """
        parts = [
            self._run_part(bound, call, part_inputs(bound, inputs, i, call.repeat), overlap) for i in range(call.repeat)
        ]
        types = [bound.outputs[arg.index].type for arg in call.args if isinstance(arg, Result)]
        found = [b"".join(pieces) for pieces in zip(*parts, strict=True)]
        return tuple(np.frombuffer(d, t.dtype.numpy).reshape(t.shape) for d, t in zip(found, types, strict=True))

    def _run_part(
        self, bound: BoundNode, call: KernelCall, inputs: Sequence[Array | None], overlap: Overlap | None
    ) -> list[bytes]:
        """The bytes that one call writes to each result."""
        parts: list[tuple[bytes, bool]] = [(pack_params(call, bound.numerics), True)]
        places: list[tuple[int, int] | None] = [(0, 0)]  # part, byte in it
        over: tuple[int, int] | None = None
        for arg in call.args:
            content = _content(bound, arg, inputs, call.repeat)
            if content is None:
                places.append(None)
            elif isinstance(arg, Result) and over is not None:
                places.append(over)
            elif overlap is not None and isinstance(arg, Operand) and arg.index == overlap.read:
                size = bound.output.type.nbytes
                most = min(overlap.most, len(content) - 1)  # further away nothing overlaps
                before, y_at = max(0, -most), max(0, most)
                content = b"\x55" * before + content
                places.append((len(parts), before))
                over = (len(parts), y_at)
                parts.append((content + b"\x55" * max(0, y_at + size - len(content)), False))
            else:
                places.append((len(parts), 0))
                parts.append((content, not isinstance(arg, Result | Scratch)))
        # the image's own variables are few and lie first, the stack lies at the end
        at, addresses, image = self.core.ram[0] + 0x10000, [], b""
        for content, _ in parts:
            image += bytes([_FILL]) * _GUARD
            addresses.append(at + len(image))
            image += content + bytes([_FILL]) * (-len(content) % 8)
        image += bytes([_FILL]) * _GUARD
        pointers = [0 if p is None else addresses[p[0]] + p[1] for p in places]
        results = [
            (p - at, bound.outputs[arg.index].type.nbytes // call.repeat)
            for p, arg in zip(pointers[1:], call.args, strict=True)
            if isinstance(arg, Result)
        ]
        if takes_list(call.kernel):
            # the operands' addresses lie in memory, behind all buffers
            listed = [p for p, arg in zip(pointers[1:], call.args, strict=True) if isinstance(arg, Operand)]
            size = 8 if self.core.architecture is AARCH64 else 4
            pointers = [pointers[0], at + len(image), *pointers[1 + len(listed) :]]
            image += b"".join(p.to_bytes(size, "little") for p in listed)
        self._machine.write_at(at, image)
        self._machine.call(self._symbols[call.kernel], pointers)
        after = bytearray(self._machine.read_at(at, len(image)))
        written = [bytes(after[y : y + size]) for y, size in results]
        for (content, constant), address in zip(parts, addresses, strict=True):
            if not constant:
                after[address - at : address - at + len(content)] = content
        assert bytes(after) == image, f"{call.kernel} wrote outside its output and scratch"
        return written


def _content(bound: BoundNode, arg: object, inputs: Sequence[Array | None], repeat: int) -> bytes | None:
    if isinstance(arg, Result):
        return b"\x55" * (bound.outputs[arg.index].type.nbytes // repeat)
    if isinstance(arg, Scratch):
        return b"\x55" * arg.nbytes
    if isinstance(arg, Table):
        return np.ascontiguousarray(arg.data).tobytes()
    assert isinstance(arg, Operand)
    value = inputs[arg.index] if arg.index < len(inputs) else None
    return None if value is None else np.ascontiguousarray(value).tobytes()
