"""How far a changed float graph's outputs are from the original's."""

from __future__ import annotations

import numpy as np

from edgeml.interpreter import run_samples
from edgeml.ir import Graph
from edgeml.quantize.calibrate import Samples


def relative_error(exact: Graph, changed: Graph, samples: Samples) -> float:
    """Squared error of all outputs, each as a part of its signal, on float32 `samples` (N, …).

    A softmax at an output is left out: its input says more, also where a class is certain.
    """
    total = 0.0
    want = run_samples(exact, samples, logits(exact))
    got = run_samples(changed, samples, logits(changed))
    for mine, theirs in zip(logits(exact), logits(changed), strict=True):
        signal = float(np.square(want[mine], dtype=np.float64).sum())
        noise = float(np.square(want[mine] - got[theirs], dtype=np.float64).sum())
        total += noise / max(signal, 1e-30)
    return total


def logits(graph: Graph) -> tuple[str, ...]:
    """The outputs, or what a softmax in front of them reads."""
    producers = [(name, graph.producer(name)) for name in graph.outputs]
    return tuple(p.inputs[0] if p is not None and p.op == "softmax" else name for name, p in producers)
