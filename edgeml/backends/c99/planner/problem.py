"""Buffers with their lifetimes, and for each pair that lives at one time the distances at which both may lie."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field

from edgeml.backends.c99.accesses import Overlap

# offsets and sizes are counted in words of so many bytes: float32 and int32 need this alignment
WORD = 4
FAR = 1 << 40

Interval = tuple[int, int]


@dataclass(frozen=True)
class Buffer:
    """`size` words, in use from step `first` to step `last`, both included."""

    name: str
    size: int
    first: int
    last: int


@dataclass(frozen=True)
class Relation:
    """Buffers `a` < `b` (positions) live at one time: offset of b - offset of a lies in one of `allowed`.

    The intervals are in words, ascending, both ends included.
    """

    a: int
    b: int
    allowed: tuple[Interval, ...]


@dataclass(frozen=True)
class Shared:
    """What a step allows between a buffer that it reads last and one that it writes first; in bytes, see Overlap."""

    most: int
    step: int = 0


@dataclass(frozen=True)
class Problem:
    """All buffers of an arena and their relations."""

    buffers: tuple[Buffer, ...]
    relations: tuple[Relation, ...]

    def part(self, chosen: Sequence[int]) -> Problem:
        """The problem of some of the buffers alone: it takes no more memory than the whole."""
        place = {old: new for new, old in enumerate(chosen)}
        relations = (r for r in self.relations if r.a in place and r.b in place)
        return Problem(
            tuple(self.buffers[i] for i in chosen),
            tuple(Relation(place[r.a], place[r.b], r.allowed) for r in relations),
        )


@dataclass
class Sharing:
    """Collects which buffers may overlap in which step: (step, read, written) -> terms, None where one read objects."""

    terms: dict[tuple[int, str, str], Shared | None] = field(default_factory=dict)

    def add(self, step: int, read: str, written: str, overlap: Overlap | None) -> None:
        """One input of the node at `step` lies in buffer `read`: its terms with buffer `written`, None for none."""
        key = (step, read, written)
        new = None if overlap is None else Shared(overlap.most, overlap.step)
        if key not in self.terms:
            self.terms[key] = new
            return
        old = self.terms[key]
        if old is None or new is None or old.step or new.step:
            self.terms[key] = old if old == new else None
        else:
            self.terms[key] = Shared(min(old.most, new.most))


def build_problem(
    buffers: Sequence[Buffer],
    sharing: Mapping[tuple[int, str, str], Shared | None],
    strangers: Collection[frozenset[str]] = (),
) -> Problem:
    """The relations of all buffers that live at one time; pairs of `strangers` never do, whatever their steps."""
    relations = []
    for i, a in enumerate(buffers):
        for j in range(i + 1, len(buffers)):
            b = buffers[j]
            if a.first > b.last or b.first > a.last or not a.size or not b.size:
                continue
            if frozenset((a.name, b.name)) in strangers:
                continue
            # the intervals are of (later - earlier); turned round where the later one comes first in the list
            turned = b.first < a.first
            early, late = (b, a) if turned else (a, b)
            terms = sharing.get((late.first, early.name, late.name)) if early.last == late.first else None
            allowed = _allowed(early.size, late.size, terms)
            if turned:
                allowed = tuple((-high, -low) for low, high in reversed(allowed))
            relations.append(Relation(i, j, allowed))
    return Problem(tuple(buffers), tuple(relations))


def _allowed(early: int, late: int, terms: Shared | None) -> tuple[Interval, ...]:
    """Distances from the start of the earlier buffer to that of the later one."""
    apart: tuple[Interval, ...] = ((-FAR, -late), (early, FAR))
    if terms is None:
        return apart
    if terms.step:
        places = [(n, n) for n in _distances(terms) if -late < n < early]
        return (apart[0], *places, apart[1])
    most = max(terms.most // WORD, -late)
    return ((-FAR, FAR),) if most >= early - 1 else ((-FAR, most), apart[1])


def _distances(terms: Shared) -> list[int]:
    """Distances in whole steps and words: the largest, and none at all where that is allowed."""
    largest = next((n for n in range(terms.most, terms.most - WORD * terms.step, -terms.step) if n % WORD == 0), None)
    found = set() if largest is None else {largest // WORD}
    if terms.most > 0 and terms.most % terms.step == 0:
        found.add(0)
    return sorted(found)
