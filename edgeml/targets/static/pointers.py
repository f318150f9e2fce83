"""Which functions a call through a register can reach: compilers merge calls of several functions into one."""

from __future__ import annotations

from collections.abc import Mapping

from edgeml.targets.static.flow import Reader, Step

# a call leaves these as it likes
_CALLER_SAVED = frozenset({"r0", "r1", "r2", "r3", "ip", "r12", "lr"})


def targets(
    register: str, at: int, code: bytes, start: int, steps: Mapping[int, Step], reader: Reader
) -> frozenset[int] | None:
    """The addresses that `register` may hold at `at`, from all that writes it on the way there; None when unknown.

    `code` is the function at `start`, `steps` are its instructions that were reached so far. For Thumb: a literal, movw
    and movt, a move, or a place of the frame that holds one of these.
    """
    before: dict[int, list[int]] = {}
    for where, step in steps.items():
        for following in (*step.jumps, *((where + step.size,) if step.falls else ())):
            before.setdefault(following, []).append(where)
    found: set[int] = set()
    seen: set[tuple[str, int]] = set()
    # values of a register before an instruction
    waiting = [(register, at)]
    while waiting:
        name, here = waiting.pop()
        if (name, here) in seen:
            continue
        seen.add((name, here))
        if here == start:
            # an argument, or what the caller left there
            return None
        for where in before.get(here, ()):
            step = steps[where]
            if (step.calls is not None or step.through) and name in _CALLER_SAVED:
                return None
            if not reader.writes(name, code[where - start :], where):
                waiting.append((name, where))
                continue
            if reader.is_conditional(where):
                # what was there before may stay
                waiting.append((name, where))
            value = reader.loaded(name, code, start, where)
            source = reader.copied(name, code[where - start :], where)
            if value is not None:
                found.add(value)
            elif isinstance(source, str):
                waiting.append((source, where))
            elif source is not None:
                stores = [(r, w) for w in steps if (r := reader.stored(source, code[w - start :], w))]
                if not stores:
                    return None
                waiting += stores
            else:
                return None
    return frozenset(found) or None
