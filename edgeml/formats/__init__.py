"""Bytes to plain records and back, for .tflite and .onnx; every offset and count is checked."""
