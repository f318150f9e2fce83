"""Where an int8 model loses accuracy: how much each layer loses, which samples change, and why."""

from edgeml.explain.explain import explain

__all__ = ["explain"]
