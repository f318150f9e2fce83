"""Transfer learning: a new head on a backbone, then fine-tuning of its last layers; one float graph, pixels in 0..1."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

import numpy as np

from edgeml.backends import litert
from edgeml.data import Dataset
from edgeml.data.split import stratified_split
from edgeml.errors import DataError
from edgeml.extras import require
from edgeml.files import write_bytes
from edgeml.finetune.top import TopLearner, class_importance, split_top
from edgeml.ir import Array, Graph, Tensor
from edgeml.pipeline.backbone import with_head, with_range
from edgeml.pipeline.frozen import activations
from edgeml.pipeline.pixel_range import choose_range, head_plan
from edgeml.training.augment import augment
from edgeml.training.checkpoint import save_arrays
from edgeml.training.config import RANGES, TrainConfig, TransferConfig, ZooModel
from edgeml.training.head import Head, fit_head, refit_head
from edgeml.training.loop import History, Plan, Samples, accuracy, fit
from edgeml.training.zoo import Trained

_CHECKPOINT = "checkpoint.npz"


@dataclass(frozen=True, eq=False)
class _Seen:
    """What the frozen bottom of the graph gives for all views of the fitting samples, and for those that validate."""

    bottom: Graph
    top: Graph
    fitting: Samples
    watched: Samples


def train_transfer(
    zoo: ZooModel,
    dataset: Dataset,
    backbone: Graph,
    *,
    folder: Path,
    seed: int,
    quiet: bool,
    tell: Callable[[str], None] = lambda _: None,
) -> Trained:
    """Fit `zoo` to `dataset`; `folder` gets weights.npz and model_float32.tflite, pixels in 0..1 to probabilities.

    First a head on the frozen `backbone`, whose weight decay and length a part of the training samples chooses, then
    all of the last layers together, stopped early by the same part. Neither learns from that part; where fine-tuning
    does not help, the head does in the end. The test part is never looked at. An interrupted
    fine-tuning goes on after its last full epoch. `tell` takes a warning of a range of pixels that does not fit.
    DataError where the photos are too few, or of one class.
    """
    rest, watched = _parts(zoo, dataset, seed)
    # sums of a different number of threads differ in their last bits
    with require("threadpoolctl", "all").threadpool_limits(1, "blas"):
        name = choose_range(zoo, backbone, dataset, rest, watched, tell)
        graph = with_range(backbone, *RANGES[name])
        seen = _seen(zoo, graph, dataset, rest, watched, seed, quiet)
        plan, parts, classes = head_plan(zoo.transfer), _features(seen), len(dataset.labels)
        head = fit_head(plan, *parts, classes)
        history: History = [_entry(head)]
        tuned: dict[str, Tensor] = {}
        if zoo.transfer.tune:
            classifier = with_head(graph, head, dataset.labels)
            top = with_head(seen.top, head, dataset.labels)
            key = hashlib.sha256(litert.emit(classifier, io="float32") + f"{zoo.transfer} {dataset.digest}".encode())
            tuning = Plan(
                f"{zoo.name} fine-tuning", key.hexdigest(), _without_views(zoo), seed, views=zoo.transfer.views
            )
            tuned, more = _fine_tuned(tuning, zoo.transfer, top, seen, folder, quiet)
            history += more
        if tuned:
            classifier = classifier.with_tensors(tuned)
        else:
            classifier = with_head(graph, refit_head(plan, head, *parts, classes), dataset.labels)
        reached = accuracy(activations(classifier, dataset.x_test, "test", quiet=quiet), dataset.y_test)
    constants = {t.name: t.data for t in classifier.constants if t.data is not None}
    weights = save_arrays(folder / "weights.npz", constants)
    tflite = write_bytes(folder / "model_float32.tflite", litert.emit(classifier, io="float32"))
    (folder / _CHECKPOINT).unlink(missing_ok=True)
    return Trained(weights, tflite, history, reached, sum(t.type.elements for t in classifier.constants))


def _seen(zoo: ZooModel, graph: Graph, dataset: Dataset, rest: Array, watched: Array, seed: int, quiet: bool) -> _Seen:
    """Views of each sample: as it is, mirrored, then moved (and mirrored) at random."""
    bottom, top = split_top(graph, zoo.transfer.tune)
    train, views, parts = zoo.train, zoo.transfer.views, []
    for view in range(views):
        rng = np.random.default_rng([seed, view])
        changes: dict[int, Callable[[Array], Array]] = {0: lambda x: x}
        if train.mirror:
            changes[1] = lambda x: x[:, :, ::-1]
        change = changes.get(view, partial(augment, rng=rng, shift=train.shift, mirror=train.mirror))
        title = f"view {view + 1}/{views} of the samples"
        parts.append(activations(bottom, dataset.x_train, title, quiet=quiet, chosen=rest, change=change))
    judges = activations(bottom, dataset.x_train, "validation samples", quiet=quiet, chosen=watched)
    y = dataset.y_train
    return _Seen(bottom, top, (np.concatenate(parts), np.tile(y[rest], views)), (judges, y[watched]))


def _features(seen: _Seen) -> tuple[Samples, Samples]:
    """What the head sees of the fitting and the watched samples."""
    (x, y), (judges, truth) = seen.fitting, seen.watched
    return (activations(seen.top, x), y), (activations(seen.top, judges), truth)


def _entry(head: Head) -> dict[str, float]:
    return {"epoch": 0.0, "loss": head.loss, "validation_loss": head.loss, "validation_accuracy": head.accuracy,
            "decay": head.decay, "steps": float(head.steps)}  # fmt: skip


def _fine_tuned(
    plan: Plan, transfer: TransferConfig, top: Graph, seen: _Seen, folder: Path, quiet: bool
) -> tuple[dict[str, Tensor], History]:
    """The constants of `top` trained on; nothing where validation samples do not gain by it."""
    (x, y), (judges, truth) = seen.fitting, seen.watched
    importance = class_importance(y, top.output_tensors[0].type.elements, transfer.class_weights)
    learner = TopLearner(top, importance, transfer.smooth, transfer.average)
    before = accuracy(learner.predict(judges), truth)
    history = fit(learner, plan, (x, y), (judges, truth), checkpoint=folder / _CHECKPOINT, quiet=quiet)
    return (learner.trained() if _keeps(before, accuracy(learner.predict(judges), truth)) else {}), history


def _keeps(before: float, after: float) -> bool:
    """Whether fine-tuning stays: it loses no accuracy on validation samples."""
    return after >= before


def _without_views(zoo: ZooModel) -> TrainConfig:
    """The views are augmented already."""
    return replace(zoo.train, shift=0, mirror=False)


def _parts(zoo: ZooModel, dataset: Dataset, seed: int) -> tuple[Array, Array]:
    """Indices of the training samples that fit and of those that validate."""
    if len(dataset.labels) < 2:
        raise DataError(
            f"data set '{dataset.name}': a classifier tells classes apart. Got one class, '{dataset.labels[0]}'. Add a "
            "folder of images of something else."
        )
    rest, watched = (np.asarray(part) for part in stratified_split(dataset.y_train, zoo.train.validation, seed))
    if not len(watched):
        raise DataError(
            f"data set '{dataset.name}': no training samples are left to validate with. Got {len(rest)}, one a class. "
            "Give more images."
        )
    return rest, watched
