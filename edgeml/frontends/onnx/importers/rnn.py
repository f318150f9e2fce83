"""RNN, unrolled: h = f(W x_t + R h + Wb + Rb) for each step, as a function body of plain operators."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from edgeml.formats.onnx import AttributeValue, FunctionRecord, NodeRecord
from edgeml.frontends.onnx.call import Call
from edgeml.frontends.onnx.importers.recurrent import Sizes, sequence

# each step is five operators in the graph
MAX_STEPS = 512
_FUNCTIONS = {"tanh": "Tanh", "relu": "Relu", "sigmoid": "Sigmoid"}
_OPSET = 17


class _Body:
    """Nodes of a function of X, W, R, B, initial_h, and its constants."""

    def __init__(self) -> None:
        self.nodes: list[NodeRecord] = []

    def add(self, op: str, inputs: Sequence[str], outputs: Sequence[str], **attributes: AttributeValue) -> str:
        self.nodes.append(NodeRecord(op, "", outputs[0], tuple(inputs), tuple(outputs), attributes))
        return outputs[0]

    def ints(self, name: str, *values: int) -> str:
        return self.add("Constant", [], [name], value=np.asarray(values, np.int64))


def unrolled_rnn(call: Call) -> FunctionRecord:
    """X, W, R, B, sequence_lens, initial_h -> Y, Y_h."""
    sizes = sequence(call, 1)
    if sizes.steps > MAX_STEPS:
        raise call.unsupported(f"has {sizes.steps} steps; edgeml unrolls {MAX_STEPS} at most.", "Use an LSTM or GRU.")
    body = _Body()
    all_y, last_h = [], []
    steps = [f"x{t}" for t in range(sizes.steps)]
    time = 1 if sizes.batch_major else 0
    parts = [f"{s}_part" for s in steps]
    # a Split without sizes cuts into as many equal parts as it has outputs
    body.add("Split", ["X"], parts, axis=time)
    for step, part in zip(steps, parts, strict=True):
        body.add("Squeeze", [part, body.ints(f"{step}_axis", time)], [step])
    for direction, backward in enumerate(sizes.directions):
        outputs = _direction(call, body, sizes, direction, steps[::-1] if backward else steps)
        last_h.append(outputs[-1])
        all_y.append(_joined(body, sizes, direction, outputs[::-1] if backward else outputs))
    axis = 2 if sizes.batch_major else 1
    body.add("Concat", all_y, ["Y"], axis=axis)
    lifted = [body.add("Unsqueeze", [h, body.ints(f"{h}_at", axis - 1)], [f"{h}_lifted"]) for h in last_h]
    body.add("Concat", lifted, ["Y_h"], axis=axis - 1)
    names = ("X", "W", "R", "B", "sequence_lens", "initial_h")[: len(call.inputs)]
    return FunctionRecord("", "", names, ("Y", "Y_h"), (), {}, tuple(body.nodes), {"": _OPSET})


def _direction(call: Call, body: _Body, sizes: Sizes, direction: int, steps: Sequence[str]) -> list[str]:
    """Hidden state (B, U) after each of `steps`."""
    p = f"d{direction}_"
    index = body.ints(f"{p}index", direction)

    def own(name: str, axis: int = 0) -> str:
        """The direction's part of W, R, B or initial_h."""
        row = body.add("Gather", [name, index], [f"{p}{name}_row"], axis=axis)
        return body.add("Squeeze", [row, body.ints(f"{p}{name}_axis", axis)], [f"{p}{name}"])

    w, r = own("W"), own("R")
    bias: list[str] = []
    if call.has(3):
        halves = [f"{p}wb", f"{p}rb"]
        body.add("Split", [own("B")], halves, axis=0)
        bias = [body.add("Add", halves, [f"{p}bias"])]
    if call.has(5):
        h = own("initial_h", 1 if sizes.batch_major else 0)
    else:
        h = body.add("Constant", [], [f"{p}zero"], value=np.zeros((sizes.batch, sizes.units), np.float32))
    function = _function(call, direction)
    outputs = []
    for t, x in enumerate(steps):
        seen = body.add("Gemm", [h, r, *bias], [f"{p}r{t}"], transB=1)
        total = body.add("Add", [body.add("Gemm", [x, w], [f"{p}w{t}"], transB=1), seen], [f"{p}s{t}"])
        h = body.add(function, [total], [f"{p}h{t}"])
        outputs.append(h)
    return outputs


def _joined(body: _Body, sizes: Sizes, direction: int, outputs: Sequence[str]) -> str:
    """Hidden states as (T, 1, B, U), or (B, T, 1, U)."""
    at, time = ((1, 2), 1) if sizes.batch_major else ((0, 1), 0)
    axes = body.ints(f"d{direction}_y_axes", *at)
    lifted = [body.add("Unsqueeze", [h, axes], [f"{h}_y"]) for h in outputs]
    return body.add("Concat", lifted, [f"d{direction}_y"], axis=time)


def _function(call: Call, direction: int) -> str:
    given = call.attribute("activations")
    name = "tanh" if given is None else str(tuple(given)[direction]).lower()  # type: ignore[arg-type]
    if name not in _FUNCTIONS:
        raise call.unsupported(f"has the activation {name}.", f"edgeml computes {', '.join(_FUNCTIONS)}.")
    return _FUNCTIONS[name]
