"""What `edgeml prune` prints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from edgeml.cli.printing import add_row, console, plain_table
from edgeml.report.format import accuracy_line

if TYPE_CHECKING:
    from edgeml.ir import BoundNode, Graph
    from edgeml.pipeline.prune import Targeted
    from edgeml.sparsify.sparsify import Sparsified


def print_layers(graph: Graph, dense: Graph) -> None:
    """A row for each layer with weights; where channels are gone, with their count before and after."""
    from edgeml.prune.sparsity import layer_sparsity

    before, after = (_channels(g) for g in (dense, graph))
    fewer = any(before.get(name, count) != count for name, count in after.items())
    columns = ("layer", "operator", *(("channels",) if fewer else ()), "zeros", "of", "sparsity", "bytes", "compressed")
    table = plain_table(*columns, right=tuple(range(2, len(columns))))
    for row in layer_sparsity(graph):
        was, now = before.get(row.name), after[row.name]
        channels = (str(now) if was is None or was == now else f"{was} → {now}",) if fewer else ()
        numbers = (f"{row.zeros:,}", f"{row.total:,}", f"{row.sparsity:.1%}", f"{row.nbytes:,}", f"{row.compressed:,}")
        add_row(table, row.name, row.op, *channels, *numbers)
    console().print(table)


def channels_line(graph: Graph, dense: Graph) -> str:
    """The multiply-accumulates and weights of a graph with fewer channels beside those of the dense one."""
    from edgeml.prune.channels.cheapest import multiplications

    parts = []
    for what, count in (("multiply-accumulates", multiplications), ("weights and biases", _elements)):
        was, now = (sum(count(bound) for bound in g.bound()) for g in (dense, graph))
        parts.append(f"{what} {was:,.0f} → {now:,.0f} ({now / max(was, 1):.2f}x)")
    return "; ".join(parts)


def _channels(graph: Graph) -> dict[str, int]:
    return {bound.name: bound.output.shape[-1] for bound in graph.bound() if bound.output.shape}


def _elements(bound: BoundNode) -> float:
    return sum(t.type.elements for t in bound.inputs if t is not None and t.is_constant)


def probe_lines(found: Targeted) -> list[str]:
    """What was searched and found."""
    lines = [f"sparsity {found.sparsity:.0%} meets the target, {len(found.search.probes)} were tried"]
    if found.accuracy is not None:
        lines.append(accuracy_line("with it, on held-out training samples", found.accuracy, "dense"))
    return lines


def repair_lines(pruned: Sparsified) -> list[str]:
    """What fitting the weights anew did, layer by layer and as a whole."""
    from edgeml.cli.quantize_printing import repair_lines as layers

    if pruned.before is None or pruned.after is None:
        return []
    whole = "kept" if pruned.kept else "undone, because the outputs did not gain by it"
    return [
        *layers(pruned.repairs),
        f"error of the outputs on held-out samples, as a part of their signal: {pruned.before:.3g} masked, "
        f"{pruned.after:.3g} repaired; {whole}",
    ]
