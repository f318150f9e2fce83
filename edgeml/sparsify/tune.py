"""A pruned graph of any framework trained on, in JAX, with the dense graph as a teacher; its zeros stay zeros."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from edgeml.bench.record import Accuracy
from edgeml.data.split import stratified_split
from edgeml.errors import DataError, UsageError
from edgeml.finetune.judged import judged
from edgeml.finetune.learner import GraphLearner, Objective
from edgeml.ir import Graph
from edgeml.quantize.repairs import helps
from edgeml.training.config import TrainConfig
from edgeml.training.loop import History, Plan, fit


@dataclass(frozen=True)
class TuneConfig:
    """`validation` is the share of samples that choose the epoch and judge; `distill` (0..1) the weight of the dense
    graph's answers beside the labels; `shift` and `mirror` augment images as in model.toml."""

    epochs: int
    batch: int = 128
    rate: float = 1e-3
    validation: float = 0.1
    distill: float = 0.7
    shift: int = 0
    mirror: bool = False

    def __post_init__(self) -> None:
        rules: list[tuple[str, object, bool, str]] = [
            ("epochs", self.epochs, self.epochs >= 1, "at least 1"),
            ("batch", self.batch, self.batch >= 1, "at least 1"),
            ("rate", self.rate, self.rate > 0, "above 0"),
            ("validation", self.validation, 0 < self.validation < 1, "between 0 and 1"),
            ("distill", self.distill, 0 <= self.distill <= 1, "in 0 … 1"),
        ]
        for name, value, holds, rule in rules:
            if not holds:
                raise UsageError(f"tuning after pruning: {name} must be {rule}. Got {value!r}.")


@dataclass(frozen=True, eq=False)
class Tuned:
    """The graph after the tuning, or the one before where validation samples did not gain (`kept` is False).

    `loss` holds their cross entropy before and after, `accuracy` the share that is right, compared with the dense
    graph.
    """

    graph: Graph
    kept: bool
    loss: tuple[float, float]
    accuracy: tuple[Accuracy, Accuracy]
    history: History


def tune(
    pruned: Graph,
    dense: Graph,
    x: NDArray[np.float32],
    y: NDArray[np.int64],
    config: TuneConfig,
    *,
    checkpoint: Path,
    seed: int = 0,
    quiet: bool = True,
) -> Tuned:
    """Train the float graph `pruned` on samples x (N, …) with classes y (N,); `dense` teaches.

    The `checkpoint` file takes the state after each epoch: an interrupted training goes on there. Raises
    UnsupportedError for graphs that cannot be trained, DataError for too few samples.
    """
    rest, watched = stratified_split(y, config.validation, seed)
    if not len(rest) or not len(watched):
        raise DataError(f"{len(x)} samples are too few to train on and to watch. Give more, at least two a class.")
    learner = GraphLearner(pruned, objective=Objective(config.distill), teacher=dense)
    validation = (x[watched], y[watched])
    before = learner.predict(validation[0])
    settings = TrainConfig(
        config.epochs, config.batch, config.rate, 0, config.shift, config.mirror, config.validation, config.epochs
    )
    plan = Plan("tuning", repr((config, seed, len(x), pruned.name)), settings, seed)
    history = fit(learner, plan, (x[rest], y[rest]), validation, checkpoint=checkpoint, quiet=quiet)
    after = learner.predict(validation[0])
    checkpoint.unlink(missing_ok=True)
    losses, rates = judged(before, after, validation, dense)
    kept = helps(*losses)
    return Tuned(learner.trained() if kept else pruned, kept, losses, rates, history)
