"""Stored Keras models (.keras, .h5), read by an allow-list: nothing from a file is ever executed."""

from edgeml.frontends.keras_files.archive import load_archive
from edgeml.frontends.keras_files.legacy import load_hdf5

__all__ = ["load_archive", "load_hdf5"]
