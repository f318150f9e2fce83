"""Every kernel that can be selected against the operator's reference, bit for bit: on the host under ASan and UBSan,
and on emulated cores.

EDGEML_KERNEL_CASES sets how many valid random nodes each kernel gets.
"""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from edgeml.backends.c99.emit import KERNELS as KERNEL_FILES
from edgeml.backends.c99.selection import KERNELS, Kernel, Machine
from edgeml.ir import Numerics
from edgeml.ops import OPS
from edgeml.targets.cores import CORES
from tests.backends.c99.selection.nodes import random_nodes
from tests.ops.emulated_driver import EmulatedDriver
from tests.ops.kernel_driver import Driver, level_drivers

CASES = int(os.environ.get("EDGEML_KERNEL_CASES", "60"))
ALL = [k for kernels in KERNELS.values() for k in kernels]
EMULATED = [(k, core.name) for k in ALL for core in CORES.values() if core.emulated and k.needs <= set(core.features)]
VECTORS = [k for k in ALL if "simd" in k.needs]
# kernels whose arithmetic depends on the numerics
TFLM = [k for k in ALL if f"#define edgeml_{k.name} " in (KERNEL_FILES / "numerics.h").read_text()]
needs_host_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")


@pytest.fixture(scope="module")
def driver(tmp_path_factory: pytest.TempPathFactory) -> Driver:
    names = sorted({k.name for k in ALL if k not in VECTORS})
    return Driver.build(tmp_path_factory.mktemp("driver"), names=names)


@pytest.fixture(scope="module")
def levels(tmp_path_factory: pytest.TempPathFactory) -> list[Driver]:
    return level_drivers(tmp_path_factory.mktemp("levels"), sorted({k.name for k in VECTORS}))


@needs_host_gcc
@pytest.mark.parametrize("kernel", [k for k in ALL if k not in VECTORS], ids=lambda k: k.name)
def test_on_the_host(kernel: Kernel, driver: Driver) -> None:
    _compare_on_the_host(kernel, [driver])


@needs_host_gcc
@pytest.mark.parametrize("kernel", VECTORS, ids=lambda k: f"{k.op}-{k.name}")
def test_on_the_host_at_every_level(kernel: Kernel, levels: list[Driver]) -> None:
    _compare_on_the_host(kernel, levels)


def _compare_on_the_host(kernel: Kernel, drivers: Sequence[Driver]) -> None:
    cases = list(random_nodes(kernel, Machine("any", kernel.needs), CASES))
    calls = [kernel.call(bound) for bound, _ in cases]
    wanted = [OPS[kernel.op].reference(bound, *inputs)[0] for bound, inputs in cases]
    for driver in drivers:
        for want, outputs in zip(wanted, driver.run(cases, calls), strict=True):
            np.testing.assert_array_equal(outputs[0], want)


@pytest.fixture(scope="module")
def tflm_driver(tmp_path_factory: pytest.TempPathFactory) -> Driver:
    names = sorted({k.name for k in TFLM})
    return Driver.build(tmp_path_factory.mktemp("tflm_driver"), Numerics.TFLM, names=names)


@needs_host_gcc
@pytest.mark.parametrize("kernel", TFLM, ids=lambda k: k.name)
def test_on_the_host_under_tflm_numerics(kernel: Kernel, tflm_driver: Driver) -> None:
    cases = list(random_nodes(kernel, Machine("any", kernel.needs), CASES, Numerics.TFLM))
    calls = [kernel.call(bound) for bound, _ in cases]
    for (bound, inputs), outputs in zip(cases, tflm_driver.run(cases, calls), strict=True):
        np.testing.assert_array_equal(outputs[0], OPS[kernel.op].reference(bound, *inputs)[0])


@pytest.mark.needs_gcc
@pytest.mark.parametrize("core", sorted({core for _, core in EMULATED}))
def test_on_emulated_cores(core: str) -> None:
    if CORES[core].emulator == "qemu" and shutil.which("qemu-system-arm") is None:
        pytest.skip("qemu-system-arm is not installed")
    # gcc knows some cores only
    toolchains = ("gcc", "zig") if CORES[core].gcc_flags else ("zig",)
    _compare_on_core(core, toolchains, [k for k, name in EMULATED if name == core], Numerics.LITERT)


@pytest.mark.needs_gcc
def test_on_an_emulated_core_under_tflm_numerics() -> None:
    kernels = [k for k, name in EMULATED if name == "cortex-m4" and k in TFLM]
    _compare_on_core("cortex-m4", ("gcc", "zig"), kernels, Numerics.TFLM)


@pytest.mark.needs_gcc
def test_dot_products_of_aarch64(monkeypatch: pytest.MonkeyPatch) -> None:
    later = replace(CORES["aarch64"], zig_cpu="cortex_a53+dotprod", unicorn_model="ARM64_MAX")
    monkeypatch.setitem(CORES, "aarch64", later)
    _compare_on_core("aarch64", ("zig",), VECTORS, Numerics.LITERT)


def _compare_on_core(core: str, toolchains: Sequence[str], kernels: Sequence[Kernel], numerics: Numerics) -> None:
    names = sorted({k.name for k in kernels})
    devices = {toolchain: EmulatedDriver(names, core, toolchain, numerics) for toolchain in toolchains}
    for kernel in kernels:
        for bound, inputs in random_nodes(kernel, CORES[core].machine, CASES, numerics):
            call = kernel.call(bound)
            if call.repeat == 1:
                want = OPS[kernel.op].reference(bound, *inputs)[0]
                over = [None, *(o for o in kernel.accesses(bound, call) if o.written == 0)]
                for (toolchain, device), overlap in itertools.product(devices.items(), over):
                    got = device.run(bound, call, inputs, overlap)
                    what = f"{kernel.name}, {toolchain}" + (": y over x" if overlap else "")
                    np.testing.assert_array_equal(got, want, what)
