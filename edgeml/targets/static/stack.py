"""Worst-case stack from the linked image: each function's frame along all its paths, and the tree of calls."""

from __future__ import annotations

import bisect
from collections.abc import Mapping
from dataclasses import dataclass, field

from edgeml.errors import TargetError
from edgeml.targets.architectures import Architecture
from edgeml.targets.elf import Firmware, Symbol
from edgeml.targets.static.flow import Reader, Step
from edgeml.targets.static.pointers import targets


@dataclass(frozen=True)
class Function:
    """A function of the image: bytes of code, of its own frame, and of the deepest stack below its caller's."""

    name: str
    address: int
    code: int
    frame: int
    stack: int
    # what it calls on the deepest path, by name; empty where its own frame is the deepest
    deepest: str = ""


@dataclass
class _Frame:
    """What the walk through one function finds: its deepest own stack, and how deep it is at each call."""

    deepest: int = 0
    calls: dict[int, int] = field(default_factory=dict)


def call_tree(firmware: Firmware, architecture: Architecture, root: str) -> tuple[Function, ...]:
    """The function `root` and all that it may call, deepest stack first.

    Raises TargetError where the code gives no bound: recursion, a call through a pointer, a computed stack pointer.
    """
    return tuple(sorted(_Walker(firmware, architecture).tree(root), key=lambda f: (-f.stack, f.name)))


def stack_bound(firmware: Firmware, architecture: Architecture, root: str) -> int:
    """Bytes of stack that a call of `root` can take at most; TargetError where the code gives no bound."""
    return next(f.stack for f in call_tree(firmware, architecture, root) if f.name == firmware.symbol(root).name)


class _Walker:
    def __init__(self, firmware: Firmware, architecture: Architecture) -> None:
        self._firmware, self._reader = firmware, Reader(architecture)
        self._functions = sorted((s for s in firmware.symbols if s.is_function and s.size), key=lambda s: s.address)
        self._starts = [s.address for s in self._functions]
        self._bit = architecture.code_bit

    def tree(self, root: str) -> list[Function]:
        done: dict[int, Function] = {}
        self._visit(self._firmware.symbol(root), done, ())
        return list(done.values())

    def _visit(self, symbol: Symbol, done: dict[int, Function], callers: tuple[int, ...]) -> Function:
        if symbol.address in callers:
            raise _unbounded(symbol, "calls itself")
        if symbol.address not in done:
            found = self._frame(symbol)
            best, name = found.deepest, ""
            for target, depth in found.calls.items():
                callee = self._visit(self._function(target, symbol), done, (*callers, symbol.address))
                if depth + callee.stack > best:
                    best, name = depth + callee.stack, callee.name
            done[symbol.address] = Function(symbol.name, symbol.address, symbol.size, found.deepest, best, name)
        return done[symbol.address]

    def _frame(self, symbol: Symbol) -> _Frame:
        """Follow every path; the stack pointer must be the same wherever two of them meet."""
        start, end = symbol.address, symbol.address + symbol.size
        code = self._firmware.read(start, symbol.size)
        steps: dict[int, Step] = {}
        depths: dict[int, int] = {}
        found = _Frame()
        waiting = [(start, 0)]
        tables: list[int] = []
        pointers: list[tuple[int, int, Step]] = []
        while waiting or tables or pointers:
            if not waiting and pointers:
                at, depth, step = pointers.pop()
                known = targets(step.through, at, code, start, steps, self._reader)
                for target in known or ():
                    found.calls[target & ~self._bit] = max(found.calls.get(target & ~self._bit, 0), depth)
                if known is None and not step.anywhere:
                    raise _unbounded(symbol, f"calls through a pointer at {at:#x}")
                if known is None:
                    tables.append(depth)
                continue
            if not waiting:
                # a table of jumps: what no other path reached is entered from there, stretch after stretch
                waiting = [(at, tables[-1]) for at in self._unreached(start, end, code, depths, steps)]
                if not waiting:
                    tables.clear()
                continue
            at, depth = waiting.pop()
            if at in depths:
                if depths[at] != depth:
                    raise _unbounded(symbol, f"reaches {at:#x} with stacks of {depths[at]} and {depth} bytes")
                continue
            step = steps[at] = self._reader.step(code[at - start :], at)
            depths[at], grows = depth, step.grows
            if grows is None and step.by:
                moved = self._reader.constant(step.by, code, start, at)
                grows = None if moved is None else -moved
            if grows is None:
                raise _unbounded(symbol, f"computes its stack pointer at {at:#x}")
            after = depth + grows
            found.deepest = max(found.deepest, after)
            # Thumb code reaches far labels of its own function with the instruction of a call
            for target in step.jumps if step.calls is None else (step.calls & ~self._bit,):
                if start < target < end or (target == start and step.calls is None):
                    waiting.append((target, after))
                else:
                    found.calls[target] = max(found.calls.get(target, 0), after)
            if step.through:
                pointers.append((at, after, step))
            elif step.anywhere:
                tables.append(after)
            if step.falls and at + step.size < end:
                waiting.append((at + step.size, after))
        return found

    def _unreached(
        self, start: int, end: int, code: bytes, depths: Mapping[int, int], steps: Mapping[int, Step]
    ) -> list[int]:
        """The first instruction of each stretch of code, not data, that no path has reached."""
        found, at = [], start
        before = True
        while at < end:
            if at in depths:
                at += steps[at].size
                before = True
            elif self._firmware.is_data(at):
                at += 2
                before = True
            else:
                if before:
                    found.append(at)
                before = False
                at += self._reader.step(code[at - start :], at).size
        return found

    def _function(self, address: int, caller: Symbol) -> Symbol:
        at = bisect.bisect_right(self._starts, address & ~self._bit) - 1
        if at < 0 or address >= self._starts[at] + self._functions[at].size:
            raise _unbounded(caller, f"calls {address:#x}, where no function is")
        return self._functions[at]


def _unbounded(symbol: Symbol, why: str) -> TargetError:
    return TargetError(f"function '{symbol.name}': {why}, so its stack has no static bound. Measure it instead.")
