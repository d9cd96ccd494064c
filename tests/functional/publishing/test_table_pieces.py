"""A table in pieces has the rows and the types of the table read at once."""

import random
from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from fairlead.errors import DataError
from fairlead.publishing.input import pieces
from fairlead.publishing.input.pieces import TableFile
from fairlead.publishing.input.tables import read_table

COLUMNS: list[list[str]] = [
    ["1", "2", "-7"],
    ["1.5", "0.1"],
    [""],
    ["True", "False"],
    ["01", "abc", "a,b"],
    ["NA", "1"],
    ["2024-01-01", ""],
]
"""Values of columns; a column changes from one to another at any row."""


@pytest.fixture(autouse=True)
def small_pieces(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "MOST_ROWS", 3)


def joined(table: TableFile, start: int = 0) -> pd.DataFrame:
    return pd.concat(list(table.pieces(start=start)), ignore_index=True)


def column(pick: random.Random) -> list[str]:
    first, second = pick.sample(COLUMNS, 2)
    turn = pick.randrange(10)
    return [pick.choice(first if row < turn else second) for row in range(10)]


def write(path: Path, columns: Sequence[Sequence[str]]) -> Path:
    names = [f"c{place}" for place in range(len(columns))]
    pd.DataFrame(dict(zip(names, columns, strict=True)), dtype=str).to_csv(path, index=False)
    return path


@pytest.mark.parametrize("seed", range(20))
@pytest.mark.parametrize("ending", [".csv", ".csv.gz"])
def test_csv_pieces_have_the_types_of_the_whole_file(tmp_path: Path, seed: int, ending: str) -> None:
    pick = random.Random(seed)  # noqa: S311 - the same tables each time
    path = write(tmp_path / f"table{ending}", [column(pick) for _ in range(6)])

    pd.testing.assert_frame_equal(joined(TableFile(path)), read_table(path))


def test_parquet_pieces_have_the_types_of_the_whole_file(tmp_path: Path) -> None:
    values: dict[str, list[Any]] = {
        "whole": [1, 2, 3, 4, 5, None, 7],
        "flag": [True, False, True, True, None, None, False],
        "text": [None, None, None, "a", "b", None, "c"],
        "none": [None] * 7,
        "price": [Decimal("1.50")] * 7,
        "day": [date(2024, 1, 1)] * 7,
        "kind": pd.Categorical(list("aabbcca")).tolist(),
        "list": [[1, 2]] * 7,
    }
    path = tmp_path / "table.parquet"
    frame = pd.DataFrame({name: pd.Series(one, dtype="object") for name, one in values.items()}).astype(
        {"kind": "category"}
    )
    frame.to_parquet(path)

    found, whole = joined(TableFile(path)), read_table(path)

    for name in values:
        assert str(found[name].dtype) == str(whole[name].dtype), name
        assert found[name].astype(str).tolist() == whole[name].astype(str).tolist(), name


def test_pieces_begin_at_any_row_and_end_at_the_limit(tmp_path: Path) -> None:
    path = write(tmp_path / "table.csv", [[str(row) for row in range(10)]])
    whole = TableFile(path)

    assert (whole.rows, TableFile(path, limit=4).rows, TableFile(path, limit=99).rows) == (10, 4, 10)
    assert joined(whole, start=7)["c0"].tolist() == [7, 8, 9]
    assert joined(TableFile(path, limit=8), start=4)["c0"].tolist() == [4, 5, 6, 7]
    assert list(whole.pieces(start=10)) == []


def test_integers_beyond_int64_keep_their_digits(tmp_path: Path) -> None:
    digits = ["1"] * 5 + ["18446744073709551615", "36893488147419103232"]

    found = joined(TableFile(write(tmp_path / "table.csv", [digits])))

    assert found["c0"].tolist() == digits


def test_a_file_that_grows_while_it_is_read_is_refused(tmp_path: Path) -> None:
    path = write(tmp_path / "table.csv", [["1"] * 10])
    table = TableFile(path)
    path.write_text(path.read_text() + "2\n")

    with pytest.raises(DataError, match=r"table\.csv changed while it was read"):
        list(table.pieces())


@pytest.mark.parametrize(
    ("text", "said"), [("", "is empty"), ("a,b\n", "columns but no rows"), ("a,b\n1\n", "1 fields")]
)
def test_files_without_rows_or_shape_are_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "table.csv"
    path.write_text(text)

    with pytest.raises(DataError, match=said):
        TableFile(path)
