"""Training on a graph itself, from whatever framework it came: quantisation-aware, with a teacher, with zeros kept."""

from edgeml.finetune.quantized import AwareConfig, AwareResult, train_quantized

__all__ = ["AwareConfig", "AwareResult", "train_quantized"]
