"""A classifier on top of a backbone, fitted in closed form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from edgeml.interpreter import run_single
from edgeml.ir import Array, DType, Graph, Node, Tensor, TensorType
from edgeml.ops.fully_connected import FullyConnectedAttrs
from edgeml.passes import canonicalize


def with_linear_head(backbone: Graph, x: Array, y: Array, labels: Sequence[str], ridge: float = 30.0) -> Graph:
    """`backbone` (values (1, F)) and a fully connected layer fitted to one-hot classes by ridge regression."""
    graph = canonicalize(backbone)
    features = run_single(graph, x).astype(np.float64)
    mean, deviation = features.mean(axis=0), features.std(axis=0) + 1e-3
    z = (features - mean) / deviation
    # as many equations as samples: fewer than features
    inner = np.linalg.solve(
        z @ z.T + ridge * np.eye(len(z)) * z.shape[1] / 100, np.eye(len(labels))[y] - 1 / len(labels)
    )
    weights = (z.T @ inner).T / deviation
    bias = -(weights * mean).sum(axis=1)
    new = {
        "head/w": Tensor("head/w", TensorType(weights.shape, DType.FLOAT32), weights.astype(np.float32)),
        "head/b": Tensor("head/b", TensorType(bias.shape, DType.FLOAT32), bias.astype(np.float32)),
        "head": Tensor("head", TensorType((1, len(labels)), DType.FLOAT32)),
    }
    node = Node("fully_connected", "head", (graph.outputs[0], "head/w", "head/b"), ("head",), FullyConnectedAttrs())
    return canonicalize(replace(graph, outputs=("head",), labels=tuple(labels)).with_nodes((*graph.nodes, node), new))
