"""Graph to a C99 library: layers as calls of plain C kernels, one arena planned at compile time."""

from edgeml.backends.c99.emit import SelfTest, emit
from edgeml.backends.c99.manifest import Manifest
from edgeml.backends.c99.memory import Block, MemoryPlan, plan_memory

__all__ = ["Block", "Manifest", "MemoryPlan", "SelfTest", "emit", "plan_memory"]
