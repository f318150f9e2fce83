"""The checked accessor, on bytes made by hand and on files whose parts are shared to describe more than they hold."""

from __future__ import annotations

import struct
import time

import numpy as np
import pytest

from edgeml.errors import EdgeMLError, ModelFormatError, UnsupportedError
from edgeml.formats.flatbuffer import MAX_TABLES, Flatbuffer
from edgeml.formats.litert import read, schema


def packed(root) -> bytes:
    import flatbuffers

    builder = flatbuffers.Builder(1024)
    builder.Finish(root.Pack(builder), file_identifier=schema.FILE_IDENTIFIER)
    return bytes(builder.Output())


def model(tensors, buffers=None, operators=()):
    lib = schema.bindings()
    root = lib.ModelT()
    root.version = 3
    root.buffers = [lib.BufferT(), *(buffers or [])]
    root.operatorCodes = []
    graph = lib.SubGraphT()
    graph.tensors, graph.operators = list(tensors), list(operators)
    graph.inputs = graph.outputs = np.zeros(0, np.int32)
    root.subgraphs = [graph]
    return root


def tensor(name="t", shape=(4,), buffer=0, kind="INT8"):
    raw = schema.bindings().TensorT()
    raw.name, raw.buffer, raw.type = name, buffer, schema.element_codes()[kind]
    raw.shape = np.asarray(shape, np.int32)
    return raw


def buffer(data: bytes):
    raw = schema.bindings().BufferT()
    raw.data = np.frombuffer(data, np.uint8)
    return raw


# a table at byte 12 with its vtable at byte 4: one field of 4 bytes
TABLE = struct.pack("<IHHHxxiI", 12, 6, 8, 4, 8, 0xABCD)


def test_a_field_that_is_present_is_read_and_one_that_is_absent_has_its_default():
    table = Flatbuffer(TABLE, "x").root()
    assert table.scalar(0, "I") == 0xABCD
    assert table.scalar(1, "I", 7) == 7


@pytest.mark.parametrize(
    ("position", "value", "kind"),
    [(0, 2**32 - 1, "I"), (0, 18, "I"), (12, 2**31 - 1, "i"), (12, -(2**31), "i"), (4, 3, "H"), (4, 65534, "H")],
)
def test_a_table_that_points_outside_is_refused(position, value, kind):
    data = bytearray(TABLE)
    struct.pack_into(f"<{kind}", data, position, value)
    with pytest.raises(ModelFormatError, match="truncated or damaged"):
        Flatbuffer(bytes(data), "x").root().scalar(0, "I")


@pytest.mark.parametrize("count", [2**32 - 1, 2**31, 2**30 + 1, 17])
def test_a_vector_that_reaches_past_the_end_is_refused(count):
    data = struct.pack("<I", count) + bytes(16)
    for item in (1, 4, 8):
        with pytest.raises(ModelFormatError, match="reaches past the end"):
            Flatbuffer(data, "x").vector(0, item)


def test_a_string_of_broken_utf8_is_replaced():
    assert Flatbuffer(struct.pack("<I", 3) + b"a\xff\x00", "x").text(0) == "a\ufffd\0"


def test_vectors_are_views_of_the_file():
    data = struct.pack("<I", 3) + b"abc"
    assert np.shares_memory(Flatbuffer(data, "x").numbers(0, "u1"), np.frombuffer(data, np.uint8))


def shared_tables(count: int) -> bytes:
    """A file whose tensors are one table, named `count` times."""
    data = bytearray(packed(model([tensor(f"t{i}", (1,) * 8) for i in range(2)])))
    file = Flatbuffer(bytes(data), "x")
    start = file.root().tables(2, "subgraphs")[0].target(0)
    # the vector is written anew at the end of the file; every entry leads to the same table
    table = file.offset(start + 4)
    field = file.root().tables(2, "subgraphs")[0]
    at = field.position + field.field(0)
    end = len(data) + -len(data) % 4
    # offsets are unsigned: the table must lie behind the vector, so it is copied there with its vtable
    vtable = table - struct.unpack_from("<i", data, table)[0]
    copy = bytes(data)
    data += bytes(end - len(data)) + struct.pack("<I", count)
    base = len(data) + 4 * count
    for i in range(count):
        data += struct.pack("<I", base + table - (end + 4 + 4 * i))
    data += copy
    assert vtable < len(copy)
    struct.pack_into("<I", data, at, end - at)
    return bytes(data)


def test_a_table_that_is_named_many_times_is_read_once_for_each_within_the_bound():
    assert len(read(shared_tables(3)).tensors) == 3


