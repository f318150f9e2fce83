"""What the linked image tells without running it: code size, frame and worst-case stack of every function."""

from edgeml.targets.static.stack import Function, call_tree, stack_bound

__all__ = ["Function", "call_tree", "stack_bound"]
