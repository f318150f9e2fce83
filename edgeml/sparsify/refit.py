"""A pruned graph repaired layer by layer, in order: each layer sees what the repaired layers before it leave.

A layer tries several ridges; an output channel keeps the best of them where the error of its pre-activation falls on
samples that the fit did not see, else its masked weights as they were.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from edgeml.ir import Array, BoundNode, DType, Graph, Tensor, TensorType
from edgeml.prune.patterns import Mask
from edgeml.quantize.calibrate import Samples
from edgeml.quantize.repairs import Repair, held_out, helps, judging
from edgeml.quantize.walk import walk
from edgeml.sparsify.least_squares import fit_kept
from edgeml.sparsify.output_error import relative_error
from edgeml.sparsify.rows import bias_of, input_rows, weight_matrix

METHOD = "least squares"
RIDGES = (1e-3, 1e-2, 1e-1)


@dataclass(frozen=True)
class Refit:
    """The graph that was chosen, what was tried on each layer, and the error of all outputs on held-out samples, as a
    part of the signal, `before` and `after`; `kept` says whether the repair as a whole was."""

    graph: Graph
    repairs: tuple[Repair, ...]
    before: float
    after: float

    @property
    def kept(self) -> bool:
        return helps(self.before, self.after)


def refit(dense: Graph, pruned: Graph, masks: Mapping[str, Mask], samples: Samples) -> Refit:
    """`pruned`, which is `dense` with weights masked by `masks` (tensors' names), with weights and biases fitted.

    `samples` are float32 (N, …) by input; every fourth judges. As a whole the repair stays where the outputs are
    nearer to those of `dense`.
    """
    exact, other = walk(dense, samples), walk(pruned, samples)
    graph, repairs = pruned, []
    for position, node in enumerate(dense.nodes):
        bound = dense.bind(node)
        if len(node.inputs) > 1 and node.inputs[1] in masks:
            want, seen = exact.arguments(dense, position)[0], other.arguments(graph, position)[0]
            assert want is not None and seen is not None
            graph, repair = _layer(graph, position, bound, want, seen, masks[node.inputs[1]])
            repairs.append(repair)
        exact.step(dense, position)
        other.step(graph, position)
    judges = judging(samples)
    before, after = (relative_error(dense, g, judges) for g in (pruned, graph))
    return Refit(graph if helps(before, after) else pruned, tuple(repairs), before, after)


def _layer(graph: Graph, position: int, exact: BoundNode, want: Array, seen: Array, mask: Mask) -> tuple[Graph, Repair]:
    rows, samples = input_rows(exact, seen)
    target = input_rows(exact, want)[0] @ weight_matrix(exact).T + bias_of(exact)
    held = held_out(len(want))[samples]
    fitting, judges = (~held, held) if held.any() else (np.ones(len(rows), bool),) * 2
    keep, now = mask.reshape(len(mask), -1), graph.bind(graph.nodes[position])
    weights, bias = weight_matrix(now).astype(np.float64), bias_of(now).astype(np.float64)

    def error(w: Array, b: Array) -> Array:
        return np.asarray(np.square(rows[judges] @ w.T + b - target[judges]).sum(axis=0, dtype=np.float64))

    before = error(weights, bias)
    fits = [fit_kept(rows[fitting], target[fitting], weights, keep, ridge) for ridge in RIDGES]
    errors = np.stack([error(*fit) for fit in fits])
    best = errors.argmin(axis=0)
    after = errors.min(axis=0)
    better = helps(before, after)
    if better.any():
        # what was judged on a part is done with all
        final = [fit_kept(rows, target, weights, keep, ridge) for ridge in RIDGES]
        chosen_w = np.stack([w for w, _ in final])[best, np.arange(len(best))]
        chosen_b = np.stack([b for _, b in final])[best, np.arange(len(best))]
        graph = _with_values(
            graph, position, np.where(better[:, None], chosen_w, weights), np.where(better, chosen_b, bias)
        )
    changed = int(np.count_nonzero(better))
    would = np.where(better, after, before) if changed else after
    return graph, Repair(exact.name, METHOD, float(before.sum()), float(would.sum()), changed, len(better))


def _with_values(graph: Graph, position: int, weights: Array, bias: Array) -> Graph:
    """The graph whose node at `position` has these weights (O, K) and this bias (O,)."""
    node = graph.nodes[position]
    old = graph.bind(node).input(1)
    data, offset = weights.reshape(old.shape).astype(np.float32), bias.astype(np.float32)
    data.flags.writeable = offset.flags.writeable = False
    name = node.inputs[2] if len(node.inputs) > 2 and node.inputs[2] else f"{node.outputs[0]}/bias"
    if len(graph.consumers(name)) > 1:
        name = f"{node.outputs[0]}/bias"
    nodes = list(graph.nodes)
    nodes[position] = replace(node, inputs=(*node.inputs[:2], name))
    tensor = Tensor(name, TensorType(offset.shape, DType.FLOAT32), offset)
    return graph.with_nodes(tuple(nodes), {old.name: replace(old, data=data), name: tensor})
