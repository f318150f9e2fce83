"""What exporters put around the scores of a classifier: ZipMap, ArrayFeatureExtractor, LabelEncoder."""

from __future__ import annotations

import numpy as np

from edgeml.frontends.onnx.call import Call
from edgeml.frontends.onnx.importers.ml_linear import ML


def zip_map(call: Call) -> None:
    """A dictionary from class to score for each sample: the scores as they are, and the names of the classes."""
    names = call.attribute("classlabels_strings")
    if isinstance(names, tuple) and names:
        call.draft.labels = tuple(str(n) for n in names)
    call.result(call.reshape(call.x(0), call.shape(0)))


def array_feature_extractor(call: Call) -> None:
    """The elements of the last dimension that a constant or computed index names.

    From a constant vector of class labels this is the label of an index; names of classes become the index itself.
    """
    indices = call.value(1)
    shape = call.shape(0)
    if call.is_constant(0) and call.constant(0).dtype.kind in "OUS":
        call.draft.labels = tuple(str(v) for v in call.constant(0).reshape(-1))
        call.result(call.reshape(call.x(1), (1, int(np.prod(call.shape(1))))))
        return
    x = call.x(0) if len(shape) > 1 else call.reshape(call.x(0), (1, *shape))
    if indices.data is not None:
        places = call.new_constant("indices", indices.data.reshape(-1).astype(np.int32))
    else:
        places = call.reshape(call.x(1), (int(np.prod(call.shape(1))),))
    rank = len(call.type_of(x)[0])
    call.result(call.emit("gather", [x, places], axis=rank - 1, batch_dims=0))


def label_encoder(call: Call) -> None:
    """From class indices to names: the index stays, the names go to the graph."""
    keys, names = call.integers("keys_int64s"), call.attribute("values_strings")
    if keys is None or not isinstance(names, tuple) or list(keys) != list(range(len(names))):
        raise call.unsupported("maps other values than 0, 1, 2, … to names, which is not supported.")
    call.draft.labels = tuple(str(n) for n in names)
    call.result(call.reshape(call.x(0), call.shape(0)))


IMPORTERS = {
    (ML, "ZipMap"): zip_map,
    (ML, "ArrayFeatureExtractor"): array_feature_extractor,
    (ML, "LabelEncoder"): label_encoder,
}
