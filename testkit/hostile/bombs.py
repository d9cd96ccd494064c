"""Small hostile files that need much memory, depth or time."""

import bz2
import gzip
import lzma
import zlib
from collections.abc import Callable
from typing import Any

import numpy as np
from sklearn.pipeline import FeatureUnion, Pipeline

from testkit.hostile.composed import Swap
from testkit.hostile.forge import Stateful, forge
from testkit.hostile.models import fitted, scaled

HASH_MODULUS = 2**61 - 1
"""Integers that differ by it have the same hash."""


def _deep(opening: bytes, closing: bytes, depth: int = 20_000) -> bytes:
    return b"\x80\x02" + opening * depth + b"N" + closing * depth + b"."


def _laughing(depth: int = 60) -> bytes:
    """Return a tuple of the same tuple twice, and so on: hashing or printing it takes 2**depth steps."""
    return b"\x80\x02}N\x85" + b"q\x00h\x00\x86" * depth + b"K\x01s."


def _numbers(count: int) -> bytes:
    pairs = b"".join(
        b"\x8a\x0b" + (n * HASH_MODULUS).to_bytes(11, "little", signed=True) + b"K\x00" for n in range(count)
    )
    return b"\x80\x02}(" + pairs + b"u."


def _doubling(depth: int = 40) -> Any:
    """Return a union of the same union twice, and so on: a prediction takes 2**depth steps."""
    part: Any = fitted("linear")[0].steps[0][1]
    for _ in range(depth):
        union = FeatureUnion.__new__(FeatureUnion)
        union.__dict__.update(
            transformer_list=[("a", part), ("b", part)],
            n_jobs=None,
            transformer_weights=None,
            verbose=False,
            verbose_feature_names_out=True,
        )
        part = union
    return Pipeline([("union", part), ("model", fitted("linear")[0].steps[1][1])])


def _nested(depth: int = 5_000) -> bytes:
    """Pipelines inside pipelines, written without recursion."""
    opening = b"csklearn.pipeline\nPipeline\n)\x81}X\x05\x00\x00\x00steps]X\x01\x00\x00\x00a"
    return b"\x80\x02" + opening * depth + b"N" + b"\x86asb" * depth + b"."


def _zeros(megabytes: int = 2_048) -> bytes:
    """Zeros behind a pickle's first bytes; every megabyte is the same few bytes, and written once."""
    packer = zlib.compressobj(9)
    start = packer.compress(b"\x80\x02") + packer.flush(zlib.Z_FULL_FLUSH)
    megabyte = packer.compress(bytes(1 << 20)) + packer.flush(zlib.Z_FULL_FLUSH)
    return start + megabyte * megabytes


def _wide() -> bytes:
    model = scaled()
    shape = np.zeros(1)
    scale = Swap(
        model.steps[0][1], {"mean_": np.lib.stride_tricks.as_strided(shape, (1,), (0,)), "n_features_in_": 2**60}
    )
    return forge(Swap(model, {"steps": [("scale", scale), model.steps[1]]}))


FILES: dict[str, Callable[[], bytes]] = {
    "bomb: two gigabytes of zeros, zlib": _zeros,
    "bomb: a second stream behind, gzip": lambda: gzip.compress(bytes(1 << 22)) * 2,
    "bomb: a second stream behind, bz2": lambda: bz2.compress(bytes(1 << 22)) * 2,
    "bomb: a dictionary of 4 GiB, lzma": lambda: b"\x5d\x00\x00\x00\xff" + b"\xff" * 8 + bytes(64),
    "bomb: a second stream behind, xz": lambda: lzma.compress(bytes(1 << 22)) * 2,
    "bomb: lists inside lists": lambda: _deep(b"]", b"a"),
    "bomb: tuples inside tuples": lambda: _deep(b"", b"\x85"),
    "bomb: dictionaries inside dictionaries": lambda: _deep(b"}K\x01", b"s"),
    "bomb: a key that takes for ever to hash": _laughing,
    "bomb: keys of one hash": lambda: _numbers(40_000),
    "bomb: a union of unions": lambda: forge(_doubling()),
    "bomb: pipelines inside pipelines": _nested,
    "bomb: more features than there are": _wide,
    "bomb: an array of 2**60 rows": lambda: forge(
        Swap(scaled(), {"extra_": Stateful("numpy.ndarray", (1, (2**60,), np.dtype("f8"), False, b""), (0,))})
    ),
    "bomb: a number of many digits": lambda: b"\x80\x02\x8b\x00\x00\x10\x00" + b"\x7f" * (1 << 20) + b".",
    "bomb: marks without end": lambda: b"\x80\x02" + b"(" * 200_000 + b".",
    "bomb: nothing but memo": lambda: (
        b"\x80\x02N" + b"".join(b"r" + n.to_bytes(4, "little") for n in range(50_000)) + b"."
    ),
    "bomb: a hundred thousand workers": lambda: forge(Swap(fitted("kd tree")[0], {"n_jobs": 100_000})),
    "bomb: a hundred thousand threads": lambda: forge(Swap(fitted("clusters")[0], {"_n_threads": 100_000})),
    "bomb: a billion classes": lambda: forge(Swap(fitted("forest")[0], {"n_classes_": 10**9})),
}
