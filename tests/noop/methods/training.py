"""Training: what is seen, what moves, when it stops; and transfer learning."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from edgeml.finetune.top import TopLearner
from edgeml.ir import Graph
from edgeml.pipeline.pixel_range import head_plan
from edgeml.pipeline.transfer import _seen as _all_views
from edgeml.training.augment import augment as _augment
from edgeml.training.augment import batches as _batches
from edgeml.training.head import _fit as _fit_once
from edgeml.training.head import fit_head as _fit_head
from tests.noop.method import Method, guards

_LOOP = "training/test_loop"
_HEAD = "training/test_head"
_TOP = "finetune/test_top"
_TRANSFER = "pipeline/test_transfer"
_IN_TOP = "edgeml.finetune.top"
_IN_TRANSFER = "edgeml.pipeline.transfer"
_init_top = TopLearner.__init__


def _equal(y: Any, classes: int, balanced: bool) -> Any:
    return np.ones(classes, np.float32)


def _equal_samples(y: Any, classes: int, balanced: bool) -> Any:
    return np.full(len(y), 1 / len(y))


def _hard_labels(self: Any, graph: Any, importance: Any, smooth: float = 0.0, average: float = 0.0) -> None:
    _init_top(self, graph, importance, average=average)


def _nothing_frozen(graph: Graph, layers: int) -> tuple[Graph, Graph]:
    return replace(graph, outputs=graph.inputs).with_nodes(()), graph


def _one_view(zoo: Any, graph: Any, dataset: Any, rest: Any, watched: Any, seed: int, quiet: bool) -> Any:
    return _all_views(replace(zoo, transfer=replace(zoo.transfer, views=1)), graph, dataset, rest, watched, seed, quiet)


def _without_patience(plan: Any, decay: float, steps: int, train: Any, validation: Any, classes: int) -> Any:
    return _fit_once(replace(plan, patience=0), decay, steps, train, validation, classes)


def _last_step(plan: Any, decay: float, steps: int, train: Any, validation: Any, classes: int) -> Any:
    weights, bias, _, _ = _fit_once(plan, decay, steps, train, None, classes)
    return (
        weights,
        bias,
        steps,
        0.0 if validation is None else _fit_once(plan, decay, steps, train, validation, classes)[3],
    )


def _unmoved(
    x: Any, y: Any, *, size: int, seed: int, epoch: int, shift: int = 0, mirror: bool = False, views: int = 1
) -> Any:
    return _batches(x, y, size=size, seed=seed, epoch=epoch)


TRAINING = (
    Method(
        "early stopping",
        "edgeml.training.loop:_Run._watch",
        lambda self, loss: None,
        guards(_LOOP, "early_stopping_keeps_the_best_weights"),
    ),
    Method(
        "early stopping keeps the best weights",
        "edgeml.training.loop:_Run.keep_best",
        lambda self: None,
        guards(_LOOP, "early_stopping_keeps_the_best_weights"),
    ),
    Method(
        "rate: falls as a cosine",
        "edgeml.training.schedule:cosine_rate",
        lambda peak, step, total, warmup=0: peak,
        guards(_LOOP, "the_cosine_starts_at_its_peak_and_ends_at_zero"),
    ),
    Method(
        "augmentation",
        "edgeml.training.augment:augment",
        lambda x, rng, *, shift, mirror: x,
        guards(
            _LOOP,
            "shifted_images_are_the_image_moved_with_zeros",
            "mirrored_images_are_left_right_flipped_half_of_the_time",
        ),
    ),
    Method(
        "augmentation: moved images",
        "edgeml.training.augment:augment",
        lambda x, rng, *, shift, mirror: _augment(x, rng, shift=0, mirror=mirror),
        guards(_LOOP, "shifted_images_are_the_image_moved_with_zeros"),
    ),
    Method(
        "augmentation: mirrored images",
        "edgeml.training.augment:augment",
        lambda x, rng, *, shift, mirror: _augment(x, rng, shift=shift, mirror=False),
        guards(_LOOP, "mirrored_images_are_left_right_flipped_half_of_the_time"),
    ),
    Method(
        "augmentation while a model is trained",
        "edgeml.training.loop:batches",
        _unmoved,
        guards(_LOOP, "a_model_sees_augmented_samples"),
    ),
    Method(
        "head: classes count the same",
        "edgeml.training.head:_importance",
        _equal_samples,
        guards(_HEAD, "a_rare_class_counts_the_same"),
    ),
    Method(
        "head: weight decay is chosen",
        "edgeml.training.head:fit_head",
        lambda plan, train, validation, classes: _fit_head(
            replace(plan, decays=plan.decays[:1]), train, validation, classes
        ),
        guards(_HEAD, "the_decay_with_the_lower_validation_loss_is_chosen"),
    ),
    Method(
        "head: patience", "edgeml.training.head:_fit", _without_patience, guards(_HEAD, "patience_ends_the_fit_early")
    ),
    Method(
        "head: length is chosen", "edgeml.training.head:_fit", _last_step, guards(_HEAD, "patience_ends_the_fit_early")
    ),
    Method(
        "top: classes count the same",
        f"{_IN_TOP}:class_importance",
        _equal,
        guards(_TOP, "classes_count_the_same_when_balanced", "a_rare_class_is_learned_by_its_weight"),
    ),
    Method(
        "top: label smoothing",
        f"{_IN_TOP}:TopLearner.__init__",
        _hard_labels,
        guards(_TOP, "smoothed_labels_keep_probabilities_from_the_ends"),
    ),
    Method(
        "transfer: the base is frozen",
        f"{_IN_TOP}:split_top",
        _nothing_frozen,
        (
            *guards(_TOP, "the_cut_is_where_one_activation_connects_both_parts"),
            *guards(_TRANSFER, "a_model_is_fine_tuned_and_saved_with_its_preprocessing"),
        ),
    ),
    Method(
        "transfer: fine-tuning",
        f"{_IN_TRANSFER}:_fine_tuned",
        lambda plan, transfer, top, seen, folder, quiet: ({}, []),
        guards(_TRANSFER, "a_model_is_fine_tuned_and_saved_with_its_preprocessing"),
    ),
    Method(
        "transfer: class weights of fine-tuning",
        f"{_IN_TRANSFER}:class_importance",
        _equal,
        guards(_TRANSFER, "a_rare_class_counts_as_much_as_the_settings_say"),
        here=True,
    ),
    Method(
        "transfer: class weights of the head",
        f"{_IN_TRANSFER}:head_plan",
        lambda transfer: replace(head_plan(transfer), class_weights=False),
        guards(_TRANSFER, "a_rare_class_counts_as_much_as_the_settings_say"),
        here=True,
    ),
    Method(
        "transfer: augmented views",
        f"{_IN_TRANSFER}:augment",
        lambda x, rng, *, shift, mirror: x,
        guards(_TRANSFER, "samples_are_seen_as_they_are_mirrored_and_moved"),
        here=True,
    ),
    Method(
        "transfer: several views",
        f"{_IN_TRANSFER}:_seen",
        _one_view,
        guards(_TRANSFER, "samples_are_seen_as_they_are_mirrored_and_moved"),
    ),
    Method(
        "transfer: the range of pixels is found",
        "edgeml.pipeline.pixel_range:choose_range",
        lambda zoo, backbone, dataset, rest, watched, tell: "0..1",
        guards(_TRANSFER, "the_range_that_tells_classes_apart_is_chosen"),
    ),
    Method(
        "transfer: preprocessing is a part of the model",
        "edgeml.pipeline.backbone:with_range",
        lambda graph, low, high: graph,
        guards(_TRANSFER, "a_range_is_the_same_function"),
    ),
)
