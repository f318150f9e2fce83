"""JAX functions become graphs that compute the same."""

from __future__ import annotations

import numpy as np
import pytest

from edgeml.errors import UnsupportedError
from edgeml.frontends.jax import jax_to_tflite
from edgeml.frontends.litert import from_litert
from edgeml.interpreter import run_single

pytestmark = [pytest.mark.needs_jax, pytest.mark.needs_tensorflow]


def test_a_perceptron_computes_the_same() -> None:
    import jax
    import jax.numpy as jnp

    rng = np.random.default_rng(0)
    params = {"w": rng.standard_normal((12, 5)).astype(np.float32), "b": np.ones(5, np.float32)}

    def function(values, x):  # type: ignore[no-untyped-def]
        return jax.nn.softmax(jnp.tanh(x.reshape(x.shape[0], -1) @ values["w"] + values["b"]))

    x = rng.standard_normal((6, 3, 4)).astype(np.float32)
    graph = from_litert(jax_to_tflite(function, params, (3, 4)))
    assert [n.op for n in graph.nodes] == ["reshape", "fully_connected", "tanh", "softmax"]
    np.testing.assert_allclose(run_single(graph, x), function(params, x), atol=1e-6)


def test_what_litert_cannot_express_is_refused() -> None:
    with pytest.raises(UnsupportedError, match=r"JAX function 'strange' cannot be converted|unsupported operator"):
        from_litert(jax_to_tflite(strange, None, (4, 4)))


def strange(params: object, x):  # type: ignore[no-untyped-def]
    import jax.numpy as jnp

    return jnp.linalg.svd(x)[1]
