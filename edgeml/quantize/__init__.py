"""Float graph and calibration data to the int8 graph."""
