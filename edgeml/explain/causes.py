"""The reason in words why a layer loses accuracy, where it is one of those that are known."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from edgeml.explain.rounding import Rounding
from edgeml.ir import Array, BoundNode, DType, Graph, TensorType
from edgeml.ops import OPS
from edgeml.quantize.layer_samples import linear

# a mean of this many deviations: the channel hardly changes
_CONSTANT = 4.0
# part of a weight error that is the same everywhere, from which the offset is the reason
_OFFSET = 0.5
# how far one channel reaches beyond the median one, from which it is the reason
_OUTLIER = 8.0
# how far the largest of at least `_MANY` values reaches beyond 99 % of them
_RARE = 6.0
_MANY = 2000
# share of the codes that are used, below which the range is the reason
_USED = 0.4
# share of the values beyond the range, above which clipping is the reason
_CLIPPED = 5e-3
# where a function bends: half the width in reals, and the codes that it should have at least
_BENDS = {"logistic": 5.0, "tanh": 2.5}
_BEND_CODES = 80
_CLAMPS = ("relu", "relu6", "relu_n1_to_1", "minimum", "maximum")


@dataclass(frozen=True, eq=False)
class Layer:
    """What a cause looks at: one node in float32, with its rounded constants, in int8, and float32 values (N, …)."""

    graph: Graph
    exact: BoundNode
    rounded: BoundNode
    int8: BoundNode
    values: Mapping[str, Array]

    @property
    def output(self) -> Array:
        return self.values[self.exact.output.name]

    @property
    def type(self) -> TensorType:
        return self.int8.output.type


def reasons(
    rounding: Rounding, position: int, values: Mapping[str, Array], *, corrected: bool = False
) -> tuple[str, ...]:
    """Sentences about the node at `position`; `values` are the float graph's, all of them, for some samples.

    The bias of a `corrected` layer holds what makes up for its offset and for those of the layers before it.
    """
    layer = Layer(rounding.graph, *rounding.layer(position), values)
    found = (cause(layer) for cause in CAUSES if not (corrected and cause is offset_of_weights))
    return tuple(text for text in found if text)


def offset_of_weights(layer: Layer) -> str:
    """Rounded weights times an input that hardly changes: the error does not average out, it is an offset."""
    bound = layer.exact
    if OPS[bound.node.op].weight_axis is None or not layer.rounded.input(1).is_constant:
        return ""
    x = layer.values.get(bound.input(0).name)
    if x is None:
        return ""
    error = (linear(layer.rounded, x) - linear(bound, x)).reshape(-1, bound.output.shape[-1]).astype(np.float64)
    offset, total = np.square(error.mean(axis=0)), np.square(error).mean(axis=0)
    if total.sum() <= 0 or offset.sum() < _OFFSET * total.sum():
        return ""
    mean, deviation = _by_channel(x)
    steady = np.flatnonzero(np.abs(mean) > _CONSTANT * deviation)
    text = f"{offset.sum() / total.sum():.0%} of the error of its rounded weights is a constant offset: "
    if len(steady):
        depthwise = bound.node.op == "depthwise_conv_2d" and len(mean) == len(offset)
        weight = offset[steady] if depthwise else np.abs(mean[steady])
        worst = int(steady[np.argmax(weight)])
        text += (
            f"{len(steady)} of its {len(mean)} input channels are nearly constant (channel {worst}: mean "
            f"{mean[worst]:.2f}, deviation {deviation[worst]:.2f}), so that rounding does not average out"
        )
    else:
        text += "its inputs have a mean far from zero, so that rounding does not average out"
    return text + ". Bias correction takes it back."


def outlier_channel(layer: Layer) -> str:
    """One channel of the output is much larger than the others, and all share a scale."""
    y = layer.output
    if y.ndim < 2 or y.shape[-1] < 4 or y.dtype != np.float32:
        return ""
    peaks = np.abs(y.reshape(-1, y.shape[-1])).max(axis=0)
    worst, usual = int(np.argmax(peaks)), float(np.median(peaks))
    if not peaks[worst] > _OUTLIER * usual > 0:
        return ""
    codes = 2 * usual / layer.type.scale
    return (
        f"outlier channel {worst}: it reaches {peaks[worst]:.3g}, the median channel {usual:.3g}, which has "
        f"{max(1, min(255, round(codes)))} of 256 codes."
    )


def outlier_values(layer: Layer) -> str:
    """A few values set the range."""
    y = np.abs(layer.output)
    peak, usual = float(y.max()), float(np.quantile(y, 0.99))
    if y.size < _MANY or not peak > _RARE * usual > 0:
        return ""
    return (
        f"rare values set the range: 99 % lie within ±{usual:.3g}, the largest is {peak:.3g}. Try --observer "
        "percentile or entropy."
    )


def ruined_range(layer: Layer) -> str:
    """The scale covers much more than the values: another tensor with the same scale is larger, or a clamp follows."""
    y, (low, high) = layer.output, _span(layer.type)
    if layer.type.dtype is not DType.INT8 or OPS[layer.exact.node.op].fixed_output is not None:
        return ""
    used = (max(float(y.max()), 0.0) - min(float(y.min()), 0.0)) / (high - low)
    clamp = _only_clamp(layer)
    if clamp:
        kept = layer.values[clamp.output.name]
        share = (max(float(kept.max()), 0.0) - min(float(kept.min()), 0.0)) / (high - low)
        if share < _USED:
            return (
                f"range ruined by a clamp: it spans {low:.3g} to {high:.3g}, of which '{clamp.name}' ({clamp.node.op}) "
                f"keeps {share:.0%}."
            )
    if used >= _USED:
        return ""
    if layer.exact.node.op == "average_pool_2d":
        return (
            f"shared pool scale: averages use {used:.0%} of the codes, because average_pool_2d has the scale of its "
            f"input ({low:.3g} to {high:.3g}). An own scale repairs it."
        )
    other = _tied_to(layer)
    by = f" by '{other.name}' ({other.node.op}), which has the same scale" if other is not None else ""
    return f"range ruined{by}: the values use {used:.0%} of the codes of {low:.3g} to {high:.3g}."


def clipped(layer: Layer) -> str:
    """Values beyond the range that was chosen."""
    low, high = _span(layer.type)
    if layer.type.dtype is not DType.INT8 or OPS[layer.exact.node.op].fixed_output is not None:
        return ""
    margin = layer.type.scale
    share = float(np.mean((layer.output < low - margin) | (layer.output > high + margin)))
    if share < _CLIPPED:
        return ""
    return (
        f"clipped: {share:.1%} of its values lie outside {low:.3g} to {high:.3g}. Calibrate with more samples, or try "
        "--observer minmax."
    )


def saturating(layer: Layer) -> str:
    """A range so wide that few codes are left where the function that reads them bends."""
    for user in layer.graph.consumers(layer.exact.output.name):
        half = _BENDS.get(user.op)
        if half is None or layer.type.dtype is not DType.INT8:
            continue
        low, high = _span(layer.type)
        codes = (min(half, high) - max(-half, low)) / layer.type.scale
        if codes < _BEND_CODES:
            return (
                f"saturating activation: it spans {low:.3g} to {high:.3g}, and {codes:.0f} of 256 codes lie where "
                f"'{user.name}' ({user.op}) bends."
            )
    return ""


# the order in which sentences are shown
CAUSES: tuple[Callable[[Layer], str], ...] = (
    offset_of_weights,
    ruined_range,
    outlier_channel,
    outlier_values,
    clipped,
    saturating,
)


def _by_channel(x: Array) -> tuple[Array, Array]:
    flat = x.reshape(-1, x.shape[-1]).astype(np.float64)
    return flat.mean(axis=0), flat.std(axis=0)


def _span(type_: TensorType) -> tuple[float, float]:
    """Reals of the codes -128 and 127."""
    return (-128 - type_.zero_point) * type_.scale, (127 - type_.zero_point) * type_.scale


def _only_clamp(layer: Layer) -> BoundNode | None:
    """The last of the clamps that alone read the output, one after the other."""
    found, name = None, layer.exact.output.name
    while len(users := layer.graph.consumers(name)) == 1 and users[0].op in _CLAMPS:
        found = layer.graph.bind(users[0])
        name = found.output.name
    return found


def _tied_to(layer: Layer) -> BoundNode | None:
    """The node next to this one that ties its output to a tensor of a larger range."""
    name = layer.exact.output.name
    near = [n for n in layer.graph.nodes if name in (*n.inputs, *n.outputs) and OPS[n.op].same_quantization]
    return layer.graph.bind(near[0]) if near else None
