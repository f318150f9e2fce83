"""Firmware on emulated cores: the same outputs everywhere, and exact counts."""

from __future__ import annotations

import struct
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("unicorn", reason="needs unicorn")
pytest.importorskip("ziglang", reason="needs the zig compiler: pip install ziglang")

from edgeml.errors import DataError, TargetError
from edgeml.targets.emulator import EmulatedTarget
from edgeml.targets.emulator.boot import boot
from edgeml.targets.emulator.decode import costs
from edgeml.targets.emulator.timing import TIMINGS
from tests.targets.firmware_libraries import ARITHMETIC, BUILDS, CORES, FAKE, LOOP, OTHERS, TOOLCHAINS, emulated


def fake_reference(x: np.ndarray) -> np.ndarray:
    weights = np.array([3, -5, 7, 11, -2, 9, 4, -8, 6, 1, -3, 12, 10, -7, 5, 2])
    scales = np.array([0.125, 0.0625, 0.09375, 0.03125], np.float32)
    sums = np.stack([(x.astype(np.int64) * np.roll(weights, -4 * o)).sum(1) for o in range(4)], 1)
    return np.clip(np.trunc(sums.astype(np.float32) * scales), -128, 127).astype(np.int8)


@pytest.mark.parametrize(("core", "toolchain"), BUILDS)
def test_every_core_computes_what_numpy_does(core: str, toolchain: str) -> None:
    x = np.random.default_rng(1).integers(-128, 128, (20, 16)).astype(np.int8)
    np.testing.assert_array_equal(emulated(FAKE, core, toolchain).run(x), fake_reference(x))


@pytest.mark.parametrize(("core", "toolchain"), BUILDS)
def test_native_and_python_hooks_count_the_same_and_layers_add_up(core: str, toolchain: str) -> None:
    target = emulated(FAKE, core, toolchain)
    x = np.arange(16, dtype=np.int8)
    native, python = target.profile(x, native=True), target.profile(x, native=False)
    assert native == python
    assert [layer.name for layer in native.layers] == ["sums", "scale"]
    assert sum(layer.instructions for layer in native.layers) == native.instructions
    if target.core.timing is None:
        assert native.cycles is None and native.cycles_model is None
    else:
        assert native.cycles is not None and native.cycles_model
        assert native.instructions < native.cycles == sum(layer.cycles or 0 for layer in native.layers)


# subs + bne a hundred times: 99 times taken, and bx; M4: P = 2
@pytest.mark.parametrize(
    ("core", "first", "second"),
    [
        ("cortex-m0plus", 1 + 100 * 2 + 99 * 1 + 2, 1 + 50 * 4 + 49 * 1 + 2),
        ("cortex-m3", 1 + 100 * 2 + 99 * 2 + 3, 1 + 50 * 4 + 49 * 2 + 3),
        ("cortex-m4", 1 + 100 * 2 + 99 * 2 + 3, 1 + 50 * 4 + 49 * 2 + 3),
    ],
)
@pytest.mark.parametrize("native", [True, False], ids=["native", "python"])
def test_counts_of_a_hand_counted_loop_are_exact(core: str, first: int, second: int, native: bool) -> None:
    target = emulated(LOOP, core)
    for symbol, cycles in (("loop_layer_0", first), ("loop_layer_1", second)):
        machine = boot(target.firmware, target.core, target._entries, native=native)
        machine.start_counting()
        machine.call(symbol)
        found = costs(machine.blocks(), machine.read_at, target.core.architecture, TIMINGS[target.core.timing], 3)
        assert (sum(c.instructions for c in found), sum(c.cycles for c in found)) == (202, cycles)


@pytest.mark.parametrize("core", OTHERS)
@pytest.mark.parametrize("native", [True, False], ids=["native", "python"])
def test_counts_are_exact_on_cores_without_a_timing_table(core: str, native: bool) -> None:
    target = emulated(LOOP, core)
    for symbol in ("loop_layer_0", "loop_layer_1"):
        machine = boot(target.firmware, target.core, target._entries, native=native)
        machine.start_counting()
        machine.call(symbol)
        found = costs(machine.blocks(), machine.read_at, target.core.architecture, None, 3)
        assert (sum(c.instructions for c in found), {c.cycles for c in found}) == (202, {None})


@pytest.mark.parametrize("core", ["cortex-m4", *OTHERS])
def test_counts_of_blocks_equal_those_of_single_instructions(core: str) -> None:
    import unicorn

    target = emulated(FAKE, core)
    machine, executed = target._boot(), []
    machine.engine.ctl_flush_tb()
    machine.engine.hook_add(unicorn.UC_HOOK_CODE, lambda engine, address, size, user: executed.append(size))
    x = np.arange(16, dtype=np.int8)
    machine.write("edgeml_firmware_input", x.tobytes())
    machine.call("edgeml_firmware_invoke")
    assert target.profile(x).instructions == len(executed) > 100
    # both lengths, where there are two
    assert set(executed) == ({4} if core == "aarch64" else {2, 4})


def test_counting_twice_gives_the_same() -> None:
    target = emulated(FAKE, "cortex-m4")
    x = np.full(16, 7, np.int8)
    target.run(x[np.newaxis])
    assert target.profile(x) == target.profile(x)


