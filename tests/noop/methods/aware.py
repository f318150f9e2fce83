"""Quantisation-aware training, and what it has in common with tuning after pruning."""

from __future__ import annotations

from types import MappingProxyType
from typing import Any

import numpy as np

from edgeml.finetune import fake_quant as fq
from edgeml.finetune.forward import run_float
from edgeml.finetune.forward import run_int8 as _run_int8
from edgeml.finetune.learner import Objective
from edgeml.quantize.quantizer import quantize
from edgeml.training.adam import AdamLearner
from tests.noop.method import Method, guards

_LEARNER = "finetune/test_learner"
_FAKE_QUANT = "finetune/test_fake_quant"
_TAYLOR_AND_TUNE = "sparsify/test_taylor_and_tune"
_FAKE = "edgeml.finetune.fake_quant"
_IN_LEARNER = "edgeml.finetune.learner"
_NONE = MappingProxyType({})
_init, _step, _weighted = AdamLearner.__init__, AdamLearner.step, fq.weighted


def _without_teacher(distill: float = 0.0, temperature: float = 2.0) -> Objective:
    return Objective()


def _without_masks(self: Any, values: Any, masks: Any = None) -> None:
    _init(self, values)


def _without_update(self: Any, rate: float, *batch: Any) -> float:
    return _step(self, 0.0, *batch)


def _never_observes(self: Any, x: Any, y: Any, rate: float) -> float:
    return self.step(rate, self._ranges, x, y.astype(np.int32))


def _in_float(graph: Any, parameters: Any, grids: Any, x: Any, output: str, limits: Any = _NONE) -> Any:
    return run_float(graph, parameters, x, output)


def _eight_bits(graph: Any, parameters: Any, grids: Any, x: Any, output: str, limits: Any = _NONE) -> Any:
    return _run_int8(graph, parameters, grids, x, output)


AWARE = (
    Method(
        "training in JAX: weights move",
        "edgeml.training.adam:AdamLearner.step",
        _without_update,
        guards(_LEARNER, "a_float_graph_learns_labels"),
    ),
    Method(
        "QAT: forward as the int8 graph",
        "edgeml.finetune.forward:run_int8",
        _in_float,
        guards(_FAKE_QUANT, "forward_of_a_model_with_pooling_and_dense"),
    ),
    Method(
        "QAT: weights of few bits",
        "edgeml.finetune.forward:run_int8",
        _eight_bits,
        guards(_FAKE_QUANT, "forward_with_weights_of_few_bits"),
    ),
    Method(
        "QAT: learned ranges",
        f"{_IN_LEARNER}:_free_scales",
        lambda graph, ranges: [],
        guards(_LEARNER, "learned_and_observed_ranges_move"),
    ),
    Method(
        "QAT: observed ranges",
        f"{_IN_LEARNER}:GraphLearner.train_batch",
        _never_observes,
        guards(_LEARNER, "ranges_are_observed_again_in_the_graph_as_it_is_then"),
    ),
    Method(
        "QAT: distillation",
        f"{_IN_LEARNER}:GraphLearner._taught",
        lambda self, loss, logits, x: loss,
        guards(_LEARNER, "a_teacher_pulls_towards_its_answers"),
    ),
    Method(
        "QAT: distillation as configured",
        "edgeml.finetune.quantized:Objective",
        _without_teacher,
        guards(_LEARNER, "the_float_graph_teaches_as_much_as_the_settings_say"),
        here=True,
    ),
    Method(
        "QAT: begins with corrected biases",
        "edgeml.finetune.quantized:_with_biases",
        lambda float_graph, graph: float_graph,
        guards(_LEARNER, "training_begins_with_the_biases_that_make_up_for_rounding"),
    ),
    Method(
        "QAT: begins at nearest codes",
        "edgeml.finetune.quantized:_nearest",
        lambda float_graph, chosen, samples, recipe: quantize(float_graph, samples, recipe).graph,
        guards(_LEARNER, "training_begins_with_each_weight_at_its_nearest_code"),
    ),
    Method(
        "fake quant: rounding passes gradients",
        f"{_FAKE}:straight_through",
        lambda value, real: value,
        guards(_FAKE_QUANT, "gradients_pass_the_rounding_and_stop_at_the_ends"),
    ),
    Method(
        "fake quant: activations",
        f"{_FAKE}:quantized",
        lambda real, grid: fq.Codes(real / grid.scale, grid),
        guards(_FAKE_QUANT, "forward_computes_the_codes_of_the_int8_graph"),
    ),
    Method(
        "fake quant: weights",
        f"{_FAKE}:weight_scales",
        lambda bound, w, limit: np.full(
            w.shape[0 if bound.node.op != "depthwise_conv_2d" else 3], 2.0**-20, np.float32
        ),
        guards(_FAKE_QUANT, "forward_computes_the_codes_of_the_int8_graph"),
    ),
    Method(
        "fake quant: sums in integers",
        f"{_FAKE}:added",
        lambda bound, a, b, sign, grid: fq.other(bound, [a, b], grid),
        guards(_FAKE_QUANT, "sums_round_their_halves_as_the_operator_does"),
    ),
    Method(
        "fake quant: averages in integers",
        f"{_FAKE}:pooled",
        lambda bound, x: fq.other(bound, [x], x.grid),
        guards(_FAKE_QUANT, "forward_computes_the_codes_of_the_int8_graph"),
    ),
    Method(
        "fake quant: division is rounded once",
        f"{_FAKE}:divided",
        lambda a, b: a / b,
        guards(_FAKE_QUANT, "division_by_a_scalar_is_rounded_once"),
    ),
    Method(
        "fake quant: quotients near a half",
        f"{_FAKE}:nearest_quotient",
        lambda a, b: np.round(a / b),
        guards(_FAKE_QUANT, "quotients_that_float32_rounds_to_a_half"),
    ),
    Method(
        "training on: zeros stay zero",
        "edgeml.training.adam:AdamLearner.__init__",
        _without_masks,
        guards(_LEARNER, "zeros_stay_zero"),
    ),
    Method(
        "tuning after pruning: distillation as configured",
        "edgeml.sparsify.tune:Objective",
        _without_teacher,
        guards(_TAYLOR_AND_TUNE, "the_dense_graph_teaches_as_much_as_the_settings_say"),
        here=True,
    ),
    Method(
        "tuning after pruning: weights move",
        "edgeml.training.adam:AdamLearner.step",
        _without_update,
        guards(_TAYLOR_AND_TUNE, "training_on_gains_and_keeps_zeros_and_shapes"),
    ),
)
