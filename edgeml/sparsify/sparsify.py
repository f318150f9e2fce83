"""A float graph pruned with calibration samples: scores, masks, then the weights that stay fitted anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Literal, get_args

import numpy as np

from edgeml.backends.c99.selection import Machine, Optimize
from edgeml.errors import UsageError
from edgeml.ir import Array, Graph
from edgeml.passes import canonicalize
from edgeml.prune.channels.cheapest import Price, multiplications
from edgeml.prune.channels.choice import Channel, channel_masks, parse_channel, weakest_channels
from edgeml.prune.channels.surgery import remove_channels
from edgeml.prune.graph import masked, prunable_data
from edgeml.prune.magnitude import magnitude_scores
from edgeml.prune.patterns import ELEMENT, Mask, Pattern, Scope, parse_pattern, pattern_masks
from edgeml.quantize.calibrate import Samples, check_calibration
from edgeml.quantize.repairs import Repair
from edgeml.sparsify.activation import activation_scores
from edgeml.sparsify.instructions import Instructions
from edgeml.sparsify.refit import refit
from edgeml.sparsify.taylor import taylor_scores

Importance = Literal["l1", "taylor", "activation"]


@dataclass(frozen=True)
class SparsifyConfig:
    """How a bare graph is pruned. Nodes named in `dense` stay whole; `repair` fits the weights that stay anew.

    With a `machine` channels that compete are priced by its instructions (kernels for the aim `optimize`), else by
    multiply-accumulates.
    """

    pattern: Pattern | Channel = ELEMENT
    scope: Scope = "global"
    importance: Importance = "l1"
    dense: tuple[str, ...] = ()
    repair: bool = True
    machine: Machine | None = None
    optimize: Optimize = "balanced"

    def __post_init__(self) -> None:
        if self.importance not in get_args(Importance):
            raise UsageError(
                f"unknown importance '{self.importance}'. Choose one of {', '.join(get_args(Importance))}."
            )


@dataclass(frozen=True, eq=False)
class Sparsified:
    """The pruned graph. `before` and `after` are the error of its outputs on held-out samples, as a part of the
    signal, without and with the repair; None without samples. `kept` says whether the repair was."""

    graph: Graph
    masks: Mapping[str, Mask]
    repairs: tuple[Repair, ...] = ()
    before: float | None = None
    after: float | None = None
    kept: bool = False


def parse_structure(text: str) -> Pattern | Channel:
    """A pattern of weights, or `channel` or `channel:M` for whole channels; UsageError for anything else."""
    return parse_channel(text) or parse_pattern(text)


class Sparsifier:
    """Prunes one float graph to any sparsity; the scores are computed once."""

    def __init__(
        self, graph: Graph, config: SparsifyConfig, x: Array | Samples | None = None, y: Array | None = None
    ) -> None:
        """x are float32 samples (N, …), y their classes (N,) where the importance asks for them.

        Raises UsageError where the config needs what is not given, UnsupportedError on graphs without float32 weights.
        """
        self.graph, self.config = canonicalize(graph), config
        self._weights = prunable_data(self.graph, config.dense)
        self.samples = None if x is None else check_calibration(self.graph, x)
        self.scores = _SCORES[config.importance](self.graph, self._weights, self.samples, y)
        self._price: Price | None = None

    @property
    def price(self) -> Price:
        """What a node costs where channels compete."""
        if self._price is None:
            config = self.config
            self._price = (
                multiplications
                if config.machine is None
                else Instructions(self.graph, config.machine, config.optimize, self.samples)
            )
        return self._price

    def prune(self, sparsity: float) -> Sparsified:
        """The graph with the share `sparsity` of the weights zeroed that are not dense.

        With the pattern `Channel` that share of the channels is gone, and the graph is smaller.
        """
        config = self.config
        if isinstance(config.pattern, Channel):
            price = self.price if config.scope == "global" else multiplications
            return self.without(
                weakest_channels(self.graph, self.scores, sparsity, config.scope, config.pattern.multiple, price)
            )
        return self._masked(pattern_masks(self.scores, sparsity, config.pattern, config.scope))

    def without(self, gone: frozenset[int]) -> Sparsified:
        """The smaller graph without these channels; their numbers are those of `channel_dependencies`."""
        found = self._masked(channel_masks(self.graph, gone))
        return replace(found, graph=remove_channels(found.graph, gone))

    def _masked(self, masks: Mapping[str, Mask]) -> Sparsified:
        pruned = masked(self.graph, masks)
        if self.samples is None or not self.config.repair or not any((~m).any() for m in masks.values()):
            return Sparsified(pruned, masks)
        fitted = refit(self.graph, pruned, masks, self.samples)
        return Sparsified(fitted.graph, masks, fitted.repairs, fitted.before, fitted.after, fitted.kept)


def sparsify(
    graph: Graph,
    sparsity: float,
    config: SparsifyConfig | None = None,
    x: Array | Samples | None = None,
    y: Array | None = None,
) -> Sparsified:
    """`Sparsifier` for one sparsity."""
    return Sparsifier(graph, config or SparsifyConfig(), x, y).prune(sparsity)


def _magnitude(
    graph: Graph, weights: Mapping[str, Array], samples: Samples | None, y: Array | None
) -> dict[str, Array]:
    return {name: magnitude_scores(data) for name, data in weights.items()}


def _activation(
    graph: Graph, weights: Mapping[str, Array], samples: Samples | None, y: Array | None
) -> dict[str, Array]:
    if samples is None:
        raise UsageError("importance 'activation' needs calibration samples. Give --data (x), or use l1.")
    return activation_scores(graph, weights, samples)


def _taylor(graph: Graph, weights: Mapping[str, Array], samples: Samples | None, y: Array | None) -> dict[str, Array]:
    if samples is None:
        raise UsageError("importance 'taylor' needs calibration samples and classes. Give --data (x, y), or use l1.")
    return taylor_scores(graph, weights, samples, y)


_Scores = Callable[[Graph, Mapping[str, Array], Samples | None, Array | None], dict[str, Array]]
_SCORES: Mapping[str, _Scores] = {"l1": _magnitude, "taylor": _taylor, "activation": _activation}


def zeros(masks: Mapping[str, Mask]) -> float:
    """Share of the masked weights that went."""
    return 1 - sum(int(np.count_nonzero(m)) for m in masks.values()) / max(1, sum(m.size for m in masks.values()))
