"""Float graph and calibration data to the int8 graph."""

from edgeml.quantize.codes import dequantize_output, quantize_input
from edgeml.quantize.quantizer import QuantizeResult, must_be_real, quantize
from edgeml.quantize.recipe import Recipe
from edgeml.quantize.repairs import Repair

__all__ = ["QuantizeResult", "Recipe", "Repair", "dequantize_output", "must_be_real", "quantize", "quantize_input"]
