"""Tables of users are read as pandas reads them, or refused with the line."""

import gzip
import os
import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.linear_model import Ridge

import fairlead
from fairlead.errors import DataError, ModelFileError, NotFoundError, SettingsError
from fairlead.publishing.input import csv
from fairlead.publishing.input.archive import check_file
from fairlead.publishing.input.tables import MISSING, read_table, split_target


def table(tmp_path: Path, content: bytes | str, name: str = "rows.csv") -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


def test_numbers_booleans_and_strings_are_distinguished(tmp_path: Path) -> None:
    frame = read_table(table(tmp_path, "n,i,b,s\n1.5,1,true,x\n2,2,false,1a\n"))
    assert [frame[name].dtype.kind for name in "nib"] == ["f", "i", "b"]
    assert frame["s"].tolist() == ["x", "1a"]


def test_the_strings_that_count_as_missing_are_those_of_pandas(tmp_path: Path) -> None:
    frame = read_table(table(tmp_path, "n,s\n" + "".join(f'1,"{word}"\n' for word in sorted(MISSING)) + "1,kept\n"))
    assert frame["s"].isna().sum() == len(MISSING)
    assert frame["s"].iloc[-1] == "kept"


def test_parquet_keeps_a_category_called_na(tmp_path: Path) -> None:
    path = tmp_path / "rows.parquet"
    pd.DataFrame({"country": ["NA", "DE", None]}).to_parquet(path)
    assert read_table(path)["country"].tolist()[:2] == ["NA", "DE"]


def test_compressed_csv_reads_the_same(tmp_path: Path) -> None:
    content = b"a,b\n1,x\n"
    pd.testing.assert_frame_equal(
        read_table(table(tmp_path, content)), read_table(table(tmp_path, gzip.compress(content), "rows.csv.gz"))
    )


def test_byte_order_mark_and_windows_lines_are_no_part_of_the_data(tmp_path: Path) -> None:
    frame = read_table(table(tmp_path, b"\xef\xbb\xbfa,b\r\n1,x\r\n"))
    assert list(frame.columns) == ["a", "b"]
    assert frame["b"].tolist() == ["x"]


def test_integers_beyond_64_bits_stay_exact(tmp_path: Path) -> None:
    held = read_table(table(tmp_path, "a\n12345678901234567890123\n"))["a"]
    assert [int(value) for value in held] == [12345678901234567890123]


def test_thousands_of_columns_read(tmp_path: Path) -> None:
    header, row = ",".join(f"c{i}" for i in range(5000)), ",".join("1" for _ in range(5000))
    assert read_table(table(tmp_path, f"{header}\n{row}\n")).shape == (1, 5000)


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        ("a,b\n1,2\n3\n", "rows.csv", "line 3 of rows.csv has 1 fields, the header has 2"),
        ("a,b\n1,2,3\n4,5,6\n", "rows.csv", "line 2 of rows.csv has 3 fields, the header has 2"),
        ('a,b\n"x\ny",1\n3\n', "rows.csv", "line 4 of rows.csv has 1 fields"),
        ("a,a\n1,2\n", "rows.csv", "names the column 'a' more than once"),
        ("a;b\n1;2\n", "rows.csv", "has no commas"),
        (b"a,b\n1,x\n2,\xff\n", "rows.csv", "byte 0xff in line 3"),
        ("a,b\n1,2\n".encode("utf-16"), "rows.csv", "is UTF-16"),
        (b"a,b\n1,\x00\n", "rows.csv", "zero byte in line 2"),
        (b"", "rows.csv", "is empty"),
        (b"\n \n", "rows.csv", "is empty"),
        (b"a,b\n", "rows.csv", "no rows"),
        (b"a,b\n1,2\n", "rows.xlsx", "not a table that Fairlead reads"),
        (b"junk", "rows.parquet", "cannot be read as Parquet"),
        (b"junk", "rows.csv.gz", "cannot be read"),
        (gzip.compress(b"a,b\n1,2\n" * 99, mtime=0)[:-9], "rows.csv.gz", "cannot be read"),
    ],
)
def test_unreadable_tables_are_refused_with_the_place(
    tmp_path: Path, content: bytes | str, name: str, message: str
) -> None:
    with pytest.raises(DataError) as refusal:
        read_table(table(tmp_path, content, name))
    assert message in str(refusal.value)


