"""A SavedModel folder as a .tflite file: only the checked part of its graph is ever given to TensorFlow."""

from edgeml.frontends.saved_model.convert import saved_model_to_tflite

__all__ = ["saved_model_to_tflite"]
