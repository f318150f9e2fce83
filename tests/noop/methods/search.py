"""The search for the cheapest recipe within a budget."""

from __future__ import annotations

from edgeml.search.cost import Yardstick
from edgeml.search.order import Order
from edgeml.search.sensitivity import rounded_layers
from tests.noop.method import Method, guards

_SEARCH = "search/test_search"
_RUN = "edgeml.search.run"

SEARCH = (
    Method(
        "search: fewer bits",
        f"{_RUN}:_Search._fewer_bits",
        lambda self, start, found: None,
        guards(_SEARCH, "layers_get_few_bits_as_long_as_the_accuracy_holds"),
    ),
    Method(
        "search: int16 in the costliest layers",
        f"{_RUN}:_Search._wider",
        lambda self, best: None,
        guards(_SEARCH, "int16_activations_are_for_the_layers_that_cost_most"),
    ),
    Method(
        "search: repairs first",
        f"{_RUN}:_repairs",
        lambda base: iter([("int8", base)]),
        guards(_SEARCH, "repairs_are_tried_when_int8_loses_too_much"),
    ),
    Method(
        "search: kernels for other aims",
        f"{_RUN}:_Search._other_aims",
        lambda self: None,
        guards(_SEARCH, "smaller_kernels_are_tried_before_a_board_is_too_small"),
    ),
    Method(
        "search: the cheapest trial is chosen",
        f"{_RUN}:_Search._choose",
        lambda self, cheapest: next(iter(self._trials.values())),
        guards(_SEARCH, "layers_get_few_bits_as_long_as_the_accuracy_holds"),
    ),
    Method(
        "search: layers one at a time",
        f"{_RUN}:with_errors",
        lambda steps, result, recipe, x, done: steps,
        guards(_SEARCH, "layers_get_few_bits_as_long_as_the_accuracy_holds"),
    ),
    Method(
        "search: order by error for each saving",
        "edgeml.search.order:order",
        lambda steps, cheapest: Order(steps, len(steps)),
        guards(_SEARCH, "the_order_takes_the_least_error_for_what_it_saves"),
    ),
    Method(
        "search: which layers want int16 first",
        "edgeml.search.wider:costliest_layers",
        lambda result, x: tuple(rounded_layers(result)),
        guards(_SEARCH, "the_layer_that_loses_most_is_the_first_to_be_int16"),
    ),
    Method(
        "search: accuracy always holds",
        "edgeml.search.limits:Limits.holds",
        lambda self, accuracy: True,
        guards(_SEARCH, "layers_get_few_bits_as_long_as_the_accuracy_holds"),
    ),
    Method(
        "search: accuracy never holds",
        "edgeml.search.limits:Limits.holds",
        lambda self, accuracy: False,
        guards(_SEARCH, "layers_get_few_bits_as_long_as_the_accuracy_holds"),
    ),
    Method(
        "search: cost is never beyond a limit",
        "edgeml.search.limits:Limits.over",
        lambda self, cost: (),
        guards(_SEARCH, "where_nothing_fits_the_nearest_miss_is_told"),
    ),
    Method(
        "search: what a build measures",
        "edgeml.search.cost:measured",
        lambda graph, target, prices, toolchain: (Yardstick(), ""),
        guards(_SEARCH, "a_build_gives_code_stack_and_cycles"),
    ),
    Method(
        "search: the front",
        "edgeml.search.result:pareto",
        lambda trials: tuple(trials),
        guards(_SEARCH, "the_front_is_what_no_other_beats"),
    ),
    Method(
        "search: goes on where it was stopped",
        "edgeml.search.memo:Memo._keep",
        lambda self, name, value: None,
        guards(_SEARCH, "a_search_goes_on_where_it_was_stopped"),
    ),
)
