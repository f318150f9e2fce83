"""Channels priced by the compiler, and budgets that they meet."""

import numpy as np
import pytest

from edgeml.errors import BudgetError
from edgeml.passes import canonicalize
from edgeml.pipeline.prune import Budget, estimate, prune_to_budget
from edgeml.prune.channels.cheapest import cheapest_channels
from edgeml.prune.channels.surgery import remove_channels
from edgeml.prune.graph import prunable_data
from edgeml.prune.magnitude import magnitude_scores
from edgeml.sparsify.instructions import Instructions
from edgeml.sparsify.sparsify import Sparsifier, SparsifyConfig, parse_structure
from edgeml.targets.boards import resolve_target
from tests.graphs import images, small_cnn
from tests.prune.test_channels import branched

CORES = ("cortex-m4", "cortex-m0plus", "cortex-m55")


def machine(core="cortex-m4"):
    return resolve_target(core)[0].machine


@pytest.mark.parametrize("core", CORES)
@pytest.mark.parametrize("make", [branched, small_cnn])
def test_the_prices_of_all_nodes_are_the_estimate_of_the_graph(core, make):
    graph = canonicalize(make())
    x = np.random.default_rng(0).random((8, *graph.input_tensors[0].shape[1:]), np.float32)
    price = Instructions(graph, machine(core), "balanced", {graph.inputs[0]: x})
    smaller = remove_channels(
        graph,
        cheapest_channels(graph, {n: magnitude_scores(w) for n, w in prunable_data(graph).items()}, 0.4, 4, price),
    )
    # a kernel that is best for the whole graph may not be for its narrow layers
    for other, near in ((graph, 1e-3), (smaller, 0.1)):
        whole = estimate(other, x, Budget(machine(core)))["instructions"]
        assert sum(price(bound) for bound in other.bound()) == pytest.approx(whole, rel=near)


def test_a_budget_is_met_closely():
    graph, x = small_cnn(channels=64, size=12), images(40, 12)
    pruner = Sparsifier(graph, SparsifyConfig(parse_structure("channel"), machine=machine(), repair=False), x)
    dense = estimate(graph, x, Budget(machine()))
    for name, share, least in (("instructions", 0.8, 0.93), ("instructions", 0.5, 0.93), ("flash", 0.6, 0.85)):
        limit = int(share * dense[name])
        budget = Budget(machine(), **{name: limit})
        found = prune_to_budget(pruner, budget)
        assert least * limit <= estimate(found.pruned.graph, x, budget)[name] <= limit
        assert found.search.probes[-1].holds and 0 < found.sparsity < 1
    both = Budget(machine(), int(0.7 * dense["instructions"]), int(0.5 * dense["flash"]))
    spent = estimate(prune_to_budget(pruner, both).pruned.graph, x, both)
    assert spent["instructions"] <= both.instructions and spent["flash"] <= both.flash


def test_a_budget_that_no_channels_meet_is_refused():
    graph, x = small_cnn(channels=8), images(20)
    pruner = Sparsifier(graph, SparsifyConfig(parse_structure("channel"), repair=False), x)
    with pytest.raises(BudgetError, match="no sparsity gives 1 instructions; the nearest was"):
        prune_to_budget(pruner, Budget(machine(), 1))


def test_a_machine_prices_channels_by_its_instructions():
    graph = small_cnn(channels=16)
    config = SparsifyConfig(parse_structure("channel"), machine=machine("cortex-m4"), repair=False)
    assert isinstance(Sparsifier(graph, config).price, Instructions)
    assert Sparsifier(graph, config).prune(0.3).graph.tensor("w0").shape[0] % 4 == 0
