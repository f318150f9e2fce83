"""Which channels go when layers compete: those that lose least for what they bring nearer.

Channels that go leave noise in a layer, those that are left are its signal; the loss is noise / signal in energy, the
energy of a channel the square of its weights' mean score. It compares layers of any size and grows without bound as a
layer is used up; like LAMP (Lee et al. 2021, arXiv:2010.07611) it relates a weight to what is left beside it. What
channels save is the difference of all nodes that compute or read them, priced at their new widths, some channels of a
layer at a time, as in latency-aware pruning (Shen et al. 2021, arXiv:2110.10811).

The least loss for what is gained goes first. Towards a price, that is what is saved. Towards a number of channels it is
sqrt(channels * saved): the loss for a channel alone takes those of wide layers, which save little; the loss for an
operation alone takes those of the costliest layer until it is a bottleneck. Nothing gains beyond what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from math import sqrt

import numpy as np

from edgeml.ir import Array, BoundNode, Graph
from edgeml.ops import OPS
from edgeml.prune.channels.dependencies import Channels, channel_dependencies
from edgeml.prune.channels.groups import Group, channel_groups
from edgeml.prune.channels.surgery import narrowed

# what one run of a float node costs, in any unit
Price = Callable[[BoundNode], float]
# a kernel may save nothing until so many steps of channels are gone
_AHEAD = 4


def multiplications(bound: BoundNode) -> float:
    """The price of a node in multiply-accumulates."""
    return float(OPS[bound.node.op].macs(bound))


@dataclass(frozen=True)
class _Step:
    """`count` more channels of a group: what is lost, and what they save."""

    count: int
    loss: float
    saved: float

    def rank(self, channels: float, price: float | None) -> tuple[bool, float]:
        """Least first, where so many channels, or else so much of the `price`, are missing yet. What gains nothing
        comes last, by its loss for each channel."""
        saved = max(self.saved, 0.0)
        gain = min(saved, price) if price is not None else sqrt(min(self.count, channels) * saved)
        return (False, self.loss / gain) if gain > 0 else (True, self.loss / self.count)


def cheapest_channels(
    graph: Graph, scores: Mapping[str, Array], share: float, multiple: int, price: Price = multiplications
) -> frozenset[int]:
    """Numbers of the channels that go: at least the share `share` of those that may, where layers have them to give.

    Every layer keeps a `multiple` of channels, one at least; a layer that has another number gives up what is over
    with its first ones. `scores` are those of `weakest_channels`.
    """
    search = _Search(graph, scores, multiple, price)
    # 0.3 of 10 is 3
    wanted = int(np.ceil(share * sum(len(g.numbers) for g in search.groups) - 1e-9))
    while (missing := wanted - sum(search.gone)) > 0 and search.advance(missing, None):
        pass
    return search.numbers


def saving_channels(
    graph: Graph, scores: Mapping[str, Array], saving: float, multiple: int, price: Price
) -> frozenset[int]:
    """The same until at least `saving` of the graph's price is saved, or all that can be."""
    search = _Search(graph, scores, multiple, price)
    while (missing := saving - search.saved) > 0 and search.advance(0, missing):
        pass
    return search.numbers


class _Search:
    """How many channels of each group are `gone`, and what they have `saved`."""

    def __init__(self, graph: Graph, scores: Mapping[str, Array], multiple: int, price: Price) -> None:
        self._channels = channel_dependencies(graph)
        self.groups = channel_groups(graph, self._channels, scores)
        self.gone, self.saved = [0] * len(self.groups), 0.0
        self._multiple, self._price = multiple, price
        self._bound = tuple(graph.bound())
        self._touched = [_nodes_with(self._bound, self._channels, g) for g in self.groups]
        self._prices: dict[tuple[int, ...], float] = {}
        self._steps: dict[int, list[_Step]] = {}

    @property
    def numbers(self) -> frozenset[int]:
        """The channels that are gone."""
        return frozenset(self._removed(self.gone).tolist())

    def advance(self, channels: int, price: float | None) -> bool:
        """Takes the best step where so much is missing; False where there is none."""
        for index in range(len(self.groups)):
            if index not in self._steps:
                self._steps[index] = self._options(index)
        every = [(step.rank(channels, price), index, step) for index, steps in self._steps.items() for step in steps]
        if not every:
            return False
        _, index, step = min(every, key=lambda found: found[:2])
        self.gone[index] += step.count
        self.saved += step.saved
        # what its neighbours save depends on its width
        changed = self._touched[index]
        self._steps = {i: s for i, s in self._steps.items() if not changed & self._touched[i]}
        return True

    def _options(self, index: int) -> list[_Step]:
        group, gone = self.groups[index], self.gone[index]
        left, before = len(group.numbers) - gone, self._cost(index, gone)
        highest = (left - 1) // self._multiple * self._multiple
        steps = []
        for keep in range(highest, 0, -self._multiple)[:_AHEAD]:
            count = left - keep
            loss = group.loss(gone + count) - group.loss(gone)
            steps.append(_Step(count, loss, before - self._cost(index, gone + count)))
        return steps

    def _cost(self, index: int, count: int) -> float:
        """The price of all nodes that a group touches when `count` of its channels are gone."""
        gone = [*self.gone[:index], count, *self.gone[index + 1 :]]
        return sum(self._node(position, gone) for position in self._touched[index])

    def _node(self, position: int, gone: list[int]) -> float:
        here = (c if position in nodes else -1 for c, nodes in zip(gone, self._touched, strict=True))
        key = (position, *here)
        if key not in self._prices:
            node = narrowed(self._bound[position], self._channels, self._removed(gone))
            self._prices[key] = self._price(node)
        return self._prices[key]

    def _removed(self, gone: list[int]) -> Array:
        return np.concatenate([g.numbers[:count] for g, count in zip(self.groups, gone, strict=True)])


def _nodes_with(nodes: tuple[BoundNode, ...], channels: Channels, group: Group) -> frozenset[int]:
    """Positions of the nodes that compute or read a channel of the group."""
    found = set()
    for position, bound in enumerate(nodes):
        names = [t.name for t in (*bound.inputs, *bound.outputs) if t is not None and t.name in channels.of]
        if any(np.isin(channels.of[name], group.numbers).any() for name in names):
            found.add(position)
    return frozenset(found)
