"""What decides whether a repair stays: always, or never, instead of where held-out samples gain by it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from tests.noop.method import Method, guards

_REPAIRS = "quantize/test_repairs"
_LEARNED_ROUNDING = "quantize/test_learned_rounding"
_REFIT = "sparsify/test_refit"


def _each(answer: bool, which: type) -> Callable[[Any, Any], Any]:
    """The gate that gives `answer` for errors of the kind `which` and does its work for others."""

    def gate(before: Any, after: Any) -> Any:
        if not isinstance(before, which):
            return after < before
        return np.full(before.shape, answer) if which is np.ndarray else answer

    return gate


_ROWS: tuple[tuple[str, str, type, str, str, str], ...] = (
    # what, where, the kind of errors that are compared, and the tests of always and never
    (
        "bias correction",
        "edgeml.quantize.bias_correction",
        np.ndarray,
        _REPAIRS,
        "a_correction_that_makes_held_out_samples_worse_is_undone",
        "bias_correction_repairs_what_nearly_constant_channels_lose",
    ),
    (
        "learned rounding",
        "edgeml.quantize.learned_rounding",
        np.ndarray,
        _LEARNED_ROUNDING,
        "codes_that_make_held_out_samples_worse_are_undone",
        "layers_of_few_bits_come_nearer_to_the_float_output",
    ),
    (
        "own scale of pooled outputs",
        "edgeml.quantize.pooled_scale",
        float,
        _REPAIRS,
        "a_pool_that_fills_its_scale_stays_what_it_is",
        "a_pooled_output_with_its_own_scale_is_nearer_to_the_float_one",
    ),
    (
        "equalisation",
        "edgeml.quantize.quantizer",
        float,
        "quantize/test_equalize",
        "equalisation_that_makes_held_out_samples_worse_is_undone",
        "uneven_channels_gain_in_int8",
    ),
    (
        "least squares, a channel",
        "edgeml.sparsify.refit",
        np.ndarray,
        _REFIT,
        "a_repair_that_held_out_samples_do_not_gain_by_is_undone",
        "the_repair_brings_the_outputs_nearer_and_keeps_the_zeros",
    ),
    (
        "least squares, all of it",
        "edgeml.sparsify.refit",
        float,
        _REFIT,
        "layers_that_gain_are_undone_where_the_outputs_do_not",
        "the_repair_brings_the_outputs_nearer_and_keeps_the_zeros",
    ),
    (
        "tuning after pruning",
        "edgeml.sparsify.tune",
        float,
        "sparsify/test_taylor_and_tune",
        "training_that_does_not_gain_is_undone",
        "training_on_gains_and_keeps_zeros_and_shapes",
    ),
    (
        "quantisation-aware training",
        "edgeml.finetune.quantized",
        float,
        "finetune/test_learner",
        "training_that_does_not_help_is_undone",
        "training_wins_back_what_rounding_lost",
    ),
)

GATES = (
    *(
        Method(f"gate of {what}: {word}", f"{module}:helps", _each(answer, kind), guards(file, test), here=True)
        for what, module, kind, file, *tests in _ROWS
        for word, answer, test in zip(("always", "never"), (True, False), tests, strict=True)
    ),
    Method(
        "gate of fine-tuning after transfer: always",
        "edgeml.pipeline.transfer:_keeps",
        lambda before, after: True,
        guards("pipeline/test_transfer", "fine_tuning_that_validation_samples_do_not_gain_by_is_undone"),
    ),
    Method(
        "gate of fine-tuning after transfer: never",
        "edgeml.pipeline.transfer:_keeps",
        lambda before, after: False,
        guards("pipeline/test_transfer", "a_model_is_fine_tuned_and_saved_with_its_preprocessing"),
    ),
    Method(
        "gates judge on samples of their own",
        "edgeml.quantize.repairs:held_out",
        lambda count: np.zeros(count, bool),
        (
            *guards(_REPAIRS, "a_correction_that_makes_held_out_samples_worse_is_undone"),
            *guards(_LEARNED_ROUNDING, "codes_that_make_held_out_samples_worse_are_undone"),
        ),
    ),
)
