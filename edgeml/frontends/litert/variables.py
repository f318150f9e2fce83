"""Variables of a .tflite graph while it is read; what is left of them at the end are the graph's states."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from edgeml.errors import ModelFormatError, UnsupportedError
from edgeml.formats.litert import TensorRecord
from edgeml.ir import State, Tensor


@dataclass
class _Variable:
    """`old` is the tensor that a run finds, "" when none reads it; `value` is the one that holds now."""

    old: str = ""
    value: str = ""


class Variables:
    """Resource variables by key, and the tensors that name one."""

    def __init__(self, tensors: dict[str, Tensor]) -> None:
        self._tensors = tensors
        self._keys: dict[str, str] = {}
        self._variables: dict[str, _Variable] = {}
        self._inside: list[State] = []
        # key -> constant of the graph that runs once
        self.first: dict[str, TensorRecord] = {}

    def handle(self, name: str, key: str) -> None:
        """Tensor `name` is a handle of the variable `key`."""
        self._keys[name] = key
        self._variables.setdefault(key, _Variable())

    def read(self, handle: str, output: Tensor) -> str:
        """Tensor that holds the variable's value at this point; `output` when it is the old one, read first here."""
        variable = self._find(handle)
        if not variable.value:
            variable.old = variable.value = output.name
        return variable.value

    def assign(self, handle: str, value: str) -> None:
        """The variable holds `value` from here on."""
        self._find(handle).value = value

    def update(self, name: str, new: str) -> None:
        """An operator leaves `new` in its variable tensor `name`."""
        if any(s.input == name for s in self._inside):
            raise UnsupportedError(
                f"variable tensor '{name}': two operators write it. Give each a variable of its own."
            )
        self._inside.append(State(name, new))

    def states(self) -> tuple[State, ...]:
        """The states; variables that no run assigns become constants."""
        found = list(self._inside)
        for key, variable in self._variables.items():
            if not variable.old:
                continue
            initial = self._initial(key, self._tensors[variable.old])
            if variable.value == variable.old:
                self._tensors[variable.old] = replace(initial, name=variable.old)
                continue
            assert initial.data is not None
            zero = initial.type.zero_point if initial.quantization is not None else 0
            name = ""
            if (initial.data != zero).any():
                name = initial.name
                self._tensors[name] = initial
            found.append(State(variable.old, variable.value, name))
        return tuple(found)

    def _initial(self, key: str, old: Tensor) -> Tensor:
        record = self.first.get(key)
        name = f"{old.name}/initial"
        while name in self._tensors:
            name += "_"
        if record is None:
            zero = old.type.zero_point if old.quantization is not None else 0
            return Tensor(name, old.type, np.full(old.shape, zero, old.dtype.numpy))
        if record.type.shape != old.shape or record.type.dtype is not old.dtype:
            raise ModelFormatError(f"variable '{key}': its initial value has another shape or type than what is read.")
        return Tensor(name, old.type, record.data)

    def _find(self, handle: str) -> _Variable:
        if handle not in self._keys:
            raise ModelFormatError(f"tensor '{handle}' is used as a variable but is none. The file is damaged.")
        return self._variables[self._keys[handle]]
