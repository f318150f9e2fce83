"""Every kernel against its operator's reference on many random nodes: on this machine, with every access and every
operation checked by the sanitisers, and on an emulated core.

python -m tests.ops.campaign [KERNEL ...] [--cases 2000] [--tflm]

A line for each kernel: how many nodes, where they ran, how many of its lines were ever executed and which were not, how
the compiler requantised and why it refused other nodes. Exit code 1 when a kernel differs.
"""

from __future__ import annotations

import argparse
import re
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path

from edgeml.backends.c99.emit import KERNELS as KERNEL_FILES
from edgeml.backends.c99.selection import KERNELS, Kernel, Machine
from edgeml.backends.c99.selection.requantization import summary
from edgeml.ir import Numerics
from edgeml.ops import OPS
from edgeml.ops.base import KernelCall
from tests.backends.c99.selection.nodes import random_nodes
from tests.ops.emulated_driver import EmulatedDriver
from tests.ops.kernel_driver import SANITIZE, Driver, kernel_names, level_drivers
from tests.ops.random_nodes import Case, portable_nodes, wrong_outputs

_AT_ONCE = 250
# a core, and a compiler for it, that has what kernels with a feature need or are for
_CORES = {
    "simd": ("aarch64", "zig"),
    "mve": ("cortex-m55", "gcc"),
    "dsp": ("cortex-m4", "gcc"),
    "thumb1": ("cortex-m0plus", "gcc"),
    "thumb2": ("cortex-m3", "gcc"),
}
_PLAIN = ("cortex-m4", "gcc")


@dataclass
class Tally:
    """What became of a kernel's nodes."""

    cases: int = 0
    emulated: int = 0
    wrong: list[str] = field(default_factory=list)
    requantised: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)


def selected() -> dict[str, list[Kernel]]:
    """Kernels beside the operators' own, by name; one name may stand for several operators."""
    found: dict[str, list[Kernel]] = {}
    for kernel in (k for kernels in KERNELS.values() for k in kernels):
        found.setdefault(kernel.name, []).append(kernel)
    return found


def core_for(kernels: Sequence[Kernel]) -> tuple[str, str]:
    """The emulated core that a kernel runs on here, and its compiler."""
    wanted = kernels[0].needs | kernels[0].suits if kernels else frozenset()
    return next((place for feature, place in _CORES.items() if feature in wanted), _PLAIN)


