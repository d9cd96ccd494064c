"""Training rows as a blob: exact, typed, bounded, and refused where they are anything else."""

import math
import zlib
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.errors import IntegrityError, SchemaError
from fairlead.publishing.input import training_rows
from fairlead.publishing.input.training_rows import TrainingRows, decode, encode

VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-(2**53), 2**53), st.floats(allow_nan=False), st.text(max_size=5)
)


def some(**change: Any) -> TrainingRows:
    given = {"fields": ("a", "b"), "rows": [(0.1, "x"), (None, "y")], "target": ["no", "yes"], "ids": ["", "r-1"]}
    return TrainingRows(**(given | change))


@given(st.lists(st.tuples(VALUES, VALUES, st.booleans(), st.text(max_size=5)), min_size=1, max_size=20))
def test_kept_rows_are_read_back_with_their_types(rows: list[tuple[Any, ...]]) -> None:
    before = some(rows=[row[:2] for row in rows], target=[row[2] for row in rows], ids=[row[3] for row in rows])

    after = decode(encode(before))

    assert after == before
    assert [[type(value) for value in row] for row in after.rows] == [
        [type(value) for value in row] for row in before.rows
    ]


def test_doubles_are_exact() -> None:
    values = [0.1, 1e-308, math.pi, -0.0, 2.0]
    after = decode(encode(some(fields=("a",), rows=[(value,) for value in values], target=values, ids=[""] * 5)))
    assert [math.copysign(1, row[0]) for row in after.rows] == [1, 1, 1, -1, 1]
    assert [row[0] for row in after.rows] == values == after.target


def test_another_schema_is_refused_by_name() -> None:
    with pytest.raises(SchemaError, match="schema 2"):
        decode(encode(some(schema=2)))


@pytest.mark.parametrize(
    "blob",
    [b"", b"no zlib", zlib.compress(b"no msgpack"), encode(some())[:-9], encode(some(target=["no"]))],
    ids=["empty", "foreign", "unreadable", "truncated", "short of a target"],
)
def test_bytes_that_are_no_table_are_refused(blob: bytes) -> None:
    with pytest.raises(IntegrityError):
        decode(blob)


def test_a_blob_that_would_fill_memory_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training_rows, "MOST_BYTES", 1000)
    many = some(rows=[(0.0, "x")] * 5000, target=["no"] * 5000, ids=[""] * 5000)
    assert len(encode(many)) < 1000
    with pytest.raises(IntegrityError, match="more than"):
        decode(encode(many))


def test_no_pickle_is_read() -> None:
    import pickle

    with pytest.raises(IntegrityError):
        decode(zlib.compress(pickle.dumps(msgspec.to_builtins(some()))))
