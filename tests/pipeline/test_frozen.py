"""What frozen layers give: in the chosen order, of changed samples, and the samples themselves without layers."""

from __future__ import annotations

import numpy as np

from edgeml.finetune.top import split_top
from edgeml.interpreter import run_single
from edgeml.pipeline.frozen import activations
from tests.graphs import small_cnn

X = np.random.default_rng(0).random((40, *small_cnn().input_tensors[0].shape[1:]), dtype=np.float32)


def test_activations_come_in_the_chosen_order_and_changed() -> None:
    graph, chosen = small_cnn(), np.array([39, 0, 7])
    got = activations(graph, X, chosen=chosen, change=lambda x: x[:, :, ::-1])
    np.testing.assert_allclose(got, run_single(graph, X[chosen][:, :, ::-1]), rtol=1e-4, atol=1e-6)


def test_both_parts_of_a_graph_are_the_graph() -> None:
    bottom, top = split_top(small_cnn(), 1)
    np.testing.assert_allclose(
        activations(top, activations(bottom, X)), run_single(small_cnn(), X), rtol=1e-4, atol=1e-6
    )


def test_a_graph_without_nodes_gives_the_samples_back() -> None:
    _, top = split_top(small_cnn(), 0)
    np.testing.assert_array_equal(activations(top, X), X)
