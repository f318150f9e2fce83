"""int16 activations: of a whole graph, of layers by name, and what stands between both."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml.errors import QuantizationError, UsageError
from edgeml.interpreter import run_single
from edgeml.ir import DType, Graph
from edgeml.quantize import Recipe, quantize
from edgeml.quantize.repairs import Repair
from edgeml.validate.run import validate_graph
from edgeml.validate.samples import random_samples
from tests.graphs import images, small_cnn
from tests.quantize.networks import near_constant


def kinds(graph: Graph) -> list[tuple[str, str]]:
    return [(node.op, graph.tensor(node.outputs[0]).dtype.value) for node in graph.nodes]


def test_int16_activations_lose_less_in_every_layer():
    graph, x = small_cnn(), images(64)
    narrow = {layer.name: layer.sqnr_db for layer in quantize(graph, x).layers}
    wide = quantize(graph, x, Recipe(activations="int16"))
    assert {kind for _, kind in kinds(wide.graph)} == {"int16"} and not wide.kept_float
    assert all(layer.sqnr_db > narrow[layer.name] + 3 for layer in wide.layers)
    biases = [wide.graph.tensor(n.inputs[2]) for n in wide.graph.nodes if len(n.inputs) == 3]
    assert biases and {t.dtype for t in biases} == {DType.INT64}


@pytest.mark.needs_cc
def test_a_layer_by_name_is_int16_between_requantisations_and_the_same_everywhere():
    graph, x = small_cnn(), images(64)
    second = [n.name for n in graph.nodes if n.op == "conv_2d"][1]
    mixed = quantize(graph, x, Recipe(activation_bits={second: 16})).graph
    found = kinds(mixed)
    assert ("conv_2d", "int16") in found
    at = found.index(("conv_2d", "int16"))
    assert found[at - 1] == ("quantize", "int16") and found[0] == ("conv_2d", "int8")
    # what has no weights goes on in int16 until the next layer with weights
    assert found[at + 1 :] == [
        ("reshape", "int16"), ("quantize", "int8"), ("fully_connected", "int8"), ("softmax", "int8"),
    ]  # fmt: skip
    result = validate_graph(mixed, random_samples(mixed, 40, seed=0), targets=("litert", "host"))
    assert {p.verdict for p in result.pairs} == {"identical"}


def test_int16_helps_where_int8_ruins_a_layer():
    graph, x = near_constant()
    plain = Recipe.plain()
    bad = min(quantize(graph, x, plain).layers, key=lambda layer: layer.sqnr_db)
    wide = quantize(graph, x, Recipe.plain(activations="int16")).layers
    assert next(layer for layer in wide if layer.name == bad.name).sqnr_db > bad.sqnr_db


def test_biases_of_int16_layers_are_corrected():
    graph, x = near_constant()
    result = quantize(graph, x, Recipe(activations="int16"))
    kept = [r for r in result.repairs if isinstance(r, Repair) and r.method == "bias correction" and r.kept]
    assert kept and all(r.after < r.before for r in kept)
    plain = quantize(graph, x, Recipe(activations="int16", bias_correction=False))
    assert result.layers[-1].sqnr_db > plain.layers[-1].sqnr_db


def test_operators_without_int16_meaning_are_int8():
    graph, x = small_cnn(), images(16)
    wide = quantize(graph, x, Recipe(activations="int16", activation_bits={graph.nodes[0].name: 8})).graph
    assert kinds(wide)[0] == ("conv_2d", "int8") and ("quantize", "int16") in kinds(wide)
    assert wide.input_tensors[0].dtype is DType.INT8
    assert run_single(wide, np.zeros((2, *wide.input_tensors[0].shape[1:]), np.int8)).dtype == np.int16


def test_unknown_nodes_and_bits_are_refused():
    with pytest.raises(QuantizationError, match="'nowhere' is no node"):
        quantize(small_cnn(), images(8), Recipe(activation_bits={"nowhere": 16}))
    with pytest.raises(UsageError, match="8 or 16 bits"):
        Recipe(activation_bits={"conv0": 12})
    with pytest.raises(UsageError, match="unknown activations"):
        Recipe(activations="int4")  # type: ignore[arg-type]