@pytest.mark.parametrize("toolchain", TOOLCHAINS)
@pytest.mark.parametrize(("value", "reason"), [(66, "write"), (77, "[Ii]nstruction|exception")])
def test_a_fault_names_address_function_and_remedy(value: int, reason: str, toolchain: str) -> None:
    target = emulated(LOOP, "cortex-m4", toolchain)
    with pytest.raises(TargetError, match=rf"fault at pc 0x\w+ in loop_\w+\+0x\w+: .*({reason}).* Check that"):
        target.run(np.array([[value]], np.int8))


def test_code_for_a_larger_core_faults_on_a_smaller_one() -> None:
    from edgeml.targets.cores import CORES as TABLE

    big = emulated(FAKE, "cortex-m4").firmware
    with pytest.raises(TargetError, match="emulated cortex-m0plus: fault"):
        boot(big, TABLE["cortex-m0plus"])


def test_memory_adds_up_and_the_stack_was_used() -> None:
    target = emulated(FAKE, "cortex-m0plus")
    memory = target.memory
    assert memory.flash == memory.code + memory.weights + target.firmware.sections.data
    assert memory.ram == memory.arena + memory.data_bss + memory.stack
    assert memory.arena == 64 and memory.weights == 16
    assert 16 <= memory.stack <= 256
    assert memory == EmulatedTarget(FAKE, "cortex-m0plus").memory


def test_latency_needs_a_board_and_a_table() -> None:
    x = np.zeros((1, 16), np.int8)
    board = emulated(FAKE, "arduino-nano-33-ble")
    latency = board.latency(x)
    assert latency is not None and latency.unit == "ms"
    assert latency.median == pytest.approx((board.profile(x[0]).cycles or 0) / 64_000)
    assert emulated(FAKE, "cortex-m4").latency(x) is None


def test_wrong_samples_are_refused() -> None:
    target = emulated(FAKE, "cortex-m4")
    with pytest.raises(DataError, match="shape"):
        target.run(np.zeros((2, 15), np.int8))
    with pytest.raises(DataError, match="int8"):
        target.run(np.zeros((2, 16), np.float32))


def test_the_runtime_names_emulator_compiler_and_flags() -> None:
    runtime = emulated(FAKE, "cortex-m4").runtime
    assert runtime.name == "emulated cortex-m4" and "unicorn" in runtime.version
    assert "zig cc" in runtime.compiler and "-ffp-contract=off" in runtime.flags and "cortex_m4" in runtime.flags


# -- the compiler's helper functions ---------------------------------------------------------------------------


def _wrap(value: int, bits: int, signed: bool) -> int:
    value &= (1 << bits) - 1
    return value - (1 << bits) if signed and value >> (bits - 1) else value


def _truncate_divide(a: int, b: int) -> int:
    return abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)


def _expected_integers(a: int, b: int) -> list[int]:
    b = b or 1
    ua, ub, shift = _wrap(a, 64, False), _wrap(b, 64, False), b & 63
    c, d = _wrap(a, 32, True), _wrap(b, 32, True) or 1
    uc, ud = _wrap(c, 32, False), _wrap(d, 32, False)
    quotient, quotient32 = _truncate_divide(a, b), _truncate_divide(c, d)
    return [
        _wrap(ua * ub, 64, False), _wrap(ua << shift, 64, False), ua >> shift, ua // ub, ua % ub,
        a >> shift, quotient, a - quotient * b, uc // ud, uc % ud, quotient32, c - quotient32 * d,
    ]  # fmt: skip


def _operands() -> list[tuple[int, int, float, float]]:
    rng = np.random.default_rng(5)
    random = [
        (int(a) >> int(s), int(b) >> int(t), float(x), float(y))
        for a, b, s, t, x, y in zip(
            *rng.integers(-(2**63), 2**63 - 1, (2, 60)),
            *rng.integers(0, 60, (2, 60)),
            *rng.integers(-(2**31), 2**31, (2, 60)).astype(np.int32).view(np.float32),
            strict=True,
        )
    ]
    edges = [
        (0, 0, 0.0, -0.0),
        (-1, 1, 1.0, 3.0),
        (2**63 - 1, 2**32, 1e-45, 0.5),
        (7, 32, np.inf, 2.0),
        (-(2**40), 63, -1.5, 1e38),
    ]
    # the quotient of INT_MIN by -1 is no number in C
    return [(a, b, x, y) for a, b, x, y in random + edges if _wrap(b, 32, True) != -1 and b != -1]


@pytest.mark.parametrize("toolchain", TOOLCHAINS)
def test_run_time_functions_equal_python_and_all_cores_agree_bit_for_bit(toolchain: str) -> None:
    operands = _operands()
    x = np.frombuffer(b"".join(struct.pack("<qqff", *o) for o in operands), np.int8).reshape(-1, 24)
    cores = [*CORES, *OTHERS] if toolchain == "zig" else CORES
    outputs = {core: emulated(ARITHMETIC, core, toolchain).run(x) for core in cores}
    for core in cores[1:]:  # the M4, M7, M33 and AArch64 have an FPU, the others compute floats with integers
        np.testing.assert_array_equal(outputs[core], outputs["cortex-m0plus"], err_msg=core)
    for (a, b, _, _), row in zip(operands, outputs["cortex-m0plus"], strict=True):
        assert list(struct.unpack_from("<5Q3q2I2i", row.tobytes())) == _expected_integers(a, b), (a, b)


def test_a_library_of_another_schema_is_refused(tmp_path: Path) -> None:
    from edgeml.errors import ModelFormatError

    (tmp_path / "manifest.json").write_text('{"schema": "other"}')
    with pytest.raises(ModelFormatError, match=r"schema must be edgeml\.c99/1"):
        EmulatedTarget(tmp_path, "cortex-m4")
