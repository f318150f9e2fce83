"""Makes animals.npz from the two gzipped pickles of the PyPI wheel animal-mnist 0.4, without running a pickle.

    pip download --no-deps animal-mnist==0.4
    python convert.py animal_mnist-0.4-py3-none-any.whl animals.npz

A pickle is a program, and running one runs whatever its author wrote. Here `pickletools.genops` only lists its
instructions; the list must be exactly that of one NumPy array of a plain type, and the array's bytes are taken
from the one instruction that carries them. Anything else is refused.

Exact duplicates are dropped (the first stays), so that no test image was seen in training.
"""

import gzip
import hashlib
import io
import pickletools
import sys
import zipfile
from pathlib import Path

import numpy as np

IMAGES = "animal_mnist/data/Animal_MNIST/animal_data_version_3.gz"
LABELS = "animal_mnist/data/Animal_MNIST/animal_label_version_3.gz"
WHEEL_SHA256 = "aeebf3d9de4552d6fd2d5701424e1a5b9020f8e5115d68df9db252f2f53ce2ce"
MAX_BYTES = 64 << 20

# what pickle protocol 4 writes for one contiguous array, bookkeeping (FRAME, MEMOIZE) left out
_HEAD = [
    ("SHORT_BINUNICODE", "numpy.core.multiarray"),
    ("SHORT_BINUNICODE", "_reconstruct"),
    ("STACK_GLOBAL", None),
    ("SHORT_BINUNICODE", "numpy"),
    ("SHORT_BINUNICODE", "ndarray"),
    ("STACK_GLOBAL", None),
    ("BININT1", 0),
    ("TUPLE1", None),
    ("SHORT_BINBYTES", b"b"),
    ("TUPLE3", None),
    ("REDUCE", None),
    ("MARK", None),
    ("BININT1", 1),
]
_TYPES = {"u1": np.uint8, "i8": np.int64}
_TUPLES = {"TUPLE1": 1, "TUPLE2": 2, "TUPLE3": 3}
_INTEGERS = ("BININT1", "BININT2", "BININT")


def array_of_pickle(data: bytes) -> np.ndarray:
    """The array in a pickle that holds one array of uint8 or int64; ValueError for any other pickle."""
    skipped = ("PROTO", "FRAME", "MEMOIZE")
    try:
        ops = [(op.name, arg) for op, arg, _ in pickletools.genops(data) if op.name not in skipped]
    except Exception as error:
        raise ValueError(f"not a pickle: {error}") from None
    if ops[: len(_HEAD)] != _HEAD:
        raise ValueError("the pickle is something else than one plain array; it was not run")
    rest = ops[len(_HEAD) :]
    shape = []
    while rest and rest[0][0] in _INTEGERS:
        shape.append(rest.pop(0)[1])
    tail = [
        ("BINGET", 3),
        ("SHORT_BINUNICODE", "dtype"),
        ("STACK_GLOBAL", None),
        ("SHORT_BINUNICODE", None),
        ("NEWFALSE", None),
        ("NEWTRUE", None),
        ("TUPLE3", None),
        ("REDUCE", None),
        ("MARK", None),
        ("BININT1", 3),
        ("SHORT_BINUNICODE", None),
        *[("NONE", None)] * 3,
        *[("BININT", -1)] * 2,
        ("BININT1", 0),
        ("TUPLE", None),
        ("BUILD", None),
        ("NEWFALSE", None),
        ("BINBYTES", None),
        ("TUPLE", None),
        ("BUILD", None),
        ("STOP", None),
    ]
    if not rest or _TUPLES.get(rest[0][0]) != len(shape) or len(rest) != len(tail) + 1:
        raise ValueError("the pickle is something else than one plain array; it was not run")
    values = []
    for (name, value), (expected, fixed) in zip(rest[1:], tail, strict=True):
        if name != expected or (fixed is not None and value != fixed):
            raise ValueError("the pickle is something else than one plain array; it was not run")
        if fixed is None and value is not None:
            values.append(value)
    kind, order, raw = values
    if kind not in _TYPES or order not in ("<", "|"):
        raise ValueError(f"the array's type must be u1 or little-endian i8, got {order}{kind}")
    array = np.frombuffer(raw, np.dtype(_TYPES[kind]).newbyteorder("<"))
    if array.size != np.prod(shape):
        raise ValueError(f"the array announces {shape} and holds {array.size} values")
    return array.reshape(shape)


def first_of_equal(images: np.ndarray) -> np.ndarray:
    """Ascending indices of the images that no earlier image equals pixel for pixel."""
    seen: dict[bytes, int] = {}
    for index, image in enumerate(images):
        seen.setdefault(image.tobytes(), index)
    return np.array(sorted(seen.values()))


def split(labels: np.ndarray) -> np.ndarray:
    """True for test images: of each class one fifth, drawn with a fixed seed."""
    test = np.zeros(len(labels), bool)
    for label in np.unique(labels):
        members = np.flatnonzero(labels == label)
        chosen = np.random.default_rng([0, int(label)]).permutation(members)[: round(len(members) / 5)]
        test[chosen] = True
    return test


def convert(wheel: bytes) -> bytes:
    """animals.npz from the wheel's bytes; the same wheel gives the same bytes."""
    with zipfile.ZipFile(io.BytesIO(wheel)) as archive:
        images, labels = (array_of_pickle(_gunzip(archive.read(name))) for name in (IMAGES, LABELS))
    if images.shape[1:] != (28, 28) or len(images) != len(labels):
        raise ValueError(f"images {images.shape} and labels {labels.shape} do not belong together")
    kept = first_of_equal(images)
    images, labels = images[kept], labels[kept].astype(np.uint8)
    test = split(labels)
    arrays = {"x_train": images[~test], "y_train": labels[~test], "x_test": images[test], "y_test": labels[test]}
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, array in arrays.items():
            member = io.BytesIO()
            np.lib.format.write_array(member, array, allow_pickle=False)
            entry = zipfile.ZipInfo(f"{name}.npy", (1980, 1, 1, 0, 0, 0))
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, member.getvalue())
    return out.getvalue()


def _gunzip(data: bytes) -> bytes:
    with gzip.open(io.BytesIO(data)) as stream:
        content = stream.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise ValueError(f"more than {MAX_BYTES} bytes after decompression")
    return content


def main(arguments: list[str]) -> int:
    """Convert the wheel of the first argument to the file of the second; 0 when done."""
    if len(arguments) != 2:
        print(__doc__, file=sys.stderr)
        return 2
    wheel = Path(arguments[0]).read_bytes()
    if hashlib.sha256(wheel).hexdigest() != WHEEL_SHA256:
        print(f"{arguments[0]}: its SHA-256 is not that of animal-mnist 0.4", file=sys.stderr)
        return 2
    Path(arguments[1]).write_bytes(convert(wheel))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
