"""A method of the compiler, what stands in for it when it does nothing, and the tests that must then fail."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from types import ModuleType
from typing import Any


@dataclass(frozen=True)
class Method:
    """`target` is "module:attribute" (a dotted one for a member of a class), replaced by `noop`.

    A function without effect has the target's parameters. A value (a table, a class of settings) is what `noop` makes
    of the original when `value` is set. The target is replaced wherever the package has it, or, with `here`, in its
    own module alone, which need not be where it is defined: a gate that several repairs share is then opened for one.
    `tests` are pytest's names of files or tests, at least one of which fails without the method.
    """

    name: str
    target: str
    noop: Callable[..., Any]
    tests: tuple[str, ...]
    value: bool = False
    here: bool = False

    def owner(self) -> tuple[Any, str]:
        """The module or class that has the target, and the name there."""
        module, _, path = self.target.partition(":")
        owner: Any = import_module(module)
        *outer, name = path.split(".")
        for part in outer:
            owner = getattr(owner, part)
        return owner, name

    def apply(self) -> None:
        """Replace the target in this process; modules that are imported later find it replaced too."""
        owner, name = self.owner()
        original = vars(owner)[name]
        new = self.noop(original) if self.value else _as_descriptor(original, self.noop)
        setattr(owner, name, new)
        if not self.here and isinstance(owner, ModuleType):
            for module in [m for n, m in sys.modules.items() if n.startswith("edgeml.")]:
                for key, value in list(vars(module).items()):
                    found = _replaced(value, original, new)
                    if found is not value:
                        setattr(module, key, found)


def guards(file: str, *names: str) -> tuple[str, ...]:
    """pytest's names of the tests test_`names` in tests/`file`.py, or of the whole file."""
    path = f"tests/{file}.py"
    return tuple(f"{path}::test_{name}" for name in names) or (path,)


def _as_descriptor(original: object, noop: Callable[..., Any]) -> object:
    """`noop` as a property or static method where the original is one."""
    return type(original)(noop) if isinstance(original, (property, staticmethod)) else noop


def _replaced(value: object, original: object, new: object) -> object:
    """`value`, or `new` where it is the original; tables that hold the original are made anew."""
    if value is original:
        return new
    if isinstance(value, tuple) and type(value) is tuple and any(v is original for v in value):
        return tuple(new if v is original else v for v in value)
    if type(value) is dict and any(v is original for v in value.values()):
        return {k: new if v is original else v for k, v in value.items()}
    return value
