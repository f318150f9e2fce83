"""Channels that the same layers make, and how much of those layers each of them is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from edgeml.errors import UnsupportedError
from edgeml.ir import Array, Graph
from edgeml.prune.channels.dependencies import PRODUCERS, Channels, channel_dependencies


@dataclass(frozen=True, eq=False)
class Group:
    """Channels that may go, `numbers` int (n,), the least important first; `energies` float64 (layers, n) are the
    squares of their mean scores in each of the layers that make them."""

    numbers: Array
    energies: Array

    def loss(self, gone: int) -> float:
        """What is lost with the first `gone` channels: the energy that is missing for each that is left, summed over
        the layers; infinite for all channels."""
        missing, left = self.energies[:, :gone].sum(axis=1), self.energies[:, gone:].sum(axis=1)
        return float(np.sum(np.divide(missing, left, out=np.full(len(left), np.inf), where=left > 0)))


def channel_count(graph: Graph, scores: Mapping[str, Array]) -> int:
    """How many channels of a graph may go."""
    return sum(len(g.numbers) for g in channel_groups(graph, channel_dependencies(graph), scores))


def channel_groups(graph: Graph, channels: Channels, scores: Mapping[str, Array]) -> tuple[Group, ...]:
    """The groups of a graph, in graph order; see `weakest_channels` for `scores`.

    Raises UnsupportedError where no channel may go.
    """
    found: dict[int, list[float]] = {}
    makers: dict[int, list[str]] = {}
    kept = set(channels.fixed)
    for bound in graph.bound():
        if bound.node.op not in PRODUCERS:
            continue
        numbers = channels.of[bound.output.name].tolist()
        score = scores.get(bound.node.inputs[1])
        if score is None:
            kept.update(numbers)
            continue
        means = score.reshape(len(score), -1).mean(axis=1, dtype=np.float64)
        for number, mean in zip(numbers, means.tolist(), strict=True):
            found.setdefault(number, []).append(mean)
            makers.setdefault(number, []).append(bound.name)
    together: dict[tuple[str, ...], list[int]] = {}
    for number, names in makers.items():
        if number not in kept:
            together.setdefault(tuple(names), []).append(number)
    if not together:
        raise UnsupportedError(
            f"graph '{graph.name}': no channel can go: outputs and channels of unknown operators stay. Prune weights "
            "instead."
        )
    return tuple(_ordered(np.array(numbers), [found[n] for n in numbers]) for numbers in together.values())


def _ordered(numbers: Array, means: list[list[float]]) -> Group:
    energies = np.square(np.array(means)).T
    parts = energies / np.maximum(energies.sum(axis=1, keepdims=True), 1e-300)
    order = np.argsort(parts.sum(axis=0), kind="stable")
    return Group(numbers[order], energies[:, order])
