"""Observers, and repairs of what rounding costs."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from edgeml.quantize.bias_correction import METHOD
from edgeml.quantize.bias_correction import correct_bias as _correct_bias
from edgeml.quantize.codes import dequantize_output, quantize_input
from edgeml.quantize.learned_rounding import learn_rounding as _learn_rounding
from edgeml.quantize.repairs import Repair
from tests.noop.method import Method, guards

_QUANTIZER = "quantize/test_quantizer"
_ENTROPY = "quantize/test_entropy"
_REPAIRS = "quantize/test_repairs"
_EQUALIZE = "quantize/test_equalize"
_LEARNED_ROUNDING = "quantize/test_learned_rounding"
_EXACT_SCALES = "quantize/test_exact_scales"
_OBSERVERS = "edgeml.quantize.observers"
_BIAS = "edgeml.quantize.bias_correction"


def _not_empirical(graph: Any, position: int, layer: Any, method: Any = "empirical") -> Any:
    if method != "empirical":
        return _correct_bias(graph, position, layer, method)
    got = layer.got(graph.bind(graph.nodes[position]))
    error = layer.error(got, np.zeros(got.shape[-1]))
    return graph, Repair(layer.exact.name, METHOD, float(error.sum()), float(error.sum()), 0, len(error))


def _from_exact_inputs(graph: Any, position: int, layer: Any, limit: int) -> Any:
    type_ = graph.bind(graph.nodes[position]).input(0).type
    seen = dequantize_output(quantize_input(layer.x, type_), type_)
    return _learn_rounding(graph, position, replace(layer, seen=seen), limit)


def _each_nearest(inputs: Any, weights: Any, scales: Any, limit: int, free: Any = None) -> Any:
    return np.clip(np.rint(weights / scales[:, :, None]), -limit, limit)


REPAIRS = (
    Method(
        "observer: percentile",
        f"{_OBSERVERS}:_percentile",
        lambda h, low, high, recipe: (low, high),
        guards(_QUANTIZER, "observers_give_ranges_inside_the_data"),
    ),
    Method(
        "observer: least squared error",
        f"{_OBSERVERS}:_mse",
        lambda h, low, high: (low, high),
        guards(_QUANTIZER, "observers_give_ranges_inside_the_data"),
    ),
    Method(
        "observer: least squared error, ranges that gain little stay whole",
        f"{_OBSERVERS}:_GAIN",
        lambda gain: 1.0,
        guards(_QUANTIZER, "a_range_shrinks_only_where_the_squared_error_falls_by_a_hundredth"),
        value=True,
    ),
    Method(
        "observer: entropy",
        "edgeml.quantize.entropy:entropy_range",
        lambda counts, bound, low, high: (low, high),
        (*guards(_QUANTIZER, "observers_give_ranges_inside_the_data"), *guards(_ENTROPY, "rare_outliers_are_clipped")),
    ),
    Method(
        "bias correction: empirical",
        f"{_BIAS}:correct_bias",
        _not_empirical,
        (
            *guards(_REPAIRS, "bias_correction_repairs_what_nearly_constant_channels_lose"),
            *guards(_QUANTIZER, "bias_correction_lowers_the_mean_error"),
        ),
    ),
    Method(
        "bias correction: analytic",
        f"{_BIAS}:weight_offset",
        lambda exact, int8, x: np.zeros(int8.output.shape[-1]),
        guards(_REPAIRS, "analytic_correction_takes_back_what_rounded_weights_add_to_the_mean_input"),
    ),
    Method(
        "bias correction: written into the graph",
        f"{_BIAS}:_with_bias",
        lambda graph, position, error: graph,
        (
            *guards(_REPAIRS, "bias_correction_repairs_what_nearly_constant_channels_lose"),
            *guards(_QUANTIZER, "bias_correction_lowers_the_mean_error"),
        ),
    ),
    Method(
        "equalisation",
        "edgeml.quantize.equalize:equalize",
        lambda graph: (graph, ()),
        guards(_EQUALIZE, "channels_become_equally_large", "uneven_channels_gain_in_int8"),
    ),
    Method(
        "equalisation: weights of a pair",
        "edgeml.quantize.equalize:_equalize_pair",
        lambda first, second, weights: None,
        guards(_EQUALIZE, "channels_become_equally_large", "uneven_channels_gain_in_int8"),
    ),
    Method(
        "learned rounding",
        "edgeml.quantize.learned_rounding:learn_rounding",
        lambda graph, position, layer, limit: (graph, None),
        guards(
            _LEARNED_ROUNDING,
            "layers_of_few_bits_come_nearer_to_the_float_output",
            "int8_weights_are_learned_unless_the_nearest_are_asked_for",
        ),
    ),
    Method(
        "learned rounding: from what the layer really reads",
        "edgeml.quantize.learned_rounding:learn_rounding",
        _from_exact_inputs,
        guards(_LEARNED_ROUNDING, "a_layer_makes_up_for_the_one_before_it"),
    ),
    Method(
        "learned rounding: one code by one",
        "edgeml.quantize.rounding_fit:_one_by_one",
        _each_nearest,
        guards(_LEARNED_ROUNDING, "integer_least_squares_beat_each_weight_rounded_alone"),
    ),
    Method(
        "learned rounding: coordinate descent",
        "edgeml.quantize.rounding_fit:descend",
        lambda inputs, cross, codes, scales, limit, free=None: codes,
        guards(_LEARNED_ROUNDING, "integer_least_squares_beat_each_weight_rounded_alone"),
    ),
    Method(
        "learned rounding: scales of few bits",
        "edgeml.quantize.learned_rounding:_RATIOS",
        lambda ratios: ratios[:1],
        guards(
            _LEARNED_ROUNDING,
            "layers_of_few_bits_come_nearer_to_the_float_output",
            "a_layer_makes_up_for_the_one_before_it",
            "integer_least_squares_beat_each_weight_rounded_alone",
        ),
        value=True,
    ),
    Method(
        "own scale of pooled outputs",
        "edgeml.quantize.pooled_scale:own_pool_scales",
        lambda graph, observed, recipe, samples: (graph, ()),
        guards(_REPAIRS, "a_pooled_output_with_its_own_scale_is_nearer_to_the_float_one"),
    ),
    Method(
        "exact scales",
        "edgeml.quantize.exact_scales:exact_scales",
        lambda graph: graph,
        guards(_EXACT_SCALES, "every_channel_gets_a_form_and_keeps_its_codes"),
    ),
    Method(
        "sums that round alike",
        "edgeml.quantize.exact_sums:exact_sums",
        lambda graph, chosen, groups: chosen,
        guards("quantize/test_exact_sums", "the_quantiser_chooses_such_scales"),
    ),
)
