"""How many bits weights and activations have, and where weights of four bits lie two to a byte."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from edgeml.quantize.materialize import quantize_weights as _quantize_weights
from edgeml.quantize.quantizer import weighted_layers
from tests.noop.method import Method, guards

_QUANTIZER = "quantize/test_quantizer"
_LEARNED_ROUNDING = "quantize/test_learned_rounding"
_INT4_WEIGHTS = "backends/test_int4_weights"
_INT16 = "quantize/test_int16"
_RECIPE = "edgeml.quantize.recipe:Recipe"


def _only_by_name(self: Any, node: str, follows: bool) -> bool:
    return self.activation_bits.get(node, 16 if follows else 8) == 16


def _only_as_a_whole(self: Any, node: str, follows: bool) -> bool:
    return bool(self.activations == "int16" or follows)


def _per_tensor(bound: Any, recipe: Any, input_scale: float | None = None) -> Any:
    return _quantize_weights(bound, replace(recipe, per_channel=False), input_scale)


CODES = (
    Method(
        "weights: a scale for each channel",
        "edgeml.quantize.materialize:quantize_weights",
        _per_tensor,
        guards(
            _QUANTIZER,
            "weights_are_symmetric_narrow_and_per_channel",
            "a_channel_that_hardly_looks_at_its_input_keeps_its_accumulator_in_range",
        ),
    ),
    Method(
        "weights: room for the bias",
        "edgeml.quantize.materialize:smallest_scales",
        lambda bias, input_scale: np.zeros(bias.shape),
        guards(_QUANTIZER, "a_channel_that_hardly_looks_at_its_input_keeps_its_accumulator_in_range"),
    ),
    Method(
        "int4: codes of few bits",
        f"{_RECIPE}.largest_code",
        lambda self, layer: 127,
        guards(_LEARNED_ROUNDING, "layers_of_few_bits_come_nearer_to_the_float_output"),
    ),
    Method(
        "int4: first and last layer stay int8",
        "edgeml.quantize.quantizer:inner_bits",
        lambda graph, bits: dict.fromkeys(weighted_layers(graph), bits),
        guards(_LEARNED_ROUNDING, "bits_of_layers_that_are_not_there_are_refused"),
    ),
    Method(
        "int4: two to a byte in ONNX",
        "edgeml.backends.onnx.writer:weight_bits",
        lambda bound: 8,
        guards(_INT4_WEIGHTS, "onnx_files_hold_two_codes_a_byte_and_only_then_a_newer_opset"),
        here=True,
    ),
    Method(
        "int4: two to a byte in C, cores with DSP instructions",
        "edgeml.backends.c99.selection.nibbles_dsp:weight_bits",
        lambda bound: 8,
        guards(_INT4_WEIGHTS, "whoever_asks_for_speed_alone_gets_the_faster_kernels"),
        here=True,
    ),
    Method(
        "int4: two to a byte in C, other cores",
        "edgeml.backends.c99.selection.nibbles_pairs:weight_bits",
        lambda bound: 8,
        guards(_INT4_WEIGHTS, "convolutions_are_packed_for_every_core"),
        here=True,
    ),
    Method(
        "int4: packed kernels come first",
        "edgeml.backends.c99.selection.choose:Candidates._small",
        lambda self: self.valid,
        guards(
            _INT4_WEIGHTS,
            "whoever_asks_for_speed_alone_gets_the_faster_kernels",
            "c_libraries_pack_two_weights_in_a_byte_and_agree",
        ),
    ),
    Method(
        "int16: activations of a whole model",
        f"{_RECIPE}.is_int16",
        _only_by_name,
        guards(_INT16, "int16_activations_lose_less_in_every_layer"),
    ),
    Method(
        "int16: activations of layers by name",
        f"{_RECIPE}.is_int16",
        _only_as_a_whole,
        guards(_INT16, "a_layer_by_name_is_int16_between_requantisations_and_the_same_everywhere"),
    ),
)
