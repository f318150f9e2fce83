"""Random graphs of many operators, compared across the reference, host C, LiteRT and ONNX Runtime."""