def test_a_missing_file_is_named_with_its_neighbours(tmp_path: Path) -> None:
    table(tmp_path, "a\n1\n", "held_out.csv")
    with pytest.raises(NotFoundError, match="there is no file") as refusal:
        read_table(tmp_path / "heldout.csv")
    assert "held_out.csv" in refusal.value.hint


def test_one_target_becomes_a_series_and_several_a_frame() -> None:
    frame = pd.DataFrame({"a": [1.0], "y": [0], "z": [1]})
    inputs, y = split_target(frame, "y")
    assert list(inputs.columns) == ["a", "z"]
    assert y is not None
    assert y.tolist() == [0]
    inputs, both = split_target(frame, "y, z")
    assert list(inputs.columns) == ["a"]
    assert isinstance(both, pd.DataFrame)
    assert list(both.columns) == ["y", "z"]


def test_a_column_whose_name_has_a_comma_is_one_target() -> None:
    frame = pd.DataFrame({"a": [1.0], "price, net": [2.0]})
    _, y = split_target(frame, "price, net")
    assert y is not None
    assert y.tolist() == [2.0]


def test_without_a_target_every_column_is_an_input() -> None:
    frame = pd.DataFrame({"a": [1.0]})
    inputs, y = split_target(frame, ())
    assert list(inputs.columns) == ["a"]
    assert y is None


def test_a_misspelt_target_gets_its_neighbour() -> None:
    with pytest.raises(DataError, match="no column 'specis'") as refusal:
        split_target(pd.DataFrame({"species": ["a"], "x": [1]}), "specis")
    assert "species" in refusal.value.hint


def test_rows_without_a_target_are_refused_with_their_count() -> None:
    with pytest.raises(DataError, match="2 of 3 rows"):
        split_target(pd.DataFrame({"x": [1, 2, 3], "y": [1.0, np.nan, np.nan]}), "y")


def test_a_table_of_targets_only_is_refused() -> None:
    with pytest.raises(DataError, match="no column besides y"):
        split_target(pd.DataFrame({"y": [1]}), "y")


POOLS = (
    ["1", "2", "-3"],
    ["1", "2.5", ""],
    ["1", "", "x"],
    ["true", "false", "True"],
    ["true", "", "1"],
    ["", "NA"],
    ["18446744073709551615", "1", "-1"],
    ["12345678901234567890123", "7", "0.1"],
    ["a", "b,c", 'say ""no""', "two\nlines"],
)
COLUMN = st.sampled_from(POOLS).flatmap(lambda pool: st.lists(st.sampled_from(pool), min_size=10, max_size=10))


@given(st.lists(COLUMN, min_size=1, max_size=4))
def test_joined_blocks_equal_the_whole_table(columns: list[list[str]]) -> None:
    rows = [
        ",".join(f'"{cell}"' if set(cell) & set(',"\n') else cell for cell in row) for row in zip(*columns, strict=True)
    ]
    text = "\n".join([",".join(f"c{at}" for at in range(len(columns))), *(row or '""' for row in rows)]) + "\n"
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        path = Path(folder, "rows.csv")
        path.write_text(text)
        whole = read_table(path)
        patch.setattr(csv, "BLOCK", 3)
        pd.testing.assert_frame_equal(read_table(path), whole)


def test_a_folder_or_a_pipe_where_a_file_is_expected_is_named_and_not_waited_for(tmp_path: Path) -> None:
    folder, pipe = tmp_path / "rows.csv", tmp_path / "pipe.csv"
    folder.mkdir()
    os.mkfifo(pipe)
    with pytest.raises(DataError, match=r"rows\.csv is a folder"):
        read_table(folder)
    with pytest.raises(DataError, match=r"pipe\.csv is a pipe or a device, not a file") as refusal:
        read_table(pipe)
    assert "did you mean" not in refusal.value.hint
    with pytest.raises(ModelFileError, match=r"rows\.csv is a folder"):
        check_file(folder)
    with pytest.raises(SettingsError, match=r"pipe\.csv is a pipe"):
        fairlead.validate(Ridge().fit([[0.0]], [0.0]), name="m", X=None, policy=pipe)
