"""The operators. OPS is the one table of what edgeml can compute."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from edgeml.ops.base import LiteRT, Operator, Unsupported
from edgeml.ops.conv_2d import Conv2D

OPS: Mapping[str, Operator[Any]] = MappingProxyType({op.name: op for op in (Conv2D(),)})

__all__ = ["OPS", "LiteRT", "Operator", "Unsupported"]
