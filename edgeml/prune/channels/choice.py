"""Which channels go: the least important of each layer, or of all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from edgeml.errors import UsageError
from edgeml.ir import Array, Graph
from edgeml.prune.channels.cheapest import Price, cheapest_channels, multiplications
from edgeml.prune.channels.dependencies import channel_dependencies
from edgeml.prune.channels.groups import channel_groups
from edgeml.prune.patterns import Mask, Scope

# packed kernels take so many inputs of a window at a time, and their outputs in twos or fours
PACKED = 4


@dataclass(frozen=True)
class Channel:
    """Whole output channels go; every layer keeps a `multiple` of them."""

    multiple: int = PACKED

    @property
    def densest(self) -> float:
        return 1.0


def parse_channel(text: str) -> Channel | None:
    """`channel` (fours stay) or `channel:M` (a multiple of M stays); None for anything else."""
    found = re.fullmatch(r"channel(?::([1-9]\d*))?", text)
    return Channel(int(found[1] or PACKED)) if found else None


def weakest_channels(
    graph: Graph,
    scores: Mapping[str, Array],
    share: float,
    scope: Scope = "layer",
    multiple: int = 1,
    price: Price = multiplications,
) -> frozenset[int]:
    """Numbers of the channels that go: the share 0 <= `share` < 1 of those that may, least mean score of weights first.

    `scores` are those of weights (tensors' names, outputs along axis 0); channels whose weights have none stay. "layer"
    takes the share of each layer's, to the nearest multiple; "global" at least the share of all together, those that
    lose least for what they save by `price` (cheapest.py). Every layer keeps a `multiple` of channels, one at least.
    """
    if not 0 <= share < 1:
        raise UsageError(f"the share of channels must be at least 0 and below 1. Got {share}.")
    if multiple < 1:
        raise UsageError(f"the multiple of channels must be at least 1. Got {multiple}.")
    if scope == "global":
        return cheapest_channels(graph, scores, share, multiple, price)
    gone: set[int] = set()
    for group in channel_groups(graph, channel_dependencies(graph), scores):
        count = len(group.numbers)
        keep = multiple * max(1, round(count * (1 - share) / multiple)) if share else count
        gone.update(group.numbers[: max(0, count - keep)].tolist())
    return frozenset(gone)


def channel_masks(graph: Graph, gone: frozenset[int]) -> dict[str, Mask]:
    """Masks of weights (tensors' names, True = keep) that zero what makes and what reads the channels in `gone`."""
    channels, masks = channel_dependencies(graph), {}
    removed = np.array(sorted(gone))
    for bound in graph.bound():
        if bound.name in channels.columns:
            weights = bound.input(1)
            rows = ~np.isin(channels.of[bound.output.name], removed)
            columns = ~np.isin(channels.columns[bound.name], removed)
            rest = (1,) * (len(weights.shape) - 2)
            mask = rows.reshape(-1, *rest, 1) & columns.reshape(1, *rest, -1)
            masks[weights.name] = np.ascontiguousarray(np.broadcast_to(mask, weights.shape))
    return masks
