"""Which weights go together: single ones, blocks, or N of every M; from scores to masks.

A pattern sees the weights of a layer as a matrix (O, K): one row an output channel, K = taps x input channels in the
order in which the kernels pack them (the input channel runs fastest).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from edgeml.errors import UsageError
from edgeml.ir import Array

Scope = Literal["layer", "global"]
Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Block:
    """`rows` neighbouring output channels by `columns` neighbouring inputs stay or go together; 1 x 1 is an element.

    Blocks at the end of a row or column are smaller where the matrix is no multiple of theirs.
    """

    rows: int = 1
    columns: int = 1

    @property
    def densest(self) -> float:
        """The largest share of zeros that the pattern can reach."""
        return 1.0

    def units(self, scores: Array) -> tuple[Array, Array, Array]:
        """Of a matrix (O, K): the unit of each weight (O, K), each unit's mean score and its size."""
        rows, columns = scores.shape
        across = -(-columns // self.columns)
        unit = np.arange(rows)[:, None] // self.rows * across + np.arange(columns) // self.columns
        sizes = np.bincount(unit.ravel())
        return unit, np.bincount(unit.ravel(), scores.ravel().astype(np.float64)) / sizes, sizes


@dataclass(frozen=True)
class KeepOf:
    """Of `group` neighbouring inputs of an output channel the `keep` best stay, whatever the sparsity (N:M).

    A shorter group at the end of a row keeps its share, rounded up.
    """

    keep: int
    group: int

    @property
    def densest(self) -> float:
        return 1 - self.keep / self.group

    def units(self, scores: Array) -> tuple[Array, Array, Array]:
        """As `Block.units`, each weight a unit; those that stay have infinite scores."""
        rows, columns = scores.shape
        pad = -columns % self.group
        groups = np.pad(scores.astype(np.float64), ((0, 0), (0, pad)), constant_values=-np.inf)
        groups = groups.reshape(rows, -1, self.group)
        keep = np.full(groups.shape[1], self.keep)
        if pad:
            keep[-1] = -(-self.keep * (self.group - pad) // self.group)
        # the first of equal scores stays
        rank = np.argsort(np.argsort(-groups, axis=2, kind="stable"), axis=2)
        stays = (rank < keep[:, None]).reshape(rows, -1)[:, :columns]
        found = np.where(stays, np.inf, scores).ravel()
        return np.arange(found.size).reshape(rows, columns), found, np.ones(found.size, np.int64)


Pattern = Block | KeepOf
ELEMENT = Block()


def parse_pattern(text: str) -> Pattern:
    """`element`, `N:M` (such as 2:4) or `block:OxI` (such as block:1x4); UsageError for anything else."""
    if text == "element":
        return ELEMENT
    if (found := re.fullmatch(r"(\d+):(\d+)", text)) and 0 < int(found[1]) < int(found[2]):
        return KeepOf(int(found[1]), int(found[2]))
    if (found := re.fullmatch(r"block:(\d+)x(\d+)", text)) and int(found[1]) and int(found[2]):
        return Block(int(found[1]), int(found[2]))
    raise UsageError(
        f"pruning pattern must be element, N:M with 0 < N < M (such as 2:4) or block:OxI (such as block:1x4). "
        f"Got '{text}'."
    )


def pattern_masks(
    scores: Mapping[str, Array], sparsity: float, pattern: Pattern = ELEMENT, scope: Scope = "layer"
) -> dict[str, Mask]:
    """Masks (True = keep) that zero the share `sparsity` of the weights, in units of `pattern`, least score first.

    `scores` are >= 0, outputs along axis 0, inputs along the last. "layer" zeroes that share of each array; "global"
    ranks all units together, so scores must be comparable between arrays. Units are whole: the share is met as nearly
    as that allows, never exceeded by more than rounding to one weight. N:M zeroes at most its own share, which a
    shorter group at the end of a row may lower. Ties break by position: the result is deterministic.
    """
    if not 0.0 <= sparsity < 1.0:
        raise UsageError(f"sparsity must be at least 0 and below 1. Got {sparsity}.")
    if scope not in get_args(Scope):
        raise UsageError(f"unknown pruning scope '{scope}'. Choose one of {', '.join(get_args(Scope))}.")
    if sparsity > pattern.densest + 1e-9:
        raise UsageError(
            f"{_text(pattern)} zeroes at most {pattern.densest:.1%} of the weights. Got sparsity {sparsity}. Lower it, "
            "or choose another pattern."
        )
    if not scores:
        return {}
    found = {name: pattern.units(_matrix(s)) for name, s in scores.items()}
    if scope == "layer":
        kept = {name: _kept(values, sizes, sparsity) for name, (_, values, sizes) in found.items()}
    else:
        values = np.concatenate([v for _, v, _ in found.values()])
        together = _kept(values, np.concatenate([s for _, _, s in found.values()]), sparsity)
        ends = np.cumsum([len(v) for _, v, _ in found.values()])[:-1]
        kept = dict(zip(found, np.split(together, ends), strict=True))
    return {name: kept[name][unit].reshape(scores[name].shape) for name, (unit, _, _) in found.items()}


def _kept(scores: Array, sizes: Array, sparsity: float) -> Mask:
    """Which units stay, bool (units,)."""
    order = np.argsort(scores, kind="stable")
    gone = np.cumsum(sizes[order]) <= round(sparsity * int(sizes.sum()))
    gone &= np.isfinite(scores[order])
    mask = np.ones(len(scores), np.bool_)
    mask[order[gone]] = False
    return mask


def _matrix(scores: Array) -> Array:
    return scores.reshape(len(scores), -1) if scores.ndim > 1 else scores.reshape(1, -1)


def _text(pattern: Pattern) -> str:
    return (
        f"{pattern.keep}:{pattern.group}" if isinstance(pattern, KeepOf) else f"block:{pattern.rows}x{pattern.columns}"
    )
