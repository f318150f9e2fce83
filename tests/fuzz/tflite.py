"""Mutations that know a .tflite file: its objects, and every number of the flatbuffer that a reader looks at."""

from __future__ import annotations

import contextlib
import copy
import struct
from typing import Any

import numpy as np

from edgeml.formats.flatbuffer import Flatbuffer
from edgeml.formats.litert import reader, schema
from tests.fuzz.raw import Rng, integer, mutate_bytes, number, pick

NAMES = ("", "../../x", '*/ system("x"); /*', "\x1b[2J", "a\0b", "\u202e", "n" * 5000, "x")


class _Recording(Flatbuffer):
    """Remembers where the reader reads numbers."""

    __slots__ = ("places",)

    def number(self, kind: struct.Struct, position: int) -> Any:
        self.places.add((position, kind.format))
        return super().number(kind, position)


def places(data: bytes) -> list[tuple[int, str]]:
    """Positions and formats of all offsets, lengths, scalars and vtable entries that the reader visits."""
    file = _Recording(data, "seed")
    file.places = set()
    reader._Reader(file).model()
    return sorted(file.places)


def mutate(data: bytes, rng: Rng, other: bytes) -> bytes:
    """A mutant of the file `data`, sometimes with parts of the file `other`."""
    way = rng.random()
    if way < 0.15:
        return mutate_bytes(data, rng, other)
    if way < 0.4:
        return mutate_numbers(data, rng)
    mutant = mutate_objects(data, rng, other)
    return mutate_numbers(mutant, rng) if way > 0.95 else mutant


def mutate_numbers(data: bytes, rng: Rng) -> bytes:
    """One to three of the numbers that the reader looks at, exchanged."""
    out = bytearray(data)
    try:
        known = places(data)
    except Exception:
        return mutate_bytes(data, rng)
    for _ in range(int(rng.integers(1, 4))):
        position, kind = pick(rng, known)
        if kind[-1] in "fd":
            struct.pack_into(kind, out, position, number(rng))
        elif kind[-1] == "?":
            out[position] = int(rng.integers(256))
        else:
            bits = 8 * struct.calcsize(kind)
            old = struct.unpack_from(kind, out, position)[0]
            near = old + int(rng.integers(-8, 9)) * int(pick(rng, (1, 2, 4)))
            value = (near if rng.random() < 0.5 else integer(rng, -(2**63), 2**63 - 1)) % (1 << bits)
            if kind[-1].islower() and value >= 1 << (bits - 1):
                value -= 1 << bits
            struct.pack_into(kind, out, position, value)
    return bytes(out)


def mutate_objects(data: bytes, rng: Rng, other: bytes) -> bytes:
    """One to three changes of the model's objects, written as a well-formed flatbuffer."""
    import flatbuffers

    model = schema.bindings().ModelT.InitFromPackedBuf(data, 0)
    donor = schema.bindings().ModelT.InitFromPackedBuf(other, 0)
    for _ in range(int(rng.integers(1, 4))):
        graph = model.subgraphs[0] if model.subgraphs else None
        if graph is None or not graph.tensors or not graph.operators:
            break
        # an earlier change may have left nothing to change
        with contextlib.suppress(Exception):
            pick(rng, _CHANGES)(model, graph, rng, donor)
    builder = flatbuffers.Builder(len(data) + 1024)
    try:
        builder.Finish(model.Pack(builder), file_identifier=schema.FILE_IDENTIFIER)
    except Exception:
        # the writer refuses what does not fit its fields
        return mutate_bytes(data, rng, other)
    return bytes(builder.Output())


def _shape(model, graph, rng, donor) -> None:
    tensor = pick(rng, graph.tensors)
    shape = [] if tensor.shape is None else [int(d) for d in tensor.shape]
    way = rng.random()
    if shape and way < 0.6:
        shape[int(rng.integers(len(shape)))] = integer(rng)
    elif way < 0.8:
        shape.insert(int(rng.integers(len(shape) + 1)), integer(rng))
    else:
        shape = shape[: int(rng.integers(len(shape) + 1))]
    if rng.random() < 0.2:
        tensor.shapeSignature = np.asarray(shape, np.int32)
    else:
        tensor.shape = np.asarray(shape, np.int32)


def _type(model, graph, rng, donor) -> None:
    pick(rng, graph.tensors).type = int(rng.integers(0, 24))