def test_tables_shared_without_measure_are_refused_quickly():
    start = time.perf_counter()
    with pytest.raises(ModelFormatError, match="shared so often"):
        read(shared_tables(100_000))
    assert time.perf_counter() - start < 5
    with pytest.raises(UnsupportedError, match="at most"):
        read(shared_tables(MAX_TABLES + 1))


def test_constants_that_share_bytes_are_bounded_by_the_size_of_the_file():
    data = bytes(1 << 16)
    few = packed(model([tensor(f"t{i}", (1 << 16,), 1) for i in range(3)], [buffer(data)]))
    assert len(read(few).tensors) == 3
    many = packed(model([tensor(f"t{i}", (1 << 16,), 1) for i in range(200)], [buffer(data)]))
    with pytest.raises(ModelFormatError, match="share so many bytes"):
        read(many)


def test_a_buffer_behind_the_flatbuffer_is_found_by_its_position():
    stored = schema.bindings().BufferT()
    stored.offset, stored.size = 1 << 20, 4
    content = packed(model([tensor(buffer=1)], [stored]))
    data = content + bytes((1 << 20) - len(content)) + bytes([1, 2, 255, 4])
    assert read(data).tensors[0].data.tolist() == [1, 2, -1, 4]
    for cut in (1, 5):
        with pytest.raises(ModelFormatError, match="the file ends before"):
            read(data[:-cut])


@pytest.mark.parametrize(("offset", "size"), [(2**64 - 1, 4), (2, 2**64 - 1), (2**63, 2**63)])
def test_a_buffer_far_outside_is_refused(offset, size):
    stored = schema.bindings().BufferT()
    stored.offset, stored.size = offset, size
    with pytest.raises(ModelFormatError, match="the file ends before"):
        read(packed(model([tensor(buffer=1)], [stored])))


@pytest.mark.parametrize("shape", [(2**31 - 1, 2), (65536, 65536), (0, 2**31 - 1, 2)])
def test_tensors_of_impossible_size_are_refused(shape):
    with pytest.raises(EdgeMLError, match="elements"):
        read(packed(model([tensor(shape=shape)])))


def test_four_and_two_bit_codes_are_unpacked_lowest_first_and_written_back():
    from edgeml.formats.litert import write

    for kind, expected, data in (("INT4", [-8, 7, -1], b"\x78\x0f"), ("INT2", [-2, 1, -1, 0, 1], b"\x36\x01")):
        raw = packed(model([tensor(shape=(len(expected),), buffer=1, kind=kind)], [buffer(data)]))
        records = read(raw)
        assert records.tensors[0].data.tolist() == expected
        again = read(write(records))
        assert again.tensors[0].element == kind and again.tensors[0].data.tolist() == expected


def test_half_precision_constants_are_float32_and_written_back():
    from edgeml.formats.litert import write

    values = np.asarray([1.5, -0.25, 65504], np.float16)
    records = read(packed(model([tensor(shape=(3,), buffer=1, kind="FLOAT16")], [buffer(values.tobytes())])))
    assert records.tensors[0].data.dtype == np.float32 and records.tensors[0].data.tolist() == values.tolist()
    assert read(write(records)).tensors[0].data.tolist() == values.tolist()
    assert write(read(write(records))) == write(records)


def test_sparse_and_blockwise_tensors_are_refused_with_the_reason():
    lib = schema.bindings()
    sparse = tensor()
    sparse.sparsity = lib.SparsityParametersT()
    with pytest.raises(UnsupportedError, match="sparse storage"):
        read(packed(model([sparse])))
    blocks = tensor()
    blocks.quantization = lib.QuantizationParametersT()
    blocks.quantization.detailsType = 2
    blocks.quantization.details = lib.BlockwiseQuantizationT()
    with pytest.raises(UnsupportedError, match="by blocks"):
        read(packed(model([blocks])))


def test_variables_free_sizes_and_further_graphs_survive_a_round_trip():
    from edgeml.formats.litert import write

    state = tensor("state", (1, 4))
    state.isVariable, state.shapeSignature = True, np.asarray([-1, 4], np.int32)
    root = model([state, tensor("handle", (1,), kind="RESOURCE")])
    root.subgraphs.append(schema.bindings().SubGraphT())
    root.subgraphs[1].name = "init"
    records = read(packed(root))
    assert records.tensors[0].is_variable and records.tensors[0].signature == (-1, 4)
    assert records.tensors[1].element == "RESOURCE" and records.subgraph(1).name == "init"
    assert records.subgraph(2) is None
    again = read(write(records))
    assert again.tensors[0].is_variable and again.tensors[0].signature == (-1, 4) and len(again.others) == 1
    assert write(again) == write(records)
