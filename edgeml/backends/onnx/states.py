"""Names of states at the boundary of an ONNX model: an input with a default, and an output to feed back into it."""

from __future__ import annotations

from edgeml.ir import State

IN, OUT = "_in", "_out"


def state_input(state: State) -> str:
    """Input with the old value; left out, the model starts from the initial one."""
    return f"{state.input}{IN}"


def state_output(state: State) -> str:
    """Output with the value for the next run."""
    return f"{state.input}{OUT}"
