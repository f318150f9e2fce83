"""Runs of layers that are computed row by row, so that what lies between them is never whole in memory."""

from edgeml.backends.c99.streaming.schedule import Move, RowCall, Stream

__all__ = ["Move", "RowCall", "Stream"]
