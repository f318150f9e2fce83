"""What to do when quantising, as one frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from edgeml.errors import UsageError

ObserverName = Literal["minmax", "percentile", "mse", "entropy"]
BiasMethod = Literal["empirical", "analytic"]
Rounding = Literal["learned", "nearest"]
Activations = Literal["int8", "int16"]


@dataclass(frozen=True)
class Recipe:
    """Static quantisation: int8 (or int16) activations per tensor, int8 symmetric weights per channel.

    `observer` chooses the ranges of activations: all values ("minmax"), or less where the least squared error ("mse"),
    a percentile, or the least loss of information ("entropy") says so. "mse" leaves the graph's inputs whole.
    `percentile` (50..100, percent) is the share of values inside the range of the percentile observer. The repairs
    `bias_correction` and `pool_scale` are undone layer by layer where they do not help on held-out samples, `equalize`
    (cross-layer equalisation) as a whole. `bias_method` says where the correction comes from: "empirical" from the
    difference between both graphs, which makes up for earlier layers too; "analytic" from the rounding of the layer's
    own weights and the mean of its inputs.
    `exact_scales` moves weight scales by units of their last place where a channel then requantises exactly with
    integers, and the scales of sums where LiteRT and ONNX Runtime would round some of them differently.
    `weight_bits` gives layers, by name, weights of fewer bits (2..7): codes within ±(2^(bits - 1) - 1); all others have
    8. Weights of 4 bits or fewer lie two to a byte where a runtime keeps them exact (edgeml.ops.weight_bits).
    `rounding` says how weights become codes: together ("learned", undone channel by channel where held-out samples do
    not gain by it), or each the "nearest".
    `activations` is the element type of all activations, `activation_bits` (8 or 16) that of the nodes named. What has
    no weights and is not named goes on in the type of its inputs, operators without int16 meaning are int8, and where
    both meet a `quantize` node stands between.
    """

    observer: ObserverName = "mse"
    percentile: float = 99.99
    per_channel: bool = True
    bias_correction: bool = True
    pool_scale: bool = True
    bias_method: BiasMethod = "empirical"
    equalize: bool = False
    exact_scales: bool = True
    weight_bits: Mapping[str, int] = field(default_factory=dict)
    rounding: Rounding = "learned"
    activations: Activations = "int8"
    activation_bits: Mapping[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.observer not in get_args(ObserverName):
            known = ", ".join(get_args(ObserverName))
            raise UsageError(f"unknown observer '{self.observer}'. Choose one of {known}.")
        if self.bias_method not in get_args(BiasMethod):
            known = ", ".join(get_args(BiasMethod))
            raise UsageError(f"unknown bias method '{self.bias_method}'. Choose one of {known}.")
        if self.rounding not in get_args(Rounding):
            known = ", ".join(get_args(Rounding))
            raise UsageError(f"unknown rounding '{self.rounding}'. Choose one of {known}.")
        if self.activations not in get_args(Activations):
            raise UsageError(f"unknown activations '{self.activations}'. Choose one of int8, int16.")
        for node, bits in self.activation_bits.items():
            if bits not in (8, 16):
                raise UsageError(f"node '{node}': activations have 8 or 16 bits. Got {bits}.")
        for layer, bits in self.weight_bits.items():
            if not 2 <= bits <= 8:
                raise UsageError(f"layer '{layer}': weights have 2 to 8 bits. Got {bits}.")
        if not 50.0 < self.percentile <= 100.0:
            raise UsageError(f"percentile must be above 50 and at most 100. Got {self.percentile}.")

    @classmethod
    def plain(cls, **fields: Any) -> Recipe:
        """A recipe without any repair but those among its `fields`."""
        return replace(cls().without_repairs(), **fields)

    def without_repairs(self) -> Recipe:
        """Ranges that clip nothing, each weight rounded to the nearest code, biases and pools as they are."""
        plain = replace(self, observer="minmax", rounding="nearest")
        return replace(plain, bias_correction=False, pool_scale=False, equalize=False)

    def largest_code(self, layer: str) -> int:
        """Codes of the layer's weights lie within ± this."""
        return int(2 ** (self.weight_bits.get(layer, 8) - 1) - 1)

    @property
    def has_int16(self) -> bool:
        """Whether some activations shall be int16."""
        return self.activations == "int16" or 16 in self.activation_bits.values()

    def is_int16(self, node: str, follows: bool) -> bool:
        """Whether the node shall compute in int16; `follows`: it has no weights, and its inputs are int16."""
        return self.activation_bits.get(node, 16 if self.activations == "int16" or follows else 8) == 16
