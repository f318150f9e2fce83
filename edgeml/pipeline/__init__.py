"""The whole way from a zoo model to exports, firmware, records and report, in cached stages."""

from edgeml.pipeline.export import FORMATS, compile_graph, compile_possible

__all__ = ["FORMATS", "compile_graph", "compile_possible"]
