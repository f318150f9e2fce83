"""All kernels beside the operators' own, by operator."""

from __future__ import annotations

from collections.abc import Mapping

from edgeml.backends.c99.selection.add_dsp import AddDsp, SubDsp
from edgeml.backends.c99.selection.add_flat import AddFlat, SubFlat
from edgeml.backends.c99.selection.conv_2d_dsp import Conv2DDsp, Conv2DDspWide
from edgeml.backends.c99.selection.conv_2d_pairs import Conv2DPairs, Conv2DShortPairs
from edgeml.backends.c99.selection.conv_2d_simd import Conv2DSimd, FullyConnectedSimd
from edgeml.backends.c99.selection.conv_2d_single_sparse_dsp import Conv2DSingleSparseDsp
from edgeml.backends.c99.selection.conv_2d_sparse_dsp import Conv2DSparseDsp
from edgeml.backends.c99.selection.depthwise_dsp import Depthwise3x3Dsp, DepthwiseAnyDsp
from edgeml.backends.c99.selection.depthwise_pairs import DepthwisePairs, DepthwiseShortPairs
from edgeml.backends.c99.selection.depthwise_simd import DepthwiseSimd
from edgeml.backends.c99.selection.dsp_s16 import Conv2DDspS16, FullyConnectedDspS16
from edgeml.backends.c99.selection.elementwise_simd import (
    AddSimd,
    AveragePoolSimd,
    MaxPoolSimd,
    MeanSimd,
    MulSimd,
    SubSimd,
)
from edgeml.backends.c99.selection.fully_connected_dsp import FullyConnectedDsp, FullyConnectedDspWide
from edgeml.backends.c99.selection.fully_connected_pairs import FullyConnectedPairs, FullyConnectedShortPairs
from edgeml.backends.c99.selection.fully_connected_sparse_dsp import FullyConnectedSparseDsp
from edgeml.backends.c99.selection.helium import Conv2DHelium, FullyConnectedHelium
from edgeml.backends.c99.selection.helium_depthwise import DepthwiseHelium
from edgeml.backends.c99.selection.helium_elementwise import AddHelium, AveragePoolHelium, MaxPoolHelium, SubHelium
from edgeml.backends.c99.selection.kernel import Kernel
from edgeml.backends.c99.selection.nibbles_dsp import Conv2DDspNibbles, FullyConnectedDspNibbles
from edgeml.backends.c99.selection.nibbles_pairs import Conv2DPairsNibbles, Conv2DShortPairsNibbles
from edgeml.backends.c99.selection.pool_dsp import AveragePoolDsp, MaxPoolDsp
from edgeml.backends.c99.selection.sparse_pairs import (
    Conv2DSparsePairs,
    Conv2DSparseShortPairs,
    FullyConnectedSparse,
    FullyConnectedSparseShort,
)

_ALL: tuple[Kernel, ...] = (
    FullyConnectedDsp(),
    FullyConnectedDspWide(),
    FullyConnectedSparseDsp(),
    FullyConnectedSparse(),
    FullyConnectedSparseShort(),
    Conv2DDsp(),
    Conv2DDspWide(),
    Conv2DSparseDsp(),
    Conv2DSingleSparseDsp(),
    Conv2DSparsePairs(),
    Conv2DSparseShortPairs(),
    FullyConnectedDspNibbles(),
    Conv2DDspNibbles(),
    Conv2DPairsNibbles(),
    Conv2DShortPairsNibbles(),
    AddFlat(),
    SubFlat(),
    Conv2DPairs(),
    Conv2DShortPairs(),
    DepthwisePairs(),
    DepthwiseShortPairs(),
    FullyConnectedPairs(),
    FullyConnectedShortPairs(),
    Depthwise3x3Dsp(),
    DepthwiseAnyDsp(),
    AddDsp(),
    SubDsp(),
    MaxPoolDsp(),
    AveragePoolDsp(),
    Conv2DDspS16(),
    FullyConnectedDspS16(),
    Conv2DSimd(),
    FullyConnectedSimd(),
    DepthwiseSimd(),
    MaxPoolSimd(),
    AveragePoolSimd(),
    AddSimd(),
    SubSimd(),
    MulSimd(),
    MeanSimd(),
    Conv2DHelium(),
    FullyConnectedHelium(),
    DepthwiseHelium(),
    AddHelium(),
    SubHelium(),
    AveragePoolHelium(),
    MaxPoolHelium(),
)

KERNELS: Mapping[str, tuple[Kernel, ...]] = {
    op: tuple(k for k in _ALL if k.op == op) for op in dict.fromkeys(k.op for k in _ALL)
}
