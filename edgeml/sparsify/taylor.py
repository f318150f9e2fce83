"""Importance by first-order Taylor expansion: how much the loss changes when a weight goes.

s = sqrt(mean over batches of (g * w)^2), g the gradient of a batch's mean cross entropy (Molchanov et al. 2019,
arXiv:1906.10771, equation 8, for single weights). The score is sqrt(s), which grows with |w| as
magnitudes do, divided by the root mean square of a layer's: as they are, the long tails of s wipe out whole layers.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from edgeml.errors import UsageError
from edgeml.extras import require
from edgeml.finetune.forward import run_float
from edgeml.finetune.learner import check_trainable, logits_of
from edgeml.ir import Array, Graph
from edgeml.prune.magnitude import magnitude_scores
from edgeml.quantize.calibrate import Samples

_BATCH = 16


def taylor_scores(graph: Graph, names: Iterable[str], samples: Samples, y: Array | None) -> dict[str, Array]:
    """Scores >= 0 in the shape of each weight tensor in `names`, for a graph that tells classes y (N,) apart.

    Needs JAX. Raises UsageError without one class for each sample, UnsupportedError where no gradient is known.
    """
    check_trainable(graph)
    (x,) = samples.values()
    if y is None or len(y) != len(x):
        raise UsageError("importance 'taylor' needs a class for each sample. Give data with labels (y), or use l1.")
    jax, output = require("jax", "jax"), logits_of(graph)
    weights = {t.name: t.data for t in map(graph.tensor, names) if t.data is not None}

    def loss(parameters: Any, images: Any, classes: Any) -> Any:
        logits = run_float(graph, parameters, images, output).reshape(len(images), -1)
        logs = jax.nn.log_softmax(logits)
        return -jax.numpy.take_along_axis(logs, classes[:, None], axis=1).mean()

    gradient = jax.jit(jax.grad(loss))
    totals = {name: np.zeros(w.shape) for name, w in weights.items()}
    size = min(_BATCH, len(x))
    # samples come sorted by class: a batch takes every so-manieth
    count = len(x) // size
    for start in range(count):
        chosen = np.arange(size) * count + start
        found = gradient(weights, x[chosen], np.asarray(y)[chosen].astype(np.int32))
        for name, total in totals.items():
            total += np.square(np.asarray(found[name], np.float64) * weights[name])
    return {name: magnitude_scores((total / count) ** 0.25) for name, total in totals.items()}
