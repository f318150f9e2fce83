"""Kernels for few bits and many zeros: which are chosen, and what they leave out."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from edgeml.backends.c99.selection.kernel import cost as _cost
from edgeml.backends.c99.selection.sparse import chain as _chain
from tests.noop.method import Method, guards

_SPARSE = "backends/c99/selection/test_sparse"
_INT4_WEIGHTS = "backends/test_int4_weights"
_SELECTION = "edgeml.backends.c99.selection"
_TAKEN = "the_sparse_kernel_is_taken_where_it_wins"
_FORMAT = "the_format_follows_the_pattern_of_the_zeros"
_PACKED = "convolutions_are_packed_for_every_core"
# kernel, and the tests that want it
_KERNELS: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("conv_2d_sparse_dsp_s8", guards(_SPARSE, _FORMAT)),
    ("conv_2d_single_sparse_dsp_s8", guards(_SPARSE, _FORMAT)),
    ("conv_2d_sparse_pairs_s8", guards(_SPARSE, _TAKEN)),
    ("conv_2d_sparse_short_pairs_s8", guards(_SPARSE, _TAKEN)),
    ("fully_connected_sparse_dsp_s8", guards(_SPARSE, _TAKEN)),
    ("fully_connected_sparse_s8", guards(_SPARSE, _TAKEN)),
    ("fully_connected_sparse_short_s8", guards(_SPARSE, _TAKEN)),
    ("conv_2d_dsp_s4", guards(_INT4_WEIGHTS, _PACKED)),
    ("fully_connected_dsp_s4", guards(_INT4_WEIGHTS, "whoever_asks_for_speed_alone_gets_the_faster_kernels")),
    ("conv_2d_pairs_s4", guards(_INT4_WEIGHTS, _PACKED)),
    ("conv_2d_short_pairs_s4", guards(_INT4_WEIGHTS, _PACKED)),
    ("conv_2d_dsp_s16", guards("backends/c99/selection/test_int16")),
    ("fully_connected_dsp_s16", guards("backends/c99/selection/test_int16")),
)


def _without(name: str) -> Callable[[Any], Any]:
    return lambda table: {op: tuple(k for k in kernels if k.name != name) for op, kernels in table.items()}


def _sparse_for_nothing(kernel: Any, bound: Any, call: Any, machine: Any) -> Any:
    spent = _cost(kernel, bound, call, machine)
    return replace(spent, instructions=0, flash=0, scratch=0) if "sparse" in kernel.name else spent


KERNEL_CHOICE = (
    *(
        Method(f"kernel: {name}", f"{_SELECTION}.choose:KERNELS", _without(name), tests, value=True, here=True)
        for name, tests in _KERNELS
    ),
    Method(
        "sparse kernels only where they win",
        f"{_SELECTION}.kernel:cost",
        _sparse_for_nothing,
        guards(_SPARSE, _TAKEN),
    ),
    *(
        Method(
            f"sparse packing leaves out zeros: {what}",
            f"{_SELECTION}.{module}:chain",
            lambda kept, farthest: _chain(np.ones_like(kept), farthest),
            guards(_SPARSE, *tests),
            here=True,
        )
        for what, module, tests in (
            ("fours", "sparse", ("fours_keep_all_weights_and_leave_out_zeros",)),
            ("fours in bytes", "sparse_bytes", ("fours_in_bytes_keep_all_weights_and_stay_within_16_bits", _TAKEN)),
            ("single weights", "conv_2d_single_sparse_dsp", ("single_weights_are_kept_and_no_zeros",)),
        )
    ),
)
