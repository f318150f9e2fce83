"""Runs C kernels on many cases in one process, compiled by gcc with the address and undefined-behaviour sanitisers.

The driver program reads calls from a binary stream (kernel, parameters, arguments) into buffers of exactly the
right size, so that a byte read or written too far is an error, and writes the outputs back.
"""

from __future__ import annotations

import re
import struct
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import numpy as np

from edgeml.backends.c99.emit import KERNELS
from edgeml.ir import Array, BoundNode, Numerics
from edgeml.ops import OPS
from edgeml.ops.base import KernelCall, Operand, Result, Scratch, Table
from tests.ops.kernel_objects import kernel_objects

_LIMIT = Path(__file__).with_name("simd_limit.h")
SANITIZE = ("-fsanitize=address,undefined", "-fno-sanitize-recover=all", "-g1")

_MAIN = """
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void fetch(void *to, size_t bytes) {
  if (fread(to, 1, bytes, stdin) != bytes) exit(3);
}

int edgeml_test_limit;

int main(int argc, char **argv) {
  if (argc > 1) edgeml_test_limit = atoi(argv[1]);
  int32_t head[3];
  while (fread(head, sizeof head, 1, stdin) == 1) { /* kernel, bytes of parameters, number of arguments */
    void *params = malloc((size_t)head[1]);
    void *args[64];
    int32_t kinds[64][2]; /* 0 NULL, 1 input, 2 output, 3 scratch; bytes */
    fetch(params, (size_t)head[1]);
    for (int32_t i = 0; i < head[2]; ++i) {
      fetch(kinds[i], sizeof kinds[i]);
      args[i] = kinds[i][0] == 0 ? NULL : malloc((size_t)kinds[i][1]);
      if (kinds[i][0] == 1) fetch(args[i], (size_t)kinds[i][1]);
      if (kinds[i][0] > 1) memset(args[i], 0x55, (size_t)kinds[i][1]);
    }
    calls[head[0]](params, args, head[2]);
    for (int32_t i = 0; i < head[2]; ++i) {
      if (kinds[i][0] == 2 && fwrite(args[i], 1, (size_t)kinds[i][1], stdout) != (size_t)kinds[i][1]) return 4;
      free(args[i]);
    }
    free(params);
  }
  return 0;
}
"""


def kernel_names() -> list[str]:
    return sorted(p.stem for p in KERNELS.glob("*.c"))


def _header(file: str) -> str:
    """A header and those that it includes, without comments."""
    text = re.sub(r"/\*.*?\*/", "", (KERNELS / file).read_text(), flags=re.DOTALL)
    return text + "".join(_header(name) for name in re.findall(r'^#include "([^"]+)"', text, re.MULTILINE))


@cache
def param_fields(kernel: str, numerics: Numerics = Numerics.LITERT) -> list[tuple[str, str, int]]:
    """(name, struct format, count) of the parameter record's fields, in their order in the header."""
    scale = ("f", 1) if numerics is Numerics.LITERT else ("i", 2)
    kinds = {"int32_t": ("i", 1), "float": ("f", 1), "edgeml_scale": scale}
    text = _header(f"{kernel}.h")
    # kernels alike share the record of another header
    alias = re.search(rf"typedef (edgeml_\w+) edgeml_{kernel}_params;", text)
    record = alias[1] if alias else f"edgeml_{kernel}_params"
    match = re.search(rf"typedef struct \{{([^}}]*)\}} {record};", text)
    assert match is not None
    fields = []
    for c_type, names in re.findall(r"(int32_t|float|edgeml_scale)\s+([^;]+);", match[1]):
        for name in names.split(","):
            base, _, count = name.strip().partition("[")
            kind, words = kinds[c_type]
            fields.append((base, kind, words * int(count.rstrip("]") or 1)))
    return fields


def pack_params(call: KernelCall, numerics: Numerics) -> bytes:
    fields = param_fields(call.kernel, numerics)
    assert {f[0] for f in fields} == set(call.params), f"{call.kernel}: header and operator disagree"
    out = b""
    for name, kind, count in fields:
        value = call.params[name]
        values = list(value) if isinstance(value, Sequence) else [value]
        assert len(values) == count, f"{call.kernel}.{name}"
        out += struct.pack(f"<{count}{kind}", *values)
    return out


@cache
def takes_list(kernel: str) -> bool:
    """Whether a kernel takes the addresses of its operands as one array."""
    return "inputs[]" in (KERNELS / f"{kernel}.h").read_text()


def _call_source(kernel: str) -> str:
    text = (KERNELS / f"{kernel}.h").read_text()
    match = re.search(rf"void edgeml_{kernel}\((.*?)\);", text, re.DOTALL)
    assert match is not None
    count = len(match[1].split(",")) - 1
    if takes_list(kernel):
        args = "(const void *const *)(void *)a, a[n - 2], a[n - 1]"
    else:
        args = ", ".join(f"a[{i}]" for i in range(count))
    return f"static void call_{kernel}(const void *p, void **a, int32_t n) {{ (void)n; edgeml_{kernel}(p, {args}); }}\n"


