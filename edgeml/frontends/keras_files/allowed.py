"""What a stored Keras model may name: classes and functions that are arithmetic alone.

Left out on purpose: Lambda and everything else that carries code (TorchModuleWrapper, JaxLayer, FlaxLayer), that opens
another file (TFSMLayer, the lookup layers and TextVectorization read vocabularies) or that takes functions as arguments
(Map, Scan, Cond and WhileLoop of keras.ops).
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


_LAYERS = _names("""
    InputLayer Dense EinsumDense Embedding Identity Masking Activation Flatten Reshape Permute RepeatVector
    Conv1D Conv2D Conv3D Conv1DTranspose Conv2DTranspose Conv3DTranspose Convolution1D Convolution2D Convolution3D
    DepthwiseConv1D DepthwiseConv2D SeparableConv1D SeparableConv2D SeparableConvolution1D SeparableConvolution2D
    AveragePooling1D AveragePooling2D AveragePooling3D MaxPooling1D MaxPooling2D MaxPooling3D
    GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D
    GlobalMaxPooling1D GlobalMaxPooling2D GlobalMaxPooling3D
    AdaptiveAveragePooling1D AdaptiveAveragePooling2D AdaptiveMaxPooling1D AdaptiveMaxPooling2D
    AvgPool1D AvgPool2D AvgPool3D MaxPool1D MaxPool2D MaxPool3D
    GlobalAvgPool1D GlobalAvgPool2D GlobalAvgPool3D GlobalMaxPool1D GlobalMaxPool2D GlobalMaxPool3D
    Add Average Concatenate Dot Maximum Minimum Multiply Subtract
    ReLU LeakyReLU PReLU ELU ThresholdedReLU Softmax
    BatchNormalization BatchNormalizationV1 BatchNormalizationV2 SyncBatchNormalization LayerNormalization
    GroupNormalization RMSNormalization UnitNormalization SpectralNormalization
    Attention AdditiveAttention MultiHeadAttention GroupQueryAttention
    LSTM GRU SimpleRNN LSTMV1 LSTMV2 GRUV1 GRUV2 RNN LSTMCell GRUCell SimpleRNNCell StackedRNNCells
    ConvLSTM1D ConvLSTM2D Bidirectional TimeDistributed
    Dropout AlphaDropout GaussianDropout GaussianNoise ActivityRegularization
    SpatialDropout1D SpatialDropout2D SpatialDropout3D
    Cropping1D Cropping2D Cropping3D ZeroPadding1D ZeroPadding2D ZeroPadding3D UpSampling1D UpSampling2D UpSampling3D
    Rescaling Normalization Resizing CenterCrop RandomBrightness RandomContrast RandomCrop RandomFlip RandomHeight
    RandomRotation RandomTranslation RandomWidth RandomZoom
""")
_MODELS = _names("Functional Sequential Model")
_INITIALIZERS = _names("""
    Constant Identity IdentityInitializer Ones Zeros RandomNormal RandomUniform TruncatedNormal VarianceScaling
    GlorotNormal GlorotUniform HeNormal HeUniform LecunNormal LecunUniform Orthogonal OrthogonalInitializer
""")
_REGULARIZERS = _names("L1 L2 L1L2 OrthogonalRegularizer")
_CONSTRAINTS = _names("MaxNorm MinMaxNorm NonNeg UnitNorm")
_POLICIES = _names("DTypePolicy FloatDTypePolicy Policy")
# operations between Keras tensors: `a + b`, keras.ops.mean(x), …
_NUMPY_OPS = _names("""
    Abs Absolute Add Subtract Multiply Divide TrueDivide FloorDivide Mod Power Negative Square Sqrt Exp Log Sin Cos
    Maximum Minimum Clip Mean Sum Max Min Prod Var Reshape Transpose Squeeze ExpandDims Concatenate Stack Split
    Matmul Dot Einsum Tile Repeat Pad Flip Roll GetItem Tanh Ceil Floor Round Sign Argmax Argmin Where
    Equal NotEqual Greater GreaterEqual Less LessEqual LogicalAnd LogicalOr LogicalNot Cumsum
    BroadcastTo Swapaxes Moveaxis
""")
_NN_OPS = _names("""
    Relu Relu6 Sigmoid Softplus Softsign Silu Swish LogSigmoid LeakyRelu HardSigmoid HardSilu HardSwish Elu Selu Gelu
    Softmax LogSoftmax MaxPool AveragePool Conv DepthwiseConv SeparableConv ConvTranspose Normalize LayerNorm RMSNorm
""")
_CORE_OPS = _names("Cast Slice Shape")

# module as Keras writes it -> class names
CLASSES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "keras": _MODELS | _POLICIES,
        "keras.models": _MODELS,
        "keras.layers": _LAYERS,
        "keras.initializers": _INITIALIZERS,
        "keras.regularizers": _REGULARIZERS,
        "keras.constraints": _CONSTRAINTS,
        "keras.dtype_policies": _POLICIES,
        "keras.mixed_precision": _POLICIES,
        "keras.src.models.functional": _MODELS,
        "keras.src.models.sequential": _MODELS,
        "keras.src.engine.functional": _MODELS,
        "keras.src.engine.sequential": _MODELS,
        "keras.engine.functional": _MODELS,
        "keras.engine.sequential": _MODELS,
        "tf_keras.src.engine.functional": _MODELS,
        "tf_keras.src.engine.sequential": _MODELS,
        "keras.src.ops.numpy": _NUMPY_OPS,
        "keras.src.ops.nn": _NN_OPS,
        "keras.src.ops.core": _CORE_OPS,
    }
)
# Keras 2's configurations name classes without a module
LEGACY_CLASSES = _MODELS | _LAYERS | _INITIALIZERS | _REGULARIZERS | _CONSTRAINTS | _POLICIES

# values that Keras wraps: class_name -> keys that the wrapper's config may have
VALUES: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "__keras_tensor__": _names("shape dtype keras_history sparse ragged record_history name"),
        "__tensor__": _names("value dtype"),
        "__numpy__": _names("value dtype"),
        "__ellipsis__": frozenset(),
        "__slice__": _names("start stop step"),
        "__tuple__": frozenset(),
    }
)
VALUE_DTYPES = _names("float16 float32 float64 int8 int16 int32 int64 uint8 bool bfloat16")

FUNCTION_MODULES = _names("builtins keras.activations")
FUNCTIONS = _names("""
    linear relu relu6 elu selu gelu silu swish hard_silu hard_swish sigmoid hard_sigmoid tanh softmax log_softmax
    softplus softsign exponential leaky_relu mish log_sigmoid celu
""")

# functions of TensorFlow that a Keras 2 file may call by name, through the layers of TF_LAMBDAS
TF_LAMBDAS = _names("TFOpLambda SlicingOpLambda")
TF_LAMBDA_MODULES = (None, "keras.src.layers.core.tf_op_layer", "tf_keras.src.layers.core.tf_op_layer")
TF_FUNCTIONS = _names("""
    math.add math.subtract math.multiply math.divide math.truediv math.abs math.exp math.log math.sqrt math.rsqrt
    math.square math.pow math.maximum math.minimum math.negative math.sigmoid math.tanh math.reduce_mean math.reduce_sum
    math.reduce_max math.reduce_min math.squared_difference nn.relu nn.relu6 nn.sigmoid nn.softmax nn.silu nn.swish
    nn.gelu nn.leaky_relu nn.elu reshape transpose concat expand_dims squeeze cast stack split tile pad clip_by_value
    linalg.matmul __operators__.add __operators__.getitem __operators__.subtract __operators__.multiply
""")
