"""Builtins that edgeml has no operator of its own for, each as a rewrite into operators that it has."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from types import MappingProxyType

from edgeml.frontends.litert.draft import Call
from edgeml.frontends.litert.rewrites import variables
from edgeml.frontends.litert.rewrites.constants import fill, range_, rank, shape_of, zeros_like
from edgeml.frontends.litert.rewrites.lookups import add_n, embedding_lookup, gather_nd, one_hot
from edgeml.frontends.litert.rewrites.lstm import unidirectional_sequence_lstm
from edgeml.frontends.litert.rewrites.normalization import l2_normalization
from edgeml.frontends.litert.rewrites.padding import pad_v2
from edgeml.frontends.litert.rewrites.pointwise import relu_0_to_1, select, square
from edgeml.frontends.litert.rewrites.shape import pack, reshape_to_output
from edgeml.frontends.litert.rewrites.slices import reverse, slice_, split, split_v, strided_slice, unpack
from edgeml.frontends.litert.rewrites.transposed import transpose_conv

Rewrite = Callable[[Call], None]

# builtin -> what appends its nodes to the draft
REWRITES: Mapping[str, Rewrite] = MappingProxyType(
    {
        "RESHAPE": reshape_to_output,
        "UNIDIRECTIONAL_SEQUENCE_LSTM": unidirectional_sequence_lstm,
        "VAR_HANDLE": variables.var_handle,
        "READ_VARIABLE": variables.read_variable,
        "ASSIGN_VARIABLE": variables.assign_variable,
        "CALL_ONCE": variables.call_once,
        "SQUEEZE": reshape_to_output,
        "EXPAND_DIMS": reshape_to_output,
        "PACK": pack,
        "SLICE": slice_,
        "STRIDED_SLICE": strided_slice,
        "SPLIT": split,
        "SPLIT_V": split_v,
        "UNPACK": unpack,
        "REVERSE_V2": reverse,
        "PADV2": pad_v2,
        "SHAPE": shape_of,
        "RANK": rank,
        "RANGE": range_,
        "ZEROS_LIKE": zeros_like,
        "FILL": fill,
        "EMBEDDING_LOOKUP": embedding_lookup,
        "ADD_N": add_n,
        "GATHER_ND": gather_nd,
        "ONE_HOT": one_hot,
        "L2_NORMALIZATION": l2_normalization,
        "TRANSPOSE_CONV": transpose_conv,
        "SQUARE": square,
        "RELU_0_TO_1": relu_0_to_1,
        "SELECT": select,
    }
)

# builtins that work by what they leave behind
WITHOUT_OUTPUTS = ("ASSIGN_VARIABLE", "CALL_ONCE")

__all__ = ["REWRITES", "WITHOUT_OUTPUTS", "Rewrite"]
