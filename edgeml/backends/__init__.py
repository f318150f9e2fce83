"""Graph to files: LiteRT, ONNX and C99."""
