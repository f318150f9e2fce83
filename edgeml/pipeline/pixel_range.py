"""Which numbers a backbone expects of pixels: the range with which a head learns best, or a warning of another one."""

from __future__ import annotations

from collections.abc import Callable

from edgeml.data import Dataset
from edgeml.ir import Array, Graph
from edgeml.pipeline.backbone import with_range
from edgeml.pipeline.frozen import activations
from edgeml.training.config import RANGES, TransferConfig, ZooModel
from edgeml.training.head import Head, HeadPlan, fit_head

# samples for which every range of pixels is tried
_TRIED = 400
# accuracy by which another range must be better, and standard errors of a share that it must exceed
_MARGIN, _ERRORS = 0.2, 4


def choose_range(
    zoo: ZooModel, backbone: Graph, dataset: Dataset, rest: Array, watched: Array, tell: Callable[[str], None]
) -> str:
    """A key of `RANGES`: the one that model.toml names, for "auto" that with the lowest validation loss.

    Samples `rest` of `dataset` fit a head for each range, samples `watched` judge it. `tell` takes a warning where a
    range was named and another is much better.
    """
    heads = _heads(zoo, backbone, dataset, rest, watched)
    best, named = min(heads, key=lambda name: heads[name].loss), zoo.transfer.range
    if named == "auto":
        return best
    now, then = heads[named].accuracy, heads[best].accuracy
    if then >= now + max(_MARGIN, _ERRORS * 0.5 / min(len(watched), _TRIED) ** 0.5):
        tell(
            f"warning: pixels as range = '{named}' do not fit the backbone: a head is right on {now:.0%} of the "
            f"validation samples, with '{best}' on {then:.0%}. Write range = \"auto\" in [transfer] of "
            f"{zoo.folder / 'model.toml'}."
        )
    return named


def head_plan(transfer: TransferConfig) -> HeadPlan:
    """How a head learns."""
    return HeadPlan(transfer.steps, transfer.rate, transfer.patience, transfer.decay, transfer.class_weights)


def _heads(zoo: ZooModel, backbone: Graph, dataset: Dataset, rest: Array, watched: Array) -> dict[str, Head]:
    """A head on a few samples for each range of pixels."""
    some, judges = (part[:: max(1, len(part) // _TRIED)] for part in (rest, watched))
    found, y = {}, dataset.y_train
    for name, (low, high) in RANGES.items():
        graph = with_range(backbone, low, high)
        x, held = (activations(graph, dataset.x_train, chosen=part) for part in (some, judges))
        found[name] = fit_head(head_plan(zoo.transfer), (x, y[some]), (held, y[judges]), len(dataset.labels))
    return found
