"""Lists of tensors, which loops over time steps fill: their elements get the fixed batch of 1."""

from __future__ import annotations

from typing import Any

# operation -> the input that holds the shape of an element
_ELEMENT_SHAPE = {
    "TensorListReserve": 0,
    "TensorListFromTensor": 1,
    "TensorListStack": 1,
    "TensorListGetItem": 2,
    "EmptyTensorList": 0,
}


def fix_batch(tensorflow: Any, graph: Any) -> None:
    """Give element shapes (-1, …) the batch 1, in the graph and its functions, in place.

    A model that was saved with an open batch says -1 there, and the converter needs fixed shapes. Where -1 stands for
    something else, the shapes no longer fit together, which TensorFlow or the converter then says.
    """
    _fix(tensorflow, graph.node, "{}")
    for function in graph.library.function:
        _fix(tensorflow, function.node_def, "{}:output:0")


def _fix(tensorflow: Any, nodes: Any, output: str) -> None:
    constants = {n.name: n for n in nodes if n.op == "Const"}
    for node in list(nodes):
        place = _ELEMENT_SHAPE.get(node.op)
        constant = constants.get(node.input[place].partition(":")[0]) if place is not None else None
        if constant is None:
            continue
        shape = tensorflow.make_ndarray(constant.attr["value"].tensor)
        if shape.ndim != 1 or len(shape) < 2 or shape[0] != -1:
            continue
        fixed = nodes.add()
        fixed.CopyFrom(constant)
        fixed.name = f"{node.name}/edgeml_element_shape"
        fixed.attr["value"].tensor.CopyFrom(tensorflow.make_tensor_proto([1, *shape[1:]], dtype=shape.dtype))
        node.input[place] = output.format(fixed.name)
