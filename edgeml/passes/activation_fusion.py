"""Activation fusion: relu, relu6 and relu_n1_to_1 become the fused activation of the operator before them."""

from __future__ import annotations

from dataclasses import replace

from edgeml.ir import Graph
from edgeml.ops.common import Activation
from edgeml.passes.rewrite import sole_consumer

_FUSABLE = {"relu": Activation.RELU, "relu6": Activation.RELU6, "relu_n1_to_1": Activation.RELU_N1_TO_1}
_HOSTS = ("conv_2d", "depthwise_conv_2d", "fully_connected", "add", "sub", "mul", "div")


def fuse_activations(graph: Graph) -> Graph:
    """Fuse where the activation is the only reader of the value before it and both are of one type."""
    nodes = list(graph.nodes)
    for bound in graph.bound():
        if bound.node.op not in _HOSTS or getattr(bound.node.attrs, "activation", None) is not Activation.NONE:
            continue
        user = sole_consumer(graph, bound.output.name)
        if user is None or user.op not in _FUSABLE:
            continue
        if graph.tensor(user.outputs[0]).type != bound.output.type:
            continue  # int8 with another scale: fusing would change the bits
        attrs = replace(bound.node.attrs, activation=_FUSABLE[user.op])  # type: ignore[call-arg]
        nodes[nodes.index(bound.node)] = replace(bound.node, outputs=user.outputs, attrs=attrs)
        nodes.remove(user)
    return graph.with_nodes(tuple(nodes))
