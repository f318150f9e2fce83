"""What `edgeml quantize --explain` leaves behind: where an int8 model loses."""

from __future__ import annotations

from dataclasses import dataclass

from edgeml.bench.codec import NO_PICTURE, Picture


@dataclass(frozen=True)
class LayerLoss:
    """What rounding one layer (its weights, bias and output) costs; signal-to-noise ratios in dB.

    `sqnr_db` is that of the layer's output in the whole int8 model; `alone_db` and `restored_db` are those of the
    model's scores when only this layer is rounded, and when every layer but this one is. `share` (0..1) is this layer's
    part of the sum of all layers' squared errors alone. A ratio without any error is no number: None once it is read
    from a file. Points are percent of accuracy: `alone_points` against float32 (negative: a loss), `restored_points`
    against int8 (positive: a gain); flips are predictions that differ from float32. `restored_*` are None where `share`
    is too small to try, points and flips without labels.
    """

    name: str
    op: str
    sqnr_db: float | None
    alone_db: float | None
    share: float
    alone_points: float | None = None
    alone_flips: int | None = None
    restored_db: float | None = None
    restored_points: float | None = None
    restored_flips: int | None = None
    reasons: tuple[str, ...] = ()


@dataclass(frozen=True)
class ClassLoss:
    """Samples of one true class: how many, how many are right in float32 and in int8, how many predictions changed."""

    name: str
    n: int
    float_correct: int
    correct: int
    flips: int


@dataclass(frozen=True)
class Flip:
    """A sample whose prediction changed: its index in the data, classes, and the margin of the float32 prediction.

    `margin` is the difference between the two largest scores; `picture` a data URI of the sample, if it is an image.
    """

    sample: int
    truth: str
    float_prediction: str
    prediction: str
    margin: float
    picture: Picture = NO_PICTURE


@dataclass(frozen=True)
class Explanation:
    """Where an int8 model loses. `layers` are in the order of the model; `classes` and `flips` empty without labels.

    `scores_db` is the SQNR of the model's scores (what enters a final softmax) in dB; `summary` says in one
    sentence which layer costs most.
    """

    samples: int
    scores_db: float | None
    summary: str
    layers: tuple[LayerLoss, ...]
    classes: tuple[ClassLoss, ...] = ()
    flips: tuple[Flip, ...] = ()

    @property
    def ranked(self) -> tuple[LayerLoss, ...]:
        """The layers, the costliest first."""
        return tuple(sorted(self.layers, key=lambda layer: -layer.share))
