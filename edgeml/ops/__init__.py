"""The operators. OPS is the one table of what edgeml can compute."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from edgeml.ops.add import Add
from edgeml.ops.arg_max import ArgMax
from edgeml.ops.arg_min import ArgMin
from edgeml.ops.average_pool_2d import AveragePool2D
from edgeml.ops.base import EXACT, Exactness, LiteRT, Operator, Unsupported
from edgeml.ops.broadcast_to import BroadcastTo
from edgeml.ops.cast import Cast
from edgeml.ops.concatenation import Concatenation
from edgeml.ops.conv_2d import Conv2D
from edgeml.ops.depth_to_space import DepthToSpace
from edgeml.ops.depthwise_conv_2d import DepthwiseConv2D
from edgeml.ops.dequantize import Dequantize
from edgeml.ops.fully_connected import FullyConnected
from edgeml.ops.gather import Gather
from edgeml.ops.gru import Gru
from edgeml.ops.logistic import Logistic
from edgeml.ops.max_pool_2d import MaxPool2D
from edgeml.ops.mean import Mean
from edgeml.ops.mul import Mul
from edgeml.ops.pad import Pad
from edgeml.ops.quantize import Quantize
from edgeml.ops.reduce_max import ReduceMax
from edgeml.ops.reduce_min import ReduceMin
from edgeml.ops.reduce_prod import ReduceProd
from edgeml.ops.relu import Relu
from edgeml.ops.relu6 import Relu6
from edgeml.ops.reshape import Reshape
from edgeml.ops.softmax import Softmax
from edgeml.ops.space_to_depth import SpaceToDepth
from edgeml.ops.strided_slice import StridedSlice
from edgeml.ops.sum import Sum
from edgeml.ops.svdf import Svdf
from edgeml.ops.tanh import Tanh
from edgeml.ops.tile import Tile
from edgeml.ops.transpose import Transpose
from edgeml.ops.unidirectional_sequence_lstm import UnidirectionalSequenceLstm

_ALL: tuple[Operator[Any], ...] = (
    Conv2D(),
    DepthwiseConv2D(),
    FullyConnected(),
    Svdf(),
    UnidirectionalSequenceLstm(),
    Gru(),
    MaxPool2D(),
    AveragePool2D(),
    Mean(),
    Sum(),
    ReduceMax(),
    ReduceMin(),
    ReduceProd(),
    ArgMax(),
    ArgMin(),
    Add(),
    Mul(),
    Relu(),
    Relu6(),
    Tanh(),
    Logistic(),
    Softmax(),
    Reshape(),
    Pad(),
    Concatenation(),
    Transpose(),
    StridedSlice(),
    Tile(),
    BroadcastTo(),
    DepthToSpace(),
    SpaceToDepth(),
    Gather(),
    Cast(),
    Quantize(),
    Dequantize(),
)
OPS: Mapping[str, Operator[Any]] = MappingProxyType({op.name: op for op in _ALL})

__all__ = ["EXACT", "OPS", "Exactness", "LiteRT", "Operator", "Unsupported"]
