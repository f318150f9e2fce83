"""Which channels go: the least important of a layer, or of all."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from edgeml.errors import UnsupportedError, UsageError
from edgeml.ir import Array, Graph
from edgeml.prune.channels.dependencies import PRODUCERS, Channels, channel_dependencies
from edgeml.prune.patterns import Mask, Scope


@dataclass(frozen=True)
class Channel:
    """Whole output channels go; every layer keeps a `multiple` of them."""

    multiple: int = 1

    @property
    def densest(self) -> float:
        return 1.0


def parse_channel(text: str) -> Channel | None:
    """`channel` or `channel:M` (a multiple of M stays); None for anything else."""
    found = re.fullmatch(r"channel(?::([1-9]\d*))?", text)
    return Channel(int(found[1] or 1)) if found else None


def weakest_channels(
    graph: Graph, scores: Mapping[str, Array], share: float, scope: Scope = "layer", multiple: int = 1
) -> frozenset[int]:
    """Numbers of the channels that go: the share 0 <= `share` < 1 of those that may, least mean score of weights first.

    `scores` are those of weights (tensors' names, outputs along axis 0); channels whose weights have none stay. "layer"
    takes the share of each layer's, "global" of all together. Every layer keeps a `multiple` of channels, at least one;
    a number of channels that is no multiple keeps at least as many.
    """
    if not 0 <= share < 1:
        raise UsageError(f"the share of channels must be at least 0 and below 1. Got {share}.")
    if multiple < 1:
        raise UsageError(f"the multiple of channels must be at least 1. Got {multiple}.")
    channels = channel_dependencies(graph)
    layers = _layers(graph, channels, scores)
    if not layers:
        raise UnsupportedError(
            f"graph '{graph.name}': no channel can go: outputs and channels of unknown operators stay. Prune weights "
            "instead."
        )
    gone: set[int] = set()
    threshold = None
    if scope == "global":
        every = np.sort(np.concatenate([s for _, s in layers]))
        count = round(share * len(every))
        threshold = every[count] if count < len(every) else np.inf
    for numbers, values in layers:
        wanted = share * len(numbers) if threshold is None else int(np.count_nonzero(values < threshold))
        keep = multiple * max(1, round((len(numbers) - wanted) / multiple))
        order = np.argsort(values, kind="stable")
        gone.update(numbers[order[: max(0, len(numbers) - keep)]].tolist())
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


def _layers(graph: Graph, channels: Channels, scores: Mapping[str, Array]) -> list[tuple[Array, Array]]:
    """For every set of layers whose channels are joined: the numbers that may go, and the mean score of each."""
    totals: dict[int, float] = {}
    counts: dict[int, int] = {}
    makers: dict[int, list[str]] = {}
    kept = set(channels.fixed)
    for bound in graph.bound():
        if bound.node.op not in PRODUCERS:
            continue
        numbers = channels.of[bound.output.name]
        score = scores.get(bound.node.inputs[1])
        if score is None:
            kept.update(numbers.tolist())
            continue
        for number, row in zip(numbers.tolist(), score.reshape(len(score), -1), strict=True):
            totals[number] = totals.get(number, 0.0) + float(row.sum(dtype=np.float64))
            counts[number] = counts.get(number, 0) + row.size
            makers.setdefault(number, []).append(bound.name)
    groups: dict[tuple[str, ...], list[int]] = {}
    for number, names in makers.items():
        if number not in kept:
            groups.setdefault(tuple(names), []).append(number)
    return [(np.array(g), np.array([totals[n] / counts[n] for n in g])) for g in groups.values()]
