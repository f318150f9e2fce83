"""The training loop: epochs, pruning, early stopping, and a checkpoint after each epoch. Knows no framework."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from edgeml.data.progress import progress
from edgeml.errors import DataError, UsageError
from edgeml.ir import Array
from edgeml.prune.magnitude import magnitude_masks
from edgeml.prune.patterns import parse_pattern
from edgeml.prune.schedule import PolynomialSchedule
from edgeml.training.augment import batches
from edgeml.training.checkpoint import load_if_fresh, save_arrays
from edgeml.training.config import PruneConfig, TrainConfig
from edgeml.training.learner import Learner
from edgeml.training.schedule import cosine_rate

History = list[dict[str, float]]
Samples = tuple[NDArray[np.float32], NDArray[np.int64]]


@dataclass(frozen=True)
class Plan:
    """One training from its first to its last epoch. `key` names all that it depends on; `title` is shown.

    With `views` the training samples hold every sample so many times, and an epoch sees one view of each.
    """

    title: str
    key: str
    train: TrainConfig
    seed: int
    prune: PruneConfig | None = None
    views: int = 1


def fit(
    learner: Learner, plan: Plan, train: Samples, validation: Samples | None, *, checkpoint: Path, quiet: bool
) -> History:
    """Train `learner`; its best or last weights are in it afterwards. One history entry an epoch.

    After every epoch the whole state goes to `checkpoint`. A later call with the same plan goes on from there and
    ends with the same bits as an uninterrupted one. The caller removes the file when its results are safe.
    """
    run = _Run(learner, plan, train, validation)
    run.resume(checkpoint)
    while not run.finished:
        run.epoch(quiet)
        run.save(checkpoint)
    run.keep_best()
    return run.history


class _Run:
    def __init__(self, learner: Learner, plan: Plan, train: Samples, validation: Samples | None) -> None:
        self.learner, self.plan, self.train, self.validation = learner, plan, train, validation
        self.history: History = []
        self.best: dict[str, Array] = {}
        self.best_loss, self.waited = np.inf, 0
        count = len(train[0]) // plan.views
        self.steps = count // min(plan.train.batch, count)
        self.total = self.steps * plan.train.epochs
        self.sparsity = _schedule(plan.prune, self.total)

    @property
    def finished(self) -> bool:
        patience = self.plan.train.patience
        return len(self.history) >= self.plan.train.epochs or (patience > 0 and self.waited >= patience)

    def epoch(self, quiet: bool) -> None:
        config, epoch = self.plan.train, len(self.history)
        losses = []
        with progress(f"{self.plan.title}: epoch {epoch + 1}/{config.epochs}", self.steps, quiet=quiet) as done:
            for index, (x, y) in enumerate(self._batches(epoch)):
                step = epoch * self.steps + index
                self._prune(step)
                rate = cosine_rate(config.rate, step, self.total, config.warmup)
                losses.append(self.learner.train_batch(x, y, rate))
                done(1)
        if not np.isfinite(losses).all():
            raise DataError(f"{self.plan.title}: the loss became NaN in epoch {epoch + 1}. Lower the learning rate.")
        entry = {"epoch": float(epoch + 1), "loss": float(np.mean(losses))}
        if self.validation is not None:
            probabilities = self.learner.predict(self.validation[0])
            entry["validation_loss"] = cross_entropy(probabilities, self.validation[1])
            entry["validation_accuracy"] = accuracy(probabilities, self.validation[1])
        self.history.append(entry)
        self._watch(entry.get("validation_loss", entry["loss"]))

    def resume(self, checkpoint: Path) -> None:
        state = load_if_fresh(checkpoint, self.plan.key)
        if state is None:
            return
        progress_so_far: dict[str, Any] = json.loads(str(state.pop("progress")))
        self.history = progress_so_far["history"]
        self.best_loss = progress_so_far["best_loss"] if progress_so_far["best_loss"] is not None else np.inf
        self.waited = progress_so_far["waited"]
        self.best = {n.removeprefix("best/"): a for n, a in state.items() if n.startswith("best/")}
        self.learner.restore({n.removeprefix("state/"): a for n, a in state.items() if n.startswith("state/")})

    def save(self, checkpoint: Path) -> None:
        best_loss = None if np.isinf(self.best_loss) else self.best_loss
        so_far = {"history": self.history, "best_loss": best_loss, "waited": self.waited}
        save_arrays(
            checkpoint,
            {
                "key": np.array(self.plan.key),
                "progress": np.array(json.dumps(so_far)),
                **{f"state/{n}": a for n, a in self.learner.state().items()},
                **{f"best/{n}": a for n, a in self.best.items()},
            },
        )

    def keep_best(self) -> None:
        if self.best:
            self.learner.load_weights(self.best)

    def _watch(self, loss: float) -> None:
        if not self.plan.train.patience:
            return
        if loss < self.best_loss:
            self.best_loss, self.waited, self.best = loss, 0, self.learner.weights()
        else:
            self.waited += 1

    def _prune(self, step: int) -> None:
        prune = self.plan.prune
        if prune is None or self.sparsity is None or step > self.sparsity.end:
            return
        if step % prune.every == 0 or step == self.sparsity.end:
            masks = prune_masks(self.learner.prunable(), prune, self.sparsity.sparsity(step))
            self.learner.set_masks({name: mask.astype(np.float32) for name, mask in masks.items()})

    def _batches(self, epoch: int) -> Iterator[Samples]:
        config = self.plan.train
        return batches(
            *self.train,
            size=config.batch,
            seed=self.plan.seed,
            epoch=epoch,
            shift=config.shift,
            mirror=config.mirror,
            views=self.plan.views,
        )


def prune_masks(kernels: Mapping[str, Array], prune: PruneConfig, sparsity: float) -> dict[str, Array]:
    """Masks by name so that `sparsity` of all `kernels` are zeros, none of them in a kernel that stays dense.

    The last axis of a kernel counts its outputs, the one before its inputs.
    """
    pruned = {name: w for name, w in kernels.items() if not name.startswith(prune.dense)} if prune.dense else kernels
    wanted, size = sparsity * sum(w.size for w in kernels.values()), sum(w.size for w in pruned.values())
    if wanted >= size:
        raise UsageError(
            f"pruning to {sparsity:.0%}: the kernels outside dense = {list(prune.dense)} are too few for so many "
            "zeros. Lower sparsity or shorten dense in model.toml."
        )
    scope: Any = prune.scope
    pattern = parse_pattern(prune.pattern)
    outputs_first = {name: np.moveaxis(w, -1, 0) for name, w in pruned.items()}
    # the share that a pattern fixes is met as far as kernels outside it allow
    share = min(wanted / size, pattern.densest)
    masks = magnitude_masks(outputs_first, share, scope, pattern)
    return {name: np.moveaxis(mask, 0, -1) for name, mask in masks.items()}


def _schedule(prune: PruneConfig | None, total: int) -> PolynomialSchedule | None:
    if prune is None:
        return None
    # the last step at the latest must see the final masks
    end = min(max(round(prune.ramp * total), 1), total - 1) or 1
    return PolynomialSchedule(prune.sparsity, 0, end)


def accuracy(probabilities: Array, y: Array) -> float:
    """Share of samples whose most probable class is `y`."""
    return float(np.mean(probabilities.argmax(axis=1) == y))


def cross_entropy(probabilities: Array, y: Array) -> float:
    """Mean negative log likelihood of `y`; probabilities of 0 count as 1e-7."""
    chosen = probabilities[np.arange(len(y)), y].astype(np.float64)
    return float(-np.log(np.maximum(chosen, 1e-7)).mean())
