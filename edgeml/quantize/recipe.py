"""What to do when quantising, as one frozen value."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, get_args

from edgeml.errors import UsageError

ObserverName = Literal["minmax", "percentile", "mse", "entropy"]
BiasMethod = Literal["empirical", "analytic"]


@dataclass(frozen=True)
class Recipe:
    """Static int8: int8 activations per tensor, int8 symmetric weights per channel.

    `percentile` (50..100, percent) is the share of values inside the range of the percentile observer. The repairs
    `bias_correction` and `pool_scale` are undone layer by layer where they do not help on held-out samples, `equalize`
    (cross-layer equalisation) as a whole. `bias_method` says where the correction comes from: "empirical" from the
    difference between both graphs, which makes up for earlier layers too; "analytic" from the rounding of the layer's
    own weights and the mean of its inputs.
    `exact_scales` moves weight scales by units of their last place where a channel then requantises exactly with
    integers.
    """

    observer: ObserverName = "minmax"
    percentile: float = 99.99
    per_channel: bool = True
    bias_correction: bool = True
    pool_scale: bool = True
    bias_method: BiasMethod = "empirical"
    equalize: bool = False
    exact_scales: bool = True

    def __post_init__(self) -> None:
        if self.observer not in get_args(ObserverName):
            known = ", ".join(get_args(ObserverName))
            raise UsageError(f"unknown observer '{self.observer}'. Choose one of {known}.")
        if self.bias_method not in get_args(BiasMethod):
            known = ", ".join(get_args(BiasMethod))
            raise UsageError(f"unknown bias method '{self.bias_method}'. Choose one of {known}.")
        if not 50.0 < self.percentile <= 100.0:
            raise UsageError(f"percentile must be above 50 and at most 100. Got {self.percentile}.")
