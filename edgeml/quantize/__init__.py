"""Float graph and calibration data to the int8 graph."""

from edgeml.quantize.quantizer import QuantizeResult, dequantize_output, must_be_real, quantize, quantize_input
from edgeml.quantize.recipe import Recipe

__all__ = ["QuantizeResult", "Recipe", "dequantize_output", "must_be_real", "quantize", "quantize_input"]
