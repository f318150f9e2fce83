"""Which weights and channels go, when, and how what stays is repaired."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from edgeml.pipeline.prune import Targeted
from edgeml.prune.channels.choice import multiplications
from edgeml.prune.channels.choice import weakest_channels as _weakest
from edgeml.prune.graph import prunable_data as _prunable
from edgeml.prune.magnitude import magnitude_scores
from edgeml.prune.patterns import ELEMENT, Block
from edgeml.prune.patterns import pattern_masks as _pattern_masks
from edgeml.prune.schedule import PolynomialSchedule
from edgeml.sparsify.output_error import relative_error
from edgeml.sparsify.refit import Refit
from edgeml.sparsify.refit import _layer as _refit_layer
from edgeml.sparsify.search import Search
from tests.noop.method import Method, guards

_PATTERNS = "prune/test_patterns"
_MAGNITUDE = "prune/test_magnitude"
_REFIT = "sparsify/test_refit"
_TAYLOR_AND_TUNE = "sparsify/test_taylor_and_tune"
_CHANNELS = "prune/test_channels"
_LOOP = "training/test_loop"
_FRAMEWORKS = "training/test_frameworks"
_PRUNE_COMMAND = "cli/test_prune_command"
_SEARCH = "sparsify/test_search"
_IN_PATTERNS = "edgeml.prune.patterns"
_IN_CHANNELS = "edgeml.prune.channels"
_block_units = Block.units


def _all_kept(scores: Mapping[str, Any], sparsity: float, pattern: Any = ELEMENT, scope: str = "layer") -> Any:
    return {name: np.ones(s.shape, bool) for name, s in scores.items()}


def _in(always: Any) -> Any:
    def masks(scores: Mapping[str, Any], sparsity: float, pattern: Any = ELEMENT, scope: str = "layer") -> Any:
        return _pattern_masks(scores, sparsity, pattern, always)

    return masks


def _l1(graph: Any, names: Any, samples: Any, y: Any = None) -> Any:
    return {name: magnitude_scores(graph.tensor(name).data) for name in names}


def _l1_only(graph: Any, names: Any, samples: Any) -> Any:
    return _l1(graph, names, samples)


def _no_refit(dense: Any, pruned: Any, masks: Any, samples: Any) -> Refit:
    error = relative_error(dense, pruned, samples)
    return Refit(pruned, (), error, error)


def _from_dense_inputs(graph: Any, position: int, exact: Any, want: Any, seen: Any, mask: Any) -> Any:
    return _refit_layer(graph, position, exact, want, want, mask)


def _any_multiple(
    graph: Any, scores: Any, share: float, scope: Any = "layer", multiple: int = 1, price: Any = multiplications
) -> Any:
    return _weakest(graph, scores, share, scope, 1, price)


def _layer_only(
    graph: Any, scores: Any, share: float, scope: Any = "layer", multiple: int = 1, price: Any = multiplications
) -> Any:
    return _weakest(graph, scores, share, "layer", multiple, price)


def _any_channels(
    graph: Any, scores: Any, share: float, scope: Any = "layer", multiple: int = 1, price: Any = multiplications
) -> Any:
    return _weakest(graph, {n: np.ones(s.shape) for n, s in scores.items()}, share, scope, multiple, price)


def _at_once(prune: Any, total: int) -> Any:
    return None if prune is None else PolynomialSchedule(prune.sparsity, 0, 1)


def _none_pruned(pruner: Any, *_: Any) -> Targeted:
    return Targeted(pruner.prune(0.0), 0.0, Search(0.0, ()))


PRUNING = (
    Method(
        "masks: the least score goes",
        f"{_IN_PATTERNS}:pattern_masks",
        _all_kept,
        (
            *guards(_PATTERNS, "of_every_four_weights_the_best_two_stay"),
            *guards(_MAGNITUDE, "each_layer_gets_its_share_of_zeros"),
        ),
    ),
    Method(
        "masks: each layer its share",
        f"{_IN_PATTERNS}:pattern_masks",
        _in("global"),
        (
            *guards(_MAGNITUDE, "each_layer_gets_its_share_of_zeros"),
            *guards(_PATTERNS, "global_allocation_takes_from_the_layer_with_the_weaker_blocks"),
        ),
    ),
    Method(
        "masks: all layers together",
        f"{_IN_PATTERNS}:pattern_masks",
        _in("layer"),
        guards(_PATTERNS, "global_allocation_takes_from_the_layer_with_the_weaker_blocks"),
    ),
    Method(
        "masks: N of M",
        f"{_IN_PATTERNS}:KeepOf.units",
        lambda self, scores: _block_units(ELEMENT, scores),
        guards(_PATTERNS, "of_every_four_weights_the_best_two_stay"),
    ),
    Method(
        "masks: blocks",
        f"{_IN_PATTERNS}:Block.units",
        lambda self, scores: _block_units(ELEMENT, scores),
        guards(_PATTERNS, "a_block_stays_or_goes_as_one_and_the_weakest_go"),
    ),
    Method(
        "masks: written into the graph",
        "edgeml.prune.graph:masked",
        lambda graph, masks: graph,
        (
            *guards(_PATTERNS, "masked_weights_are_zero_and_the_rest_as_before"),
            *guards(_MAGNITUDE, "a_bare_graph_is_pruned_and_zeros_survive_quantisation"),
        ),
    ),
    Method(
        "masks: layers that stay dense",
        "edgeml.prune.graph:prunable_data",
        lambda graph, dense=(): _prunable(graph),
        (
            *guards(_PATTERNS, "layers_may_stay_whole"),
            *guards(_REFIT, "sparsify_reaches_its_share_in_its_pattern_with_and_without_samples"),
        ),
    ),
    Method(
        "importance: magnitude",
        "edgeml.prune.magnitude:magnitude_scores",
        lambda weights: np.ones(weights.shape),
        guards(_MAGNITUDE, "each_layer_gets_its_share_of_zeros"),
    ),
    Method(
        "importance: comparable between layers",
        "edgeml.prune.magnitude:magnitude_scores",
        lambda weights: np.abs(weights),
        guards(_MAGNITUDE, "global_pruning_shares_zeros_over_layers_whatever_their_scale"),
    ),
    Method(
        "importance: Taylor",
        "edgeml.sparsify.taylor:taylor_scores",
        _l1,
        guards(
            _TAYLOR_AND_TUNE,
            "the_score_is_what_a_small_change_of_the_weight_does_to_the_loss",
            "weights_that_no_class_depends_on_go_first",
        ),
    ),
    Method(
        "importance: activation",
        "edgeml.sparsify.activation:activation_scores",
        _l1_only,
        guards(_REFIT, "importance_by_activation_keeps_what_reads_a_live_input"),
    ),
    Method(
        "channels: the weakest go",
        f"{_IN_CHANNELS}.choice:weakest_channels",
        _any_channels,
        guards(_CHANNELS, "the_weakest_channels_go"),
    ),
    Method(
        "channels: all layers together",
        f"{_IN_CHANNELS}.choice:weakest_channels",
        _layer_only,
        guards(_CHANNELS, "all_layers_together_give_the_cheapest_channels"),
    ),
    Method(
        "channels: a multiple stays",
        f"{_IN_CHANNELS}.choice:weakest_channels",
        _any_multiple,
        guards(_CHANNELS, "layers_keep_a_multiple_of_channels"),
    ),
    Method(
        "channels: surgery",
        f"{_IN_CHANNELS}.surgery:remove_channels",
        lambda graph, gone: graph,
        guards(_CHANNELS, "the_smaller_graph_computes_what_the_masked_one_does"),
    ),
    Method(
        "channels: masks",
        f"{_IN_CHANNELS}.choice:channel_masks",
        lambda graph, gone: {},
        guards(_CHANNELS, "the_smaller_graph_computes_what_the_masked_one_does"),
    ),
    Method(
        "channels: dependency groups",
        f"{_IN_CHANNELS}.dependencies:_Numbering._join",
        lambda self, a, b: None,
        guards(_CHANNELS, "a_residual_add_and_a_depthwise_convolution_join_channels"),
    ),
    Method(
        "schedule: gradual",
        "edgeml.prune.schedule:PolynomialSchedule.sparsity",
        lambda self, step: self.final,
        guards(_MAGNITUDE, "the_schedule_is_cubic_and_stays_in_its_ends"),
    ),
    Method(
        "schedule: while a model is trained",
        "edgeml.training.loop:_schedule",
        _at_once,
        guards(_LOOP, "zeros_grow_while_the_model_is_trained"),
    ),
    Method(
        "pruning in training: masks",
        "edgeml.training.loop:prune_masks",
        lambda kernels, prune, sparsity: {n: np.ones(w.shape, bool) for n, w in kernels.items()},
        guards(
            _LOOP, "pruning_reaches_its_sparsity_and_holds_it", "kernels_that_stay_dense_are_made_up_for_by_the_others"
        ),
    ),
    Method(
        "pruning in training: masks are set",
        "edgeml.training.loop:_Run._prune",
        lambda self, step: None,
        guards(_LOOP, "pruning_reaches_its_sparsity_and_holds_it"),
    ),
    Method(
        "pruning in training: zeros stay zero, Keras",
        "edgeml.training.keras_learner:KerasLearner.set_masks",
        lambda self, masks: None,
        guards(_FRAMEWORKS, "pruning_zeroes_kernels_alone_and_fine_tunes"),
    ),
    Method(
        "pruning in training: zeros stay zero, JAX",
        "edgeml.training.adam:AdamLearner.set_masks",
        lambda self, masks: None,
        guards(_FRAMEWORKS, "pruning_zeroes_kernels_alone_and_fine_tunes"),
    ),
    Method(
        "pruning in training: distillation, Keras",
        "edgeml.training.keras_learner:KerasLearner.teach",
        lambda self, distill: None,
        guards(_FRAMEWORKS, "the_dense_model_teaches_the_pruned_one"),
    ),
    Method(
        "pruning in training: distillation, JAX",
        "edgeml.training.jax_learner:JaxLearner.teach",
        lambda self, distill: None,
        guards(_FRAMEWORKS, "the_dense_model_teaches_the_pruned_one"),
    ),
    Method(
        "least squares",
        "edgeml.sparsify.refit:refit",
        _no_refit,
        guards(_REFIT, "the_repair_brings_the_outputs_nearer_and_keeps_the_zeros"),
    ),
    Method(
        "least squares: from what the pruned layers leave",
        "edgeml.sparsify.refit:_layer",
        _from_dense_inputs,
        guards(_REFIT, "a_layer_makes_up_for_what_was_pruned_before_it"),
    ),
    Method(
        "least squares: the best of several ridges",
        "edgeml.sparsify.refit:RIDGES",
        lambda ridges: ridges[-1:],
        guards(_REFIT, "a_channel_takes_the_best_of_several_ridges"),
        value=True,
    ),
    Method(
        "least squares: the fit",
        "edgeml.sparsify.least_squares:fit_kept",
        lambda x, target, weights, keep, ridge: (weights * keep, (target - x @ (weights * keep).T).mean(axis=0)),
        guards(_REFIT, "the_fit_is_the_least_squares_solution_over_the_kept_weights"),
    ),
    Method(
        "prune: a loss that may be",
        "edgeml.pipeline.prune:prune_to_drop",
        lambda pruner, max_drop, x, y: _none_pruned(pruner),
        guards(_PRUNE_COMMAND, "the_sparsity_is_searched_for_an_accuracy"),
    ),
    Method(
        "prune: a budget",
        "edgeml.pipeline.prune:prune_to_budget",
        lambda pruner, budget: _none_pruned(pruner),
        guards(_PRUNE_COMMAND, "the_sparsity_is_searched_for_a_budget"),
    ),
    Method(
        "prune: search of the highest sparsity",
        "edgeml.sparsify.search:highest",
        lambda measure, limit, top=0.99: Search(top, ()),
        guards(_SEARCH, "the_highest_sparsity_that_holds_is_found_to_one_hundredth"),
    ),
    Method(
        "prune: search of the lowest sparsity",
        "edgeml.sparsify.search:lowest",
        lambda measure, limit, top=0.99: Search(top, ()),
        guards(_SEARCH, "the_lowest_sparsity_that_holds_is_found"),
    ),
)
