"""Data sets as arrays: shipped ones by name, the user's own by path."""

from edgeml.data.dataset import Dataset
from edgeml.data.load import load_dataset

__all__ = ["Dataset", "load_dataset"]
