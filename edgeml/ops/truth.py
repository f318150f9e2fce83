"""Truth tables of functions of two bools: bit 2 a + b is the result for a, b (kernels/logical_bool.h)."""

NEITHER, EXCLUSIVE_OR, AND, EQUIVALENCE, OR = 0b0001, 0b0110, 0b1000, 0b1001, 0b1110
