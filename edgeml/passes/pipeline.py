"""Passes and their order. Every pass is a plain function Graph -> Graph and is verified after it ran."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from edgeml.errors import EdgeMLError, GraphError
from edgeml.ir import Graph, verify
from edgeml.ops import OPS
from edgeml.passes.activation_fusion import fuse_activations
from edgeml.passes.batch_norm_folding import fold_batch_norm
from edgeml.passes.constant_folding import fold_constants
from edgeml.passes.dead_code import remove_dead_code
from edgeml.passes.identity_removal import remove_identities
from edgeml.passes.pad_fusion import fuse_pads
from edgeml.passes.pattern_fusion import fuse_patterns
from edgeml.passes.reshape_merging import merge_reshapes
from edgeml.passes.transpose_merging import merge_transposes
from edgeml.passes.transpose_sinking import sink_transposes

Pass = Callable[[Graph], Graph]

CANONICAL: tuple[Pass, ...] = (
    fold_constants,  # first: turns computed weights and scales into constants the others look for
    sink_transposes,  # before merging, which hides as reshapes those that move dimensions of size 1
    merge_transposes,  # before the identities, which some become
    merge_reshapes,  # the same
    remove_identities,  # before the fusions, so that they see producers next to consumers
    fuse_patterns,  # before the fusions, which take parts of the patterns for their own
    fold_batch_norm,  # mul and add after a convolution; needs constants
    fuse_activations,  # after batch-norm folding, which brings the activation next to the convolution
    fuse_pads,  # last of the fusions: explicit padding hides the pad from the others
    remove_dead_code,  # sweeps what the others left
)


def canonicalize(graph: Graph) -> Graph:
    """Run all passes in their order; the float graph that the quantiser and the backends expect."""
    return run_passes(graph, CANONICAL)


def run_passes(graph: Graph, passes: Sequence[Pass]) -> Graph:
    """Run `passes` one after the other. A failure names the pass and those that ran before it."""
    done: list[str] = []
    verified: Graph | None = None
    for step in passes:
        try:
            graph = step(graph)
            # a graph that a pass hands on as it was has been verified already
            if graph is not verified:
                verified = verify(graph, OPS)
        except EdgeMLError as error:
            before = ", ".join(done) or "none"
            raise GraphError(f"pass {step.__name__} (after: {before}): {error}") from error
        done.append(step.__name__)
    return graph
