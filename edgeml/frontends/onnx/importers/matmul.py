"""Gemm and MatMul: fully_connected where the right side is constant, batch_matmul elsewhere."""

from __future__ import annotations

import numpy as np

from edgeml.frontends.onnx.call import Call
from edgeml.frontends.onnx.draft import Codes
from edgeml.frontends.onnx.importers.convolution import permuted
from edgeml.frontends.onnx.importers.elementwise import binary
from edgeml.ir import Array


def gemm(call: Call) -> None:
    """alpha * A' * B' + beta * C, with A' (M, K), B' (K, N) and C that broadcasts to (M, N)."""
    alpha, beta = call.number("alpha", 1.0), call.number("beta", 1.0)
    if len(call.shape(0)) != 2 or len(call.shape(1)) != 2:
        raise call.damaged(f"takes matrices. Got {call.shape(0)} and {call.shape(1)}")
    a = call.transpose(call.x(0), (1, 0)) if call.integer("transA") else call.x(0)
    bias = call.value(2) if call.has(2) else None
    if call.is_constant(1):
        weights, codes = call.constant(1), call.codes(1)
        if not call.integer("transB"):
            weights, codes = permuted(weights, codes, (1, 0))
        if alpha != 1.0:
            weights, codes = np.asarray(weights * np.float32(alpha), np.float32), None
        row = None if bias is None else _row(bias.data, weights.shape[0], beta)
        inputs = [a, call.new_constant("weights", weights, codes)]
        if row is not None:
            inputs.append(call.new_constant("bias", row, _row_codes(bias.codes, row) if bias and beta == 1.0 else None))
        y = call.emit("fully_connected", inputs, keep_num_dims=False)
        if row is not None or bias is None:
            call.result(y)
            return
    else:
        y = call.emit("batch_matmul", [a, call.x(1)], adj_x=False, adj_y=bool(call.integer("transB")))
        if alpha != 1.0:
            y = binary(call, "mul", y, call.new_constant("alpha", np.asarray(alpha, np.float32)))
    if bias is not None and beta != 0.0:
        c = call.x(2)
        if beta != 1.0:
            c = binary(call, "mul", c, call.new_constant("beta", np.asarray(beta, np.float32)))
        y = binary(call, "add", y, c)
    call.result(y)


def _row(data: Array | None, count: int, beta: float) -> Array | None:
    """C as the bias of each column, or None when it differs between rows."""
    if data is None or (data.ndim == 2 and data.shape[0] != 1) or data.ndim > 2:
        return None
    if data.size not in (1, count):
        return None
    return np.ascontiguousarray(np.broadcast_to(data.reshape(-1) * np.float32(beta), (count,)), np.float32)


def _row_codes(codes: Codes | None, row: Array) -> Codes | None:
    if codes is None or codes.data.size != row.size:
        return None
    axis = None if codes.quantization.axis is None else 0
    q = codes.quantization
    return Codes(codes.data.reshape(-1), type(q)(q.scale, q.zero_point, axis))


def matmul(call: Call) -> None:
    """NumPy's matmul: 1-D operands are a row on the left and a column on the right."""
    a_shape, b_shape = call.shape(0), call.shape(1)
    if not a_shape or not b_shape:
        raise call.damaged("takes no scalars")
    if len(b_shape) == 2 and call.is_constant(1):
        weights, codes = permuted(call.constant(1), call.codes(1), (1, 0))
        a = call.reshape(call.x(0), (1, *a_shape)) if len(a_shape) == 1 else call.x(0)
        y = call.emit("fully_connected", [a, call.new_constant("weights", weights, codes)], keep_num_dims=True)
        call.result(call.reshape(y, (b_shape[1],)) if len(a_shape) == 1 else y)
        return
    a = call.reshape(call.x(0), (1, *a_shape)) if len(a_shape) == 1 else call.x(0)
    b = call.reshape(call.x(1), (*b_shape, 1)) if len(b_shape) == 1 else call.x(1)
    y = call.emit("batch_matmul", [a, b], adj_x=False, adj_y=False)
    shape = list(call.type_of(y)[0])
    if len(a_shape) == 1:
        del shape[-2]
    if len(b_shape) == 1:
        del shape[-1]
    call.result(call.reshape(y, shape))


IMPORTERS = {("", "Gemm"): gemm, ("", "MatMul"): matmul}
