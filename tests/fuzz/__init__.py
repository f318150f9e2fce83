"""Structure-aware fuzzing of the model readers: `python -m tests.fuzz --format tflite --count 20000`."""