@dataclass(frozen=True)
class Driver:
    program: Path
    numerics: Numerics
    names: tuple[str, ...]
    arguments: tuple[str, ...] = ()

    @staticmethod
    def build(
        folder: Path,
        numerics: Numerics = Numerics.LITERT,
        flags: Sequence[str] = SANITIZE,
        names: Sequence[str] = (),
    ) -> Driver:
        """A program with the kernels `names`, or with all."""
        names = tuple(names or kernel_names())
        source = "#include <stdint.h>\n" + "".join(f'#include "{k}.h"\n' for k in names)
        source += "".join(_call_source(k) for k in names)
        source += "static void (*const calls[])(const void *, void **, int32_t) = {"
        source += ", ".join(f"call_{k}" for k in names) + "};\n" + _MAIN
        (folder / "driver.c").write_text(source)
        numerics_flag = f"-DEDGEML_NUMERICS_TFLM={int(numerics is Numerics.TFLM)}"
        flags = ["-std=c99", "-O1", "-ffp-contract=off", *flags, numerics_flag, f"-I{KERNELS}"]
        # how often lines ran is kept beside the objects, so those belong to one program
        counts = "--coverage" in flags
        kernels = [KERNELS / f"{k}.c" for k in names] if counts else kernel_objects(names, flags)
        command = ["gcc", *flags, "driver.c", *map(str, kernels), "-o", "driver"]
        subprocess.run(command, cwd=folder, check=True, timeout=300)
        return Driver(folder / "driver", numerics, names)

    def run(
        self, cases: Sequence[tuple[BoundNode, Sequence[Array | None]]], calls: Sequence[KernelCall] = ()
    ) -> list[tuple[Array, ...]]:
        """The outputs of each node, computed by its C kernel or by its call in `calls`; all have the driver's
        numerics."""
        stream, sizes = bytearray(), []
        for i, (bound, inputs) in enumerate(cases):
            call = calls[i] if calls else OPS[bound.node.op].kernel(bound)
            params = pack_params(call, self.numerics)
            for part in range(call.repeat):
                stream += struct.pack("<3i", self.names.index(call.kernel), len(params), len(call.args)) + params
                for arg in call.args:
                    stream += _argument(bound, part_inputs(bound, inputs, part, call.repeat), arg, call.repeat)
            # one output after the other: a repeated call has a single one
            written = [arg.index for arg in call.args if isinstance(arg, Result)]
            assert call.repeat == 1 or len(written) == 1
            sizes.append([bound.outputs[i].type for i in written])
        command = [str(self.program), *self.arguments]
        done = subprocess.run(command, input=bytes(stream), capture_output=True, timeout=300, check=False)
        assert done.returncode == 0, done.stderr.decode()[-3000:]
        results, at = [], 0
        for types in sizes:
            found = []
            for type_ in types:
                data = np.frombuffer(done.stdout, type_.dtype.numpy, type_.elements, at)
                found.append(data.reshape(type_.shape))
                at += type_.nbytes
            results.append(tuple(found))
        assert at == len(done.stdout)
        return results


def level_drivers(folder: Path, names: Sequence[str]) -> list[Driver]:
    """The kernels with vectors held to each level of kernels/simd.h: plain C, and on x86-64 SSE2, AVX2, AVX-VNNI and
    AVX-512, as far as this processor has them."""
    (portable := folder / "portable").mkdir()
    (vectors := folder / "vectors").mkdir()
    plain = Driver.build(portable, flags=(*SANITIZE, "-DEDGEML_SIMD_LIMIT=0"), names=names)
    limited = Driver.build(vectors, flags=(*SANITIZE, "-include", str(_LIMIT)), names=names)
    return [plain, *(replace(limited, arguments=(str(level - 1),)) for level in (1, 2, 3, 4))]


def part_inputs(bound: BoundNode, inputs: Sequence[Array | None], part: int, parts: int) -> Sequence[Array | None]:
    """The inputs of one of several calls: constants whole, activations in equal parts."""
    if parts == 1:
        return inputs
    pairs = zip(inputs, bound.inputs, strict=True)
    return [v if v is None or t is None or t.is_constant else np.split(v.ravel(), parts)[part] for v, t in pairs]


def _argument(bound: BoundNode, inputs: Sequence[Array | None], arg: object, parts: int = 1) -> bytes:
    if isinstance(arg, Result):
        return struct.pack("<2i", 2, bound.outputs[arg.index].type.nbytes // parts)
    if isinstance(arg, Scratch):
        return struct.pack("<2i", 3, arg.nbytes)
    data = arg.data if isinstance(arg, Table) else inputs[arg.index] if _given(inputs, arg) else None
    if data is None:
        return struct.pack("<2i", 0, 0)
    return struct.pack("<2i", 1, data.nbytes) + np.ascontiguousarray(data).tobytes()


def _given(inputs: Sequence[Array | None], arg: object) -> bool:
    return isinstance(arg, Operand) and arg.index < len(inputs)
