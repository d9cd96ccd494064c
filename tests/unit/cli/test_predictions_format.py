"""CSV of predictions is what pandas writes, and JSON lines say every float exactly."""

import json
import math
import struct
from typing import Any

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from fairlead_cli.predictions_format import Csv, JsonLines

FLOATS = st.floats(allow_nan=False, allow_infinity=False)
COLUMN = st.one_of(
    st.lists(FLOATS, min_size=3, max_size=3),
    st.lists(st.none() | FLOATS, min_size=3, max_size=3),
    st.lists(st.integers(-(2**53), 2**53), min_size=3, max_size=3),
    st.lists(st.none() | st.text(st.characters(exclude_categories=["Cs"])), min_size=3, max_size=3),
    st.lists(st.none() | st.booleans(), min_size=3, max_size=3),
)
BLOCK = st.lists(COLUMN, min_size=2, max_size=4).map(lambda columns: {f"c,{n}": one for n, one in enumerate(columns)})


@given(block=BLOCK)
def test_csv_is_the_text_that_pandas_writes(block: dict[str, list[Any]]) -> None:
    frame = pd.DataFrame({name: pd.Series(values, dtype=object) for name, values in block.items()})

    assert Csv().encode(block, first=True).decode() == frame.to_csv(index=False, lineterminator="\n")
    assert Csv().encode(block, first=False).decode() == frame.to_csv(index=False, header=False, lineterminator="\n")


@given(bits=st.lists(st.binary(min_size=8, max_size=8), min_size=1))
def test_floats_have_the_digits_of_repr(bits: list[bytes]) -> None:
    floats = [value for (value,) in (struct.unpack("<d", one) for one in bits) if math.isfinite(value)] + [1e-05, 1e16]

    assert Csv().encode({"a": floats}, first=False).decode().split() == [repr(value) for value in floats]


@given(block=BLOCK)
def test_json_lines_give_the_values_back(block: dict[str, list[Any]]) -> None:
    lines = JsonLines().encode(block, first=True).decode().split("\n")[:-1]

    assert [json.loads(line) for line in lines] == [
        dict(zip(block, row, strict=True)) for row in zip(*block.values(), strict=True)
    ]
