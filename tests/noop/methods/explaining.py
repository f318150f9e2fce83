"""Where the accuracy goes, in figures and in words, and warnings about the range of pixels."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from edgeml.explain import causes
from edgeml.explain.experiments import round_alone as _round_alone
from tests.noop.method import Method, guards

_EXPLAIN = "explain/test_explain"
_PREPROCESSING = "inspection/test_preprocessing"
_SCALE_CHECK = "quantize/test_scale_check"
_FOLDING = "passes/test_preprocessing_folding"
_CAUSES = "explain/test_causes"
_WORDS = "edgeml.explain.causes"


def _silent_about(cause: Callable[[Any], str], part: str) -> Callable[[Any], str]:
    def said(layer: Any) -> str:
        text = cause(layer)
        return "" if part in text else text

    return said


def _alone_costs_nothing(rounding: Any, x: Any) -> Any:
    found = _round_alone(rounding, x)
    for measured in found.alone.values():
        measured.noise, measured.parts = 0.0, found.exact.parts
    return found


def _restores_nothing(rounding: Any, x: Any, positions: Any, found: Any) -> None:
    found.restored = dict.fromkeys(positions, found.whole)


EXPLAINING = (
    *(
        Method(f"cause: {cause.replace('_', ' ')}", f"{_WORDS}:{cause}", lambda layer: "", guards(_CAUSES, test))
        for cause, test in (
            ("offset_of_weights", "nearly_constant_channels"),
            ("outlier_channel", "outlier_channel"),
            ("outlier_values", "rare_values_set_the_range"),
            ("clipped", "clipped_values"),
            ("saturating", "saturating_activation"),
        )
    ),
    *(
        Method(
            f"cause: {part}", f"{_WORDS}:{cause}", _silent_about(getattr(causes, cause), part), guards(_CAUSES, test)
        )
        for cause, part, test in (
            ("offset_of_weights", "nearly constant", "nearly_constant_channels"),
            ("offset_of_weights", "mean far from zero", "inputs_with_a_mean_far_from_zero"),
            ("ruined_range", "shared pool scale", "shared_pool_scale"),
            ("ruined_range", "range ruined by a clamp", "range_ruined_by_a_clamp"),
            ("ruined_range", "range ruined by '", "range_ruined_by_a_tensor_with_the_same_scale"),
        )
    ),
    Method(
        "explain: a layer alone",
        "edgeml.explain.experiments:round_alone",
        _alone_costs_nothing,
        guards(_EXPLAIN, "the_layer_on_nearly_constant_channels_is_named_with_the_reason"),
    ),
    Method(
        "explain: a layer restored",
        "edgeml.explain.experiments:restore",
        _restores_nothing,
        guards(_EXPLAIN, "the_layer_on_nearly_constant_channels_is_named_with_the_reason"),
    ),
    Method(
        "explain: copies of codes are left out",
        "edgeml.explain.rounding:Rounding.leave_out_copies",
        lambda self, x: None,
        guards(_EXPLAIN, "nodes_that_copy_codes_cost_nothing_and_are_left_out"),
    ),
    Method(
        "explain: the costliest layer in words",
        "edgeml.explain.explain:_summary",
        lambda layers, got: "",
        guards(_EXPLAIN, "the_layer_on_nearly_constant_channels_is_named_with_the_reason"),
    ),
    Method(
        "explain: losses by class",
        "edgeml.explain.explain:_classes",
        lambda names, truth, exact, got: (),
        guards(_EXPLAIN, "the_accuracy_is_that_of_the_int8_graph_itself"),
    ),
    Method(
        "explain: flips",
        "edgeml.explain.explain:_flips",
        lambda names, truth, found, got, x: (),
        guards(_EXPLAIN, "the_accuracy_is_that_of_the_int8_graph_itself"),
    ),
    Method(
        "explain: pictures of flips",
        "edgeml.explain.pictures:picture",
        lambda x: "",
        guards(_EXPLAIN, "changed_samples_are_shown_as_pictures"),
    ),
    Method(
        "warning: a Rescaling behind layers",
        "edgeml.inspection.preprocessing:misplaced_rescaling",
        lambda graph: "",
        guards(_PREPROCESSING, "a_rescaling_behind_the_backbone_is_named", "inspect_warns"),
    ),
    Method(
        "warning: pixels of the wrong range",
        "edgeml.quantize.scale_check:better_scale",
        lambda graph, x, y: None,
        guards(_SCALE_CHECK, "the_range_that_the_model_was_trained_on_is_found"),
    ),
    Method(
        "preprocessing goes into the first convolution",
        "edgeml.passes.preprocessing_folding:fold_preprocessing",
        lambda graph: graph,
        guards(_FOLDING, "the_usual_range_goes_into_the_convolution_and_its_border"),
    ),
)
