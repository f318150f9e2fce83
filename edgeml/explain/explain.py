"""Puts experiments, causes and statistics together."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from edgeml.bench.codec import NO_PICTURE
from edgeml.bench.metrics import predictions
from edgeml.bench.record import Accuracy, ClassLoss, Explanation, Flip, LayerLoss, Record, RuntimeInfo
from edgeml.bench.tasks import check_truth, measure, task_of
from edgeml.errors import UsageError
from edgeml.explain.causes import reasons
from edgeml.explain.experiments import Findings, Measured, chunks, restore, round_alone
from edgeml.explain.pictures import picture
from edgeml.explain.rounding import Rounding, int8_outputs
from edgeml.interpreter import run
from edgeml.ir import Array
from edgeml.quantize.calibrate import check_calibration
from edgeml.quantize.quantizer import QuantizeResult
from edgeml.quantize.repairs import kept_layers, spread

# layers that are restored where nobody says how many: the costliest, if they make this part of the error
RESTORED = 12
_SHARE = 0.01
# changed samples that are kept as pictures
PICTURES = 24


def explain(
    result: QuantizeResult,
    x: Array | Mapping[str, Array],
    y: Array | None = None,
    labels: Sequence[str] = (),
    restored: int | None = None,
) -> Record:
    """Where the int8 graph of `result` loses, on samples `x` (N, …), float32, with labels `y`.

    `labels` name the classes where the graph does not. The record holds the accuracy of the int8 graph, computed by the
    operators' references, and the explanation; changed samples are numbered as in `x`. Without `y` (leave it out for
    models that are no classifiers) errors are all that is said. The `restored` costliest layers are each restored to
    float32 alone; without a number up to 12, those that make a hundredth of the error. Raises UsageError for models
    with states, QuantizationError or DataError for unusable samples.
    """
    graph = result.float_graph
    if graph.states:
        raise UsageError(f"explain: '{graph.name}' remembers earlier inputs. Only models without states are explained.")
    samples = check_calibration(graph, x)
    task = None if y is None else task_of(graph, y)
    truth = check_truth(graph, y) if y is not None and task == "classes" else None
    rounding = Rounding(graph, result.graph)
    rounding.leave_out_copies(next(chunks(graph, spread(samples, 8, stream=False))))
    found = round_alone(rounding, samples)
    ranked = sorted(found.alone, key=lambda i: -found.alone[i].noise)
    costly = [i for i in ranked[:RESTORED] if found.share(i) >= _SHARE]
    restore(rounding, samples, costly if restored is None else ranked[:restored], found)
    outputs, exact = _outputs(result, samples)
    predicted = predictions(outputs)
    first = samples[graph.inputs[0]]
    got = None if y is None or task is None else measure(task, outputs, first, check_truth(graph, y), exact)
    names = graph.labels or tuple(labels)
    layers = _layers(result, rounding, found, truth, samples)
    why = Explanation(
        len(predicted),
        found.db(found.whole.noise),
        _summary(layers, got),
        layers,
        () if truth is None else _classes(names, truth, found.exact.predicted, predicted),
        () if truth is None else _flips(names, truth, found, predicted, first),
    )
    runtime = RuntimeInfo("reference", f"NumPy {np.__version__}")
    return Record(graph.name, "int8", "reference", runtime, got, labels=names, explanation=why)


def _outputs(result: QuantizeResult, samples: Mapping[str, Array]) -> tuple[Array, Array]:
    """The first output of the int8 graph itself in reals, and that of the float graph."""
    parts = list(chunks(result.float_graph, samples))
    name = result.float_graph.outputs[0]
    exact = [run(result.float_graph, part)[name] for part in parts]
    return np.concatenate([int8_outputs(result.graph, part) for part in parts]), np.concatenate(exact)


def _layers(
    result: QuantizeResult, rounding: Rounding, found: Findings, truth: Array | None, samples: Mapping[str, Array]
) -> tuple[LayerLoss, ...]:
    some = next(chunks(rounding.graph, spread(samples, 256, stream=False)))
    values = rounding.all(some, rounded=False)
    exact, whole = found.exact.predicted, found.whole.predicted
    corrected = kept_layers(result.repairs, "bias correction")
    layers = []
    for position, alone in found.alone.items():
        node, restored = rounding.graph.nodes[position], found.restored.get(position)
        layers.append(
            LayerLoss(
                node.name,
                node.op,
                found.layer_db(position),
                found.db(alone.noise),
                found.share(position),
                _points(alone, exact, truth),
                _changed(alone, exact, truth),
                None if restored is None else found.db(restored.noise),
                None if restored is None else _points(restored, whole, truth),
                None if restored is None else _changed(restored, exact, truth),
                (
                    reasons(rounding, position, values, corrected=node.name in corrected)
                    if found.share(position) >= _SHARE
                    else ()
                ),
            )
        )
    return tuple(layers)


def _points(measured: Measured, base: Array, truth: Array | None) -> float | None:
    """Points of accuracy more than predictions `base` have."""
    if truth is None:
        return None
    right, before = (int(np.count_nonzero(p == truth)) for p in (measured.predicted, base))
    return 100.0 * (right - before) / len(truth)


def _changed(measured: Measured, exact: Array, truth: Array | None) -> int | None:
    return None if truth is None else int(np.count_nonzero(measured.predicted != exact))


def _summary(layers: tuple[LayerLoss, ...], got: Accuracy | None) -> str:
    """The costliest layer in one sentence."""
    if not layers or max(layer.share for layer in layers) == 0:
        return "No layer loses anything."
    worst = max(layers, key=lambda layer: layer.share)
    text = f"'{worst.name}' ({worst.op}) costs most: {worst.share:.0%} of the error"
    if got is not None and got.delta is not None and worst.alone_points is not None:
        text += f", {worst.alone_points:+.2f} points when it alone is int8"
        if worst.restored_points is not None:
            text += f", {worst.restored_points:+.2f} points when it alone is float32"
        text += f" (the whole model: {100 * got.delta:+.2f})"
    return f"{text}. {worst.reasons[0]}" if worst.reasons else f"{text}."


def _classes(names: Sequence[str], truth: Array, exact: Array, got: Array) -> tuple[ClassLoss, ...]:
    found = []
    for c in range(int(truth.max()) + 1):
        mine = truth == c
        right, changed = (int(np.count_nonzero(v[mine])) for v in (exact == truth, exact != got))
        correct = int(np.count_nonzero(got[mine] == c))
        found.append(ClassLoss(_label(names, c), int(np.count_nonzero(mine)), right, correct, changed))
    return tuple(found)


def _flips(names: Sequence[str], truth: Array, found: Findings, got: Array, x: Array) -> tuple[Flip, ...]:
    exact, margins = found.exact.predicted, np.concatenate(found.margins)
    flips: list[Flip] = []
    for i in np.flatnonzero(exact != got):
        true, before, after = (_label(names, int(v[i])) for v in (truth, exact, got))
        shown = picture(x[i]) if len(flips) < PICTURES else NO_PICTURE
        flips.append(Flip(int(i), true, before, after, float(margins[i]), shown))
    return tuple(flips)


def _label(names: Sequence[str], c: int) -> str:
    return names[c] if c < len(names) else str(c)
