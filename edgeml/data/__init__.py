"""Data sets as arrays: shipped ones by name, the user's own by path."""

from edgeml.data.dataset import Dataset
from edgeml.data.load import load_dataset, load_for
from edgeml.data.samples import SampleSet, load_samples
from edgeml.data.stored import as_reals

__all__ = ["Dataset", "SampleSet", "as_reals", "load_dataset", "load_for", "load_samples"]