def _quantization(model, graph, rng, donor) -> None:
    tensor = pick(rng, graph.tensors)
    q = tensor.quantization
    way = int(rng.integers(6))
    if q is None or way == 0:
        tensor.quantization = copy.deepcopy(pick(rng, graph.tensors).quantization)
    elif way == 1:
        tensor.quantization = None
    elif way == 2:
        q.quantizedDimension = integer(rng)
    elif way == 3:
        q.zeroPoint = np.asarray([integer(rng, -(2**63), 2**63 - 1)] * int(rng.integers(0, 5)), np.int64)
    elif q.scale is not None and len(q.scale):
        scale = np.array(q.scale, np.float32)
        if way == 4:
            scale[int(rng.integers(len(scale)))] = number(rng)
        else:
            scale = np.resize(scale, int(rng.integers(0, 8)))
        q.scale = scale


def _buffer(model, graph, rng, donor) -> None:
    tensor = pick(rng, graph.tensors)
    data = model.buffers[tensor.buffer].data
    way = int(rng.integers(5))
    if way == 0:
        tensor.buffer = min(integer(rng, 0), 2**31)
    elif way == 1:
        tensor.buffer = int(rng.integers(len(model.buffers)))
    elif data is not None and len(data):
        raw = np.asarray(data, np.uint8).copy()
        if way == 2:
            raw = raw[: int(rng.integers(len(raw) + 1))]
        elif way == 3:
            raw = np.concatenate([raw, raw[: int(rng.integers(1, 64))]])
        else:
            # operands that steer an operator (axes, paddings, shapes) are few numbers
            words = raw[: len(raw) // 4 * 4].view(np.int32)
            if len(words):
                words[int(rng.integers(len(words)))] = integer(rng)
        model.buffers[tensor.buffer].data = raw


def _steering(model, graph, rng, donor) -> None:
    """Small int32 constants: shapes, axes, paddings, begins, permutations."""
    small = [t for t in graph.tensors if t.type == 2 and model.buffers[t.buffer].data is not None]
    if not small:
        return
    tensor = pick(rng, small)
    words = np.array(model.buffers[tensor.buffer].data, np.uint8)
    words = words[: len(words) // 4 * 4].view(np.int32)
    if len(words):
        words[int(rng.integers(len(words)))] = integer(rng)
        model.buffers[tensor.buffer].data = words.view(np.uint8)


def _operands(model, graph, rng, donor) -> None:
    operator = pick(rng, graph.operators)
    side = "inputs" if rng.random() < 0.7 else "outputs"
    indices = [int(i) for i in (getattr(operator, side) if getattr(operator, side) is not None else ())]
    way = int(rng.integers(6))
    anything = int(rng.integers(len(graph.tensors)))
    if indices and way == 0:
        indices[int(rng.integers(len(indices)))] = anything
    elif indices and way == 1:
        indices[int(rng.integers(len(indices)))] = integer(rng)
    elif way == 2:
        indices = indices[: int(rng.integers(len(indices) + 1))]
    elif way == 3:
        indices.append(anything if rng.random() < 0.7 else -1)
    elif way == 4:
        indices = indices[::-1]
    else:
        indices = indices * int(rng.integers(0, 4))
    setattr(operator, side, np.asarray(indices, np.int32))


def _order(model, graph, rng, donor) -> None:
    i, j = (int(rng.integers(len(graph.operators))) for _ in range(2))
    ops = graph.operators
    way = int(rng.integers(4))
    if way == 0:
        ops[i], ops[j] = ops[j], ops[i]
    elif way == 1:
        ops.insert(i, copy.deepcopy(ops[j]))
    elif way == 2:
        del ops[i]
    elif ops[i].outputs is not None and ops[j].inputs is not None and len(ops[i].outputs) and len(ops[j].inputs):
        # a cycle
        inputs = np.array(ops[j].inputs)
        inputs[0] = ops[max(i, j)].outputs[0] if len(ops[max(i, j)].outputs) else inputs[0]
        ops[j].inputs = inputs


def _code(model, graph, rng, donor) -> None:
    way = int(rng.integers(4))
    code = pick(rng, model.operatorCodes) if model.operatorCodes else None
    if way == 0 or code is None:
        pick(rng, graph.operators).opcodeIndex = max(0, integer(rng)) if rng.random() < 0.3 else int(rng.integers(8))
    elif way == 1:
        code.builtinCode = code.deprecatedBuiltinCode = int(rng.integers(0, 127))
    elif way == 2:
        code.version = integer(rng)
    else:
        # one call becomes another operator
        new = copy.deepcopy(code)
        new.builtinCode = int(rng.integers(0, 210))
        new.deprecatedBuiltinCode = min(new.builtinCode, 127)
        model.operatorCodes.append(new)
        pick(rng, graph.operators).opcodeIndex = len(model.operatorCodes) - 1


def _options(model, graph, rng, donor) -> None:
    operator = pick(rng, graph.operators)
    way = rng.random()
    if operator.builtinOptions is None or way < 0.1:
        given = pick(rng, graph.operators)
        operator.builtinOptions = copy.deepcopy(given.builtinOptions)
        operator.builtinOptionsType = given.builtinOptionsType
        return
    if way < 0.2:
        operator.builtinOptionsType = int(rng.integers(0, 128))
        return
    if way < 0.25:
        operator.builtinOptions, operator.builtinOptionsType = None, 0
        return
    fields = vars(operator.builtinOptions)
    if fields:
        name = pick(rng, sorted(fields))
        value = fields[name]
        if isinstance(value, bool):
            fields[name] = not value
        elif isinstance(value, float):
            fields[name] = number(rng)
        elif isinstance(value, np.ndarray):
            changed = np.resize(value, max(0, len(value) + int(rng.integers(-1, 2))))
            if len(changed):
                changed[int(rng.integers(len(changed)))] = integer(rng)
            fields[name] = changed
        elif isinstance(value, int):
            fields[name] = int(rng.integers(0, 8)) if rng.random() < 0.5 else integer(rng)


def _ports(model, graph, rng, donor) -> None:
    side = "inputs" if rng.random() < 0.5 else "outputs"
    indices = [int(i) for i in getattr(graph, side)]
    way = int(rng.integers(4))
    if way == 0 and indices:
        indices[int(rng.integers(len(indices)))] = (
            integer(rng) if rng.random() < 0.3 else int(rng.integers(len(graph.tensors)))
        )
    elif way == 1:
        indices.append(int(rng.integers(len(graph.tensors))))
    elif way == 2:
        indices = indices + indices
    else:
        indices = indices[:-1]
    setattr(graph, side, np.asarray(indices, np.int32))


def _tensors(model, graph, rng, donor) -> None:
    way = int(rng.integers(5))
    i = int(rng.integers(len(graph.tensors)))
    if way == 0:
        graph.tensors.append(copy.deepcopy(graph.tensors[i]))
    elif way == 1:
        del graph.tensors[i]
    elif way == 2:
        graph.tensors[i].isVariable = not graph.tensors[i].isVariable
    elif way == 3:
        j = int(rng.integers(len(graph.tensors)))
        graph.tensors[i], graph.tensors[j] = graph.tensors[j], graph.tensors[i]
    else:
        graph.tensors[i].name = pick(rng, NAMES) if rng.random() < 0.7 else graph.tensors[0].name


def _splice(model, graph, rng, donor) -> None:
    """An operator of the other file with its tensors, fed by a tensor of this one."""
    source = donor.subgraphs[0]
    if not source.operators:
        return
    operator = copy.deepcopy(pick(rng, source.operators))
    moved: dict[int, int] = {}
    for side in ("inputs", "outputs"):
        indices = []
        for index in getattr(operator, side) if getattr(operator, side) is not None else ():
            index = int(index)
            if index >= 0 and index not in moved:
                tensor = copy.deepcopy(source.tensors[index])
                model.buffers.append(copy.deepcopy(donor.buffers[tensor.buffer]))
                tensor.buffer = len(model.buffers) - 1
                graph.tensors.append(tensor)
                moved[index] = len(graph.tensors) - 1
            indices.append(moved.get(index, -1))
        setattr(operator, side, np.asarray(indices, np.int32))
    model.operatorCodes.append(copy.deepcopy(donor.operatorCodes[operator.opcodeIndex]))
    operator.opcodeIndex = len(model.operatorCodes) - 1
    feed = pick(rng, graph.operators)
    if feed.outputs is not None and len(feed.outputs) and len(operator.inputs):
        operator.inputs[0] = feed.outputs[0]
    if rng.random() < 0.5 and len(operator.outputs):
        graph.outputs = np.asarray([operator.outputs[0]], np.int32)
    graph.operators.insert(int(rng.integers(len(graph.operators) + 1)), operator)


def _subgraphs(model, graph, rng, donor) -> None:
    if rng.random() < 0.5:
        model.subgraphs.append(copy.deepcopy(graph))
    else:
        model.metadata = [schema.bindings().MetadataT()]
        model.metadata[0].name = pick(rng, ("edgeml.labels", "min_runtime_version", ""))
        model.metadata[0].buffer = max(0, integer(rng)) if rng.random() < 0.3 else int(rng.integers(len(model.buffers)))


_CHANGES = (
    _shape, _shape, _type, _quantization, _quantization, _buffer, _steering, _operands, _operands, _order, _code,
    _options, _options, _ports, _tensors, _splice, _subgraphs,
)  # fmt: skip