def nodes(name: str, kernels: Sequence[Kernel], count: int, numerics: Numerics, tally: Tally) -> Iterator[Case]:
    """`count` nodes for the kernel `name`, in equal parts for the operators that it stands for."""
    if not kernels:
        yield from islice(portable_nodes(name, numerics), count)
    for kernel in kernels:
        machine = Machine("any", kernel.needs | kernel.suits)
        yield from random_nodes(kernel, machine, -(-count // len(kernels)), numerics, tally.refused)


def check(
    name: str, count: int, hosts: Sequence[Driver], device: EmulatedDriver | None, numerics: Numerics = Numerics.LITERT
) -> Tally:
    """Run `count` nodes on the host and on the device."""
    tally, kernels = Tally(), selected().get(name, [])
    by_op = {k.op: k for k in kernels}
    stream = nodes(name, kernels, count, numerics, tally)
    while cases := list(islice(stream, _AT_ONCE)):
        calls = [_call(bound.node.op, by_op, case) for case in cases for bound in (case[0],)]
        tally.requantised.update(filter(None, (_form(call) for call in calls)))
        wanted = [OPS[bound.node.op].reference(bound, *inputs) for bound, inputs in cases]
        for driver in hosts:
            for i, outputs in enumerate(driver.run(cases, calls)):
                if wrong_outputs(cases[i], outputs, wanted[i]):
                    tally.wrong.append(f"node {tally.cases + i} on the host")
        for i, ((bound, inputs), call) in enumerate(zip(cases, calls, strict=True)):
            if device is None:
                break
            if wrong_outputs(cases[i], device.run_all(bound, call, inputs), wanted[i]):
                tally.wrong.append(f"node {tally.cases + i} on {device.core.name}")
            tally.emulated += 1
        tally.cases += len(cases)
    return tally


def _call(op: str, kernels: dict[str, Kernel], case: Case) -> KernelCall:
    return kernels[op].call(case[0]) if kernels else OPS[op].kernel(case[0])


def _form(call: KernelCall) -> str:
    """How a call requantises: with integers, with floats, or both."""
    found = re.match(r"float: (\d+) of (\d+)", text := summary(call))
    if found is None:
        return text.partition(",")[0]
    return "float" if found[1] == found[2] else "integer and float"


def unused_lines(name: str, folder: Path) -> tuple[int, dict[str, list[int]]]:
    """Lines of the kernel, with the headers that it includes, that have code; and by file those that never ran.

    For a driver in `folder` that was built with --coverage.
    """
    found = subprocess.run(
        ["gcov", "--stdout", f"driver-{name}.gcda"], cwd=folder, check=True, capture_output=True, text=True
    )
    ran, source = dict[tuple[str, int], bool](), ""
    for line in found.stdout.splitlines():
        if len(parts := [part.strip() for part in line.split(":", 2)]) < 3:
            continue  # around the functions that a file has several times, once for each level of simd.h
        count, number, text = parts
        if text.startswith("Source:"):
            source = Path(text.removeprefix("Source:")).name
        elif count != "-" and number.isdigit() and (KERNEL_FILES / source).is_file():
            place = source, int(number)
            ran[place] = ran.get(place, False) or count != "#####"
    never: dict[str, list[int]] = {}
    for file, line_number in sorted(place for place, used in ran.items() if not used):
        never.setdefault(file, []).append(line_number)
    return len(ran), never


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("kernel", nargs="*", help="kernels; all when absent")
    parser.add_argument("--cases", type=int, default=2000, help="nodes for each (default 2000)")
    parser.add_argument("--tflm", action="store_true", help="the other numerics, of the kernels that depend on them")
    args = parser.parse_args(arguments)
    numerics = Numerics.TFLM if args.tflm else Numerics.LITERT
    names, total = args.kernel or sorted(kernel_names(), key=lambda n: (n not in selected(), n)), Tally()
    with tempfile.TemporaryDirectory(prefix="edgeml-campaign-") as scratch:
        folder = Path(scratch)
        host = Driver.build(folder, numerics, (*SANITIZE, "--coverage"), names)
        vectors = [n for n in names if any("simd" in k.needs for k in selected().get(n, []))]
        levels = level_drivers(folder, vectors) if vectors else []
        for place in dict.fromkeys(core_for(selected().get(n, [])) for n in names):
            there = [n for n in names if core_for(selected().get(n, [])) == place]
            device = EmulatedDriver(there, *place, numerics)
            for name in there:
                hosts = [host, *(driver for driver in levels if name in driver.names)]
                tally = check(name, args.cases, hosts, device, numerics)
                _report(name, tally, place[0], folder)
                total.cases, total.emulated = total.cases + tally.cases, total.emulated + tally.emulated
                total.wrong += tally.wrong
    print(f"{len(names)} kernels, {total.cases:,} nodes, {total.emulated:,} emulated, {len(total.wrong)} wrong")
    return 1 if total.wrong else 0


def _report(name: str, tally: Tally, core: str, folder: Path) -> None:
    text = f"{name}: {tally.cases:,} nodes on the host, {tally.emulated:,} on {core}, {len(tally.wrong)} wrong"
    if tally.cases:
        lines, never = unused_lines(name, folder)
        missed = sum(map(len, never.values()))
        text += f"; {lines - missed} of {lines} lines ran"
        text += "".join(f"; never {file} {', '.join(map(str, numbers))}" for file, numbers in never.items())
    for title, counts in (("requantised", tally.requantised), ("refused", tally.refused)):
        if counts:
            text += f"; {title}: " + ", ".join(f"{n:,} {what}" for what, n in counts.most_common())
    print(text, *tally.wrong[:5], sep="\n  ", flush=True)


if __name__ == "__main__":
    sys.exit(main())
