"""The operators. OPS is the one table of what edgeml can compute."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from edgeml.ops.abs import Abs
from edgeml.ops.add import Add
from edgeml.ops.arg_max import ArgMax
from edgeml.ops.arg_min import ArgMin
from edgeml.ops.average_pool_2d import AveragePool2D
from edgeml.ops.base import EXACT, Exactness, LiteRT, Operator, Unsupported
from edgeml.ops.batch_matmul import BatchMatmul
from edgeml.ops.broadcast_to import BroadcastTo
from edgeml.ops.cast import Cast
from edgeml.ops.ceil import Ceil
from edgeml.ops.comparison import Equal, Greater, GreaterEqual, Less, LessEqual, NotEqual
from edgeml.ops.concatenation import Concatenation
from edgeml.ops.conv_2d import Conv2D
from edgeml.ops.cos import Cos
from edgeml.ops.cumsum import Cumsum
from edgeml.ops.depth_to_space import DepthToSpace
from edgeml.ops.depthwise_conv_2d import DepthwiseConv2D
from edgeml.ops.dequantize import Dequantize
from edgeml.ops.div import Div
from edgeml.ops.elu import Elu
from edgeml.ops.erf import Erf
from edgeml.ops.exp import Exp
from edgeml.ops.floor import Floor
from edgeml.ops.floor_div import FloorDiv
from edgeml.ops.floor_mod import FloorMod
from edgeml.ops.fully_connected import FullyConnected
from edgeml.ops.gather import Gather
from edgeml.ops.gelu import Gelu
from edgeml.ops.gru import Gru
from edgeml.ops.hard_swish import HardSwish
from edgeml.ops.leaky_relu import LeakyRelu
from edgeml.ops.log import Log
from edgeml.ops.log_softmax import LogSoftmax
from edgeml.ops.logical import LogicalAnd, LogicalNot, LogicalOr
from edgeml.ops.logistic import Logistic
from edgeml.ops.max_pool_2d import MaxPool2D
from edgeml.ops.maximum import Maximum
from edgeml.ops.mean import Mean
from edgeml.ops.minimum import Minimum
from edgeml.ops.mirror_pad import MirrorPad
from edgeml.ops.mul import Mul
from edgeml.ops.neg import Neg
from edgeml.ops.pad import Pad
from edgeml.ops.pow import Pow
from edgeml.ops.prelu import PRelu
from edgeml.ops.quantize import Quantize
from edgeml.ops.reduce_max import ReduceMax
from edgeml.ops.reduce_min import ReduceMin
from edgeml.ops.reduce_prod import ReduceProd
from edgeml.ops.relu import Relu
from edgeml.ops.relu6 import Relu6
from edgeml.ops.relu_n1_to_1 import ReluN1To1
from edgeml.ops.reshape import Reshape
from edgeml.ops.resize_bilinear import ResizeBilinear
from edgeml.ops.resize_nearest_neighbor import ResizeNearestNeighbor
from edgeml.ops.round import Round
from edgeml.ops.rsqrt import Rsqrt
from edgeml.ops.select_v2 import SelectV2
from edgeml.ops.sign import Sign
from edgeml.ops.sin import Sin
from edgeml.ops.softmax import Softmax
from edgeml.ops.softplus import Softplus
from edgeml.ops.space_to_depth import SpaceToDepth
from edgeml.ops.sqrt import Sqrt
from edgeml.ops.squared_difference import SquaredDifference
from edgeml.ops.strided_slice import StridedSlice
from edgeml.ops.sub import Sub
from edgeml.ops.sum import Sum
from edgeml.ops.svdf import Svdf
from edgeml.ops.tanh import Tanh
from edgeml.ops.tile import Tile
from edgeml.ops.transpose import Transpose
from edgeml.ops.transpose_conv import TransposeConv
from edgeml.ops.tree_ensemble import TreeEnsemble
from edgeml.ops.unidirectional_sequence_lstm import UnidirectionalSequenceLstm

_ALL: tuple[Operator[Any], ...] = (
    Conv2D(),
    DepthwiseConv2D(),
    FullyConnected(),
    BatchMatmul(),
    TransposeConv(),
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
    Cumsum(),
    Add(),
    Sub(),
    Mul(),
    Div(),
    FloorDiv(),
    FloorMod(),
    Pow(),
    SquaredDifference(),
    Minimum(),
    Maximum(),
    Relu(),
    Relu6(),
    ReluN1To1(),
    LeakyRelu(),
    PRelu(),
    Elu(),
    Gelu(),
    HardSwish(),
    Softplus(),
    Tanh(),
    Logistic(),
    Softmax(),
    LogSoftmax(),
    Abs(),
    Neg(),
    Sign(),
    Exp(),
    Log(),
    Sqrt(),
    Rsqrt(),
    Sin(),
    Cos(),
    Erf(),
    Floor(),
    Ceil(),
    Round(),
    Equal(),
    NotEqual(),
    Less(),
    LessEqual(),
    Greater(),
    GreaterEqual(),
    LogicalAnd(),
    LogicalOr(),
    LogicalNot(),
    SelectV2(),
    Reshape(),
    Pad(),
    MirrorPad(),
    ResizeBilinear(),
    ResizeNearestNeighbor(),
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
    TreeEnsemble(),
)
OPS: Mapping[str, Operator[Any]] = MappingProxyType({op.name: op for op in _ALL})

__all__ = ["EXACT", "OPS", "Exactness", "LiteRT", "Operator", "Unsupported"]
