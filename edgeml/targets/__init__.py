"""Files to measured runs: LiteRT, ONNX Runtime, host C, emulated cores; cores and boards are data."""
