"""What a SavedModel's signature may compute: operations of TensorFlow that are arithmetic alone.

Everything else is refused, and above all what reads or writes files, calls Python, prints, looks up tables, runs a
shared library or keeps state: PyFunc, ReadFile, WriteFile, RestoreV2, SaveV2, HashTableV2, XlaCallModule and such.
"""

from __future__ import annotations


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


# calls of functions of the model's own library; their bodies are checked like the graph
CALLS = _names("PartitionedCall StatefulPartitionedCall While StatelessWhile If StatelessIf Case StatelessCase")

ALLOWED = CALLS | _names("""
    Const Placeholder PlaceholderWithDefault Identity IdentityN NoOp StopGradient PreventGradient Snapshot EnsureShape
    VarHandleOp ReadVariableOp
    Abs Add AddN AddV2 Sub Mul Div DivNoNan RealDiv FloorDiv FloorMod Maximum Minimum Pow SquaredDifference Neg Exp Log
    Log1p Expm1 Sqrt Rsqrt Square Reciprocal Inv Sign Sin Cos Tanh Sigmoid Erf Ceil Floor Round Rint Xlogy
    Equal NotEqual Greater GreaterEqual Less LessEqual LogicalAnd LogicalOr LogicalNot Select SelectV2 Where
    ClipByValue
    Relu Relu6 Elu Selu LeakyRelu Softplus Softsign Softmax LogSoftmax BiasAdd BiasAddV1 L2Loss
    MatMul BatchMatMul BatchMatMulV2 BatchMatMulV3 Einsum
    Conv2D Conv3D DepthwiseConv2dNative Conv2DBackpropInput Conv3DBackpropInputV2
    MaxPool MaxPoolV2 MaxPool3D AvgPool AvgPool3D FusedBatchNorm FusedBatchNormV2 FusedBatchNormV3 LRN
    Mean Sum Max Min Prod All Any ArgMax ArgMin Cumsum Cumprod TopKV2
    Reshape Squeeze ExpandDims Transpose Concat ConcatV2 Pack Unpack Split SplitV Slice StridedSlice Gather GatherV2
    GatherNd ResourceGather Tile Pad PadV2 MirrorPad Fill ZerosLike OnesLike Range LinSpace BroadcastTo
    BroadcastArgs Cast Bitcast Shape ShapeN Rank Size Reverse ReverseV2 ReverseSequence OneHot
    SpaceToDepth DepthToSpace SpaceToBatchND BatchToSpaceND InvertPermutation ScatterNd TensorScatterUpdate
    MatrixDiag MatrixDiagV3 MatrixBandPart
    ResizeBilinear ResizeNearestNeighbor CropAndResize
    FakeQuantWithMinMaxArgs FakeQuantWithMinMaxVars FakeQuantWithMinMaxVarsPerChannel QuantizeAndDequantizeV2
    LoopCond Enter Exit Switch Merge NextIteration
    TensorListReserve TensorListFromTensor TensorListSetItem TensorListGetItem TensorListStack TensorListLength
    EmptyTensorList TensorListPushBack TensorListPopBack TensorListElementShape
    """)
