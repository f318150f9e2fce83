"""Quantisation-aware training: goes on training a float graph while it computes as its int8 graph will."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from edgeml.bench.record import Accuracy
from edgeml.data.split import stratified_split
from edgeml.errors import DataError, UsageError
from edgeml.finetune.judged import class_probabilities, judged
from edgeml.finetune.learner import Chosen, GraphLearner, Objective, check_trainable
from edgeml.interpreter import run_samples
from edgeml.ir import Array, DType, Graph
from edgeml.ops import OPS
from edgeml.quantize.calibrate import Samples, calibrate, check_calibration
from edgeml.quantize.codes import quantize_input, real_tensor
from edgeml.quantize.exact_scales import exact_scales
from edgeml.quantize.follow import follow
from edgeml.quantize.materialize import materialize
from edgeml.quantize.quantizer import QuantizeResult, measured_samples
from edgeml.quantize.ranges import choose_quantization
from edgeml.quantize.recipe import BiasMethod, Recipe
from edgeml.quantize.repairs import helps
from edgeml.quantize.sqnr import LayerSqnr
from edgeml.training.config import TrainConfig
from edgeml.training.loop import History, Plan, fit

Ranges = Literal["learned", "observed"]
# calibration samples, and looks at the ranges in an epoch, of `ranges="observed"`
_OBSERVED, _LOOKS = 200, 4


@dataclass(frozen=True)
class AwareConfig:
    """How to train on. `rate` is Adam's, `validation` the share of samples that choose the epoch and judge.

    `distill` (0..1) is the weight of the float graph's own answers beside the labels; `ranges` says whether the scales
    of activations are learned, or observed four times an epoch. `shift` and `mirror` augment images as in model.toml.
    """

    epochs: int = 3
    batch: int = 64
    rate: float = 1e-4
    validation: float = 0.1
    distill: float = 0.5
    temperature: float = 2.0
    ranges: Ranges = "learned"
    shift: int = 0
    mirror: bool = False

    def __post_init__(self) -> None:
        rules: list[tuple[str, object, bool, str]] = [
            ("epochs", self.epochs, self.epochs >= 1, "at least 1"),
            ("batch", self.batch, self.batch >= 1, "at least 1"),
            ("rate", self.rate, self.rate > 0, "above 0"),
            ("validation", self.validation, 0 < self.validation < 1, "between 0 and 1"),
            ("distill", self.distill, 0 <= self.distill <= 1, "in 0 … 1"),
            ("temperature", self.temperature, self.temperature > 0, "above 0"),
            ("ranges", self.ranges, self.ranges in get_args(Ranges), " or ".join(get_args(Ranges))),
        ]
        for name, value, holds, rule in rules:
            if not holds:
                raise UsageError(f"quantisation-aware training: {name} must be {rule}. Got {value!r}.")


@dataclass(frozen=True, eq=False)
class AwareResult:
    """`result` is the int8 graph after training, or the one before where training did not help (`kept` is False).

    Losses and accuracies are those before and after it on the validation samples; the accuracies are compared with the
    float graph's, without labels with its own answers as the truth.
    """

    result: QuantizeResult
    kept: bool
    loss: tuple[float, float]
    accuracy: tuple[Accuracy, Accuracy]
    history: History


def train_quantized(
    start: QuantizeResult,
    x: NDArray[np.float32],
    y: NDArray[np.int64] | None,
    recipe: Recipe | None = None,
    config: AwareConfig | None = None,
    *,
    checkpoint: Path,
    seed: int = 0,
    quiet: bool = True,
) -> AwareResult:
    """Train the float graph of `start` on samples x (N, …) with labels y (N,), then quantise it.

    Without labels the float graph's own answers are learned. Training sees each weight rounded to the nearest code, and
    begins with biases that make up for that; it is kept where it beats `start`, however that was rounded. The
    `checkpoint` file takes the state after each epoch: an interrupted training goes on there. Raises UnsupportedError
    for graphs that cannot be trained, DataError for unusable samples.
    """
    recipe, config = recipe or Recipe(), config or AwareConfig()
    check_trainable(start.float_graph)
    samples = check_calibration(start.float_graph, x)
    (x,) = samples.values()
    labels = _labels(start.float_graph, x, y)
    rest, watched = stratified_split(labels, config.validation, seed)
    if not len(rest) or not len(watched):
        raise DataError(f"{len(x)} samples are too few to train on and to watch. Give more, at least two a class.")
    seen = {name: v[np.sort(rest)[:: max(1, len(rest) // _OBSERVED)]] for name, v in samples.items()}

    def observe(now: Graph) -> Chosen:
        return choose_quantization(now, calibrate(now, seen, counts=recipe.observer != "minmax"), recipe)

    steps = max(1, len(rest) // config.batch)
    chosen = observe(start.float_graph)
    graph = _with_biases(start.float_graph, _nearest(start.float_graph, chosen, samples, recipe))
    learner = GraphLearner(
        graph,
        chosen,
        objective=Objective(config.distill if y is not None else 1.0, config.temperature),
        teacher=start.float_graph,
        learn_ranges=config.ranges == "learned",
        observe=observe if config.ranges == "observed" else None,
        every=max(1, steps // _LOOKS),
        limits={node.name: recipe.largest_code(node.name) for node in graph.nodes},
    )
    validation = (x[watched], labels[watched])
    before = class_probabilities(start.graph, validation[0])
    settings = TrainConfig(
        config.epochs, config.batch, config.rate, 0, config.shift, config.mirror, config.validation, config.epochs
    )
    plan = Plan("quantisation-aware training", repr((config, recipe, seed, len(x), graph.name)), settings, seed)
    history = fit(learner, plan, (x[rest], labels[rest]), validation, checkpoint=checkpoint, quiet=quiet)
    after = learner.predict(validation[0])
    losses, rates = judged(before, after, validation, start.float_graph)
    kept = helps(*losses)
    result = _quantized(start, learner, samples, recipe) if kept else start
    checkpoint.unlink(missing_ok=True)
    return AwareResult(result, kept, losses, rates, history)


def _quantized(start: QuantizeResult, learner: GraphLearner, samples: Samples, recipe: Recipe) -> QuantizeResult:
    """The int8 graph of what was learned, every layer measured against the float graph that training began with."""
    graph, kept = materialize(learner.trained(), learner.quantization(), recipe)
    if recipe.exact_scales:
        graph = exact_scales(graph)
    graph, layers = _followed(start.float_graph, graph, samples, None)
    return replace(start, graph=graph, layers=layers, kept_float=kept)


def _nearest(float_graph: Graph, chosen: Chosen, samples: Samples, recipe: Recipe) -> Graph:
    """The int8 graph with each weight rounded to the nearest code, and corrected biases."""
    graph, _ = materialize(float_graph, chosen, recipe)
    return _followed(float_graph, graph, samples, recipe.bias_method if recipe.bias_correction else None)[0]


def _followed(
    float_graph: Graph, graph: Graph, samples: Samples, correct: BiasMethod | None
) -> tuple[Graph, tuple[LayerSqnr, ...]]:
    """The int8 `graph` with biases corrected by the method `correct`, and the SQNR of its layers."""
    measured = measured_samples(graph, samples)
    codes = {name: quantize_input(v, graph.tensor(name).type) for name, v in measured.items()}
    return follow(float_graph, graph, measured, codes, correct=correct)[:2]


def _with_biases(float_graph: Graph, graph: Graph) -> Graph:
    """The float graph with the biases of its int8 `graph`, which make up for rounding; some layers get their first."""
    known = {node.name: node for node in graph.nodes}
    nodes, changed = [], {}
    for bound in float_graph.bound():
        node, twin = bound.node, graph.bind(known[bound.name])
        corrected = twin.optional(2)
        weighted = OPS[node.op].weight_axis is not None and twin.output.dtype is DType.INT8
        if weighted and corrected is not None and corrected.data is not None:
            changed[corrected.name] = real_tensor(corrected)
            node = replace(node, inputs=(*node.inputs[:2], corrected.name))
        nodes.append(node)
    return float_graph.with_nodes(tuple(nodes), changed)


def _labels(graph: Graph, x: Array, y: Array | None) -> NDArray[np.int64]:
    """The given labels, or the float graph's answers."""
    if y is None:
        (answers,) = run_samples(graph, {graph.inputs[0]: x}).values()
        return np.asarray(answers.reshape(len(x), -1).argmax(axis=1), np.int64)
    classes = graph.output_tensors[0].shape[-1]
    y = np.asarray(y)
    if y.shape != (len(x),) or y.dtype.kind not in "iu" or y.min() < 0 or y.max() >= classes:
        raise DataError(
            f"training needs one label from 0 to {classes - 1} for each of the {len(x)} samples. Got {y.dtype} of "
            f"shape {y.shape}. Give other labels, or none to learn the float model's answers."
        )
    return y.astype(np.int64)
