"""Pattern fusion: products that spell an activation function become the operator of that name; float graphs only.

Exporters write gelu as `x * (1 + erf(x / sqrt 2)) * 0.5` and hard_swish as `x * relu6(x + 3) / 6`, in any order.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from edgeml.ir import BoundNode, DType, Graph, Node
from edgeml.ops import OPS
from edgeml.ops.common import Activation
from edgeml.passes.rewrite import sole_consumer


@dataclass(frozen=True)
class _Product:
    """`constant * product of factors`: names of tensors that are no products themselves."""

    constant: float
    factors: tuple[str, ...]


def fuse_patterns(graph: Graph) -> Graph:
    """Replace the last multiplication or division of each pattern; what only it read is dead code then."""
    makers = {name: node for node in graph.nodes for name in node.outputs}
    nodes: list[Node] = []
    for node in graph.nodes:
        found = _activation(graph, makers, node) if node.op in ("mul", "div") else None
        if found is None:
            nodes.append(node)
        else:
            op, x, attributes = found
            nodes.append(replace(node, op=op, inputs=(x,), attrs=OPS[op].attrs_type(**attributes)))
    return graph.with_nodes(tuple(nodes)) if tuple(nodes) != graph.nodes else graph


def _activation(graph: Graph, makers: Mapping[str, Node], node: Node) -> tuple[str, str, dict[str, bool]] | None:
    bound = graph.bind(node)
    if bound.output.dtype is not DType.FLOAT32 or not _plain(bound):
        return None
    product = _product(graph, makers, node)
    if product is None or len(product.factors) != 2:
        return None
    for x, other in (product.factors, product.factors[::-1]):
        if graph.tensor(x).shape != bound.output.shape:
            continue
        if math.isclose(product.constant, 0.5, rel_tol=1e-6) and _is_erf(graph, makers, other, x):
            return "gelu", x, {"approximate": False}
        if math.isclose(product.constant, 1 / 6, rel_tol=1e-6) and _is_relu6(graph, makers, other, x):
            return "hard_swish", x, {}
    return None


def _product(graph: Graph, makers: Mapping[str, Node], node: Node, depth: int = 0) -> _Product | None:
    """The factors of nested multiplications and divisions by constants, of which nobody else reads the parts."""
    constant, factors = 1.0, []
    for position, name in enumerate(node.inputs):
        value = _scalar(graph, name)
        if value is not None:
            if node.op == "div" and (position == 0 or value == 0):
                return None
            constant *= 1 / value if node.op == "div" else value
            continue
        if node.op == "div" and position == 1:
            return None
        maker = makers.get(name)
        inner = None
        if depth < 3 and maker is not None and maker.op in ("mul", "div") and _plain(graph.bind(maker)):
            inner = _product(graph, makers, maker, depth + 1) if sole_consumer(graph, name) is not None else None
        if inner is None:
            factors.append(name)
        else:
            constant *= inner.constant
            factors += inner.factors
    return _Product(constant, tuple(factors))


def _is_erf(graph: Graph, makers: Mapping[str, Node], name: str, x: str) -> bool:
    """1 + erf(x / sqrt 2)."""
    inner = _plus(graph, makers, name, 1.0)
    erf = makers.get(inner) if inner else None
    if erf is None or erf.op != "erf":
        return False
    scaled = makers.get(erf.inputs[0])
    product = _product(graph, makers, scaled) if scaled is not None and scaled.op in ("mul", "div") else None
    return product is not None and product.factors == (x,) and math.isclose(product.constant, 0.5**0.5, rel_tol=1e-4)


def _is_relu6(graph: Graph, makers: Mapping[str, Node], name: str, x: str) -> bool:
    """min(max(x + 3, 0), 6), as relu6 or as what its bounds say."""
    node = makers.get(name)
    if node is None:
        return False
    if node.op == "relu6":
        return _plus(graph, makers, node.inputs[0], 3.0) == x
    inner = _bounded(graph, makers, name, "minimum", 6.0)
    inner = _bounded(graph, makers, inner, "maximum", 0.0) if inner else ""
    return bool(inner) and _plus(graph, makers, inner, 3.0) == x


def _plus(graph: Graph, makers: Mapping[str, Node], name: str, value: float) -> str:
    return _bounded(graph, makers, name, "add", value)


def _bounded(graph: Graph, makers: Mapping[str, Node], name: str, op: str, value: float) -> str:
    """The other operand of `op` when one is the scalar `value`; else nothing."""
    node = makers.get(name)
    if node is None or node.op != op or not _plain(graph.bind(node)):
        return ""
    for one, other in (node.inputs, node.inputs[::-1]):
        if _scalar(graph, one) == value:
            return other
    return ""


def _scalar(graph: Graph, name: str) -> float | None:
    data = graph.tensor(name).data
    return float(data.reshape(-1)[0]) if data is not None and data.size == 1 else None


def _plain(bound: BoundNode) -> bool:
    return getattr(bound.node.attrs, "activation", Activation.NONE) is Activation.NONE
