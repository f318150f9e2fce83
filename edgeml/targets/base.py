"""What every runnable target reports: how long a run took, and what ran it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Latency:
    """Time of one inference. `unit` is "us" for a measured target and "ms" or "us" for a modelled one."""

    unit: str
    median: float
    p95: float
    runs: int


@dataclass(frozen=True)
class Runtime:
    """Name and version of what ran the model, with the compiler and its flags where code was compiled."""

    name: str
    version: str
    compiler: str = ""
    flags: str = ""


@dataclass(frozen=True)
class Memory:
    """Bytes of a firmware image, without the carried self-test data.

    flash = code + weights + the image of .data; ram = arena + data_bss + stack. `stack` was seen, `stack_bound` is what
    the code can take at most; None where it has no static bound.
    """

    flash: int
    code: int
    weights: int
    ram: int
    arena: int
    data_bss: int
    stack: int
    stack_bound: int | None = None


@dataclass(frozen=True)
class FunctionProfile:
    """A function of the image: bytes of code, of its frame, of its deepest stack; instructions of its own in one run.

    `frame` and `stack` are None where the code gives no static bound.
    """

    name: str
    code: int
    frame: int | None
    stack: int | None
    instructions: int


@dataclass(frozen=True)
class LayerProfile:
    """Cost of one layer in one inference; `cycles` is None where the core has no timing table."""

    name: str
    op: str
    macs: int
    instructions: int
    cycles: int | None
    output_shape: tuple[int, ...]
    kernel: str = ""
