"""A file of input rows with their predictions: CSV, Parquet or JSON lines, written as answers arrive."""

import gzip
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from fairlead.errors import DataError, SettingsError

if TYPE_CHECKING:
    import pandas as pd

Write = Callable[[Any], None]
Opener = Callable[[Path, Any], AbstractContextManager[Write]]
ENDINGS = ".csv, .csv.gz, .parquet or .jsonl"


def answer_columns(predictions: Sequence[dict[str, Any]]) -> dict[str, list[Any]]:
    """Return the answers by column."""
    from fairlead.client.results import flat

    rows = [flat(one) for one in predictions]
    return {name: [row[name] for row in rows] for name in rows[0]}


def with_answers(block: "pd.DataFrame", predictions: Sequence[dict[str, Any]]) -> "pd.DataFrame":
    """Return input rows with their answers beside them; raises DataError where a column's name is taken."""
    columns = answer_columns(predictions)
    taken = [name for name in columns if name in block.columns]
    if taken:
        raise DataError(f"the file has a column {taken[0]!r} already", hint="rename it, because answers need the name")
    return block.assign(**columns)


@contextmanager
def predictions_file(path: Path, table: "pd.DataFrame") -> Iterator[Write]:
    """Give a function that appends blocks of the table with answers; the file appears at the end, whole, or not."""
    opened = _opener(path)
    part = path.with_name(f".{path.name}.part")
    try:
        with opened(part, table) as write:
            yield write
        part.replace(path)
    except OSError as error:
        raise SettingsError(f"cannot write {path}: {error.strerror}", hint="name another place by --output") from error
    finally:
        part.unlink(missing_ok=True)


def check_ending(path: Path) -> None:
    """Raise SettingsError where predictions cannot be written to a file of this name."""
    _opener(path)


def _opener(path: Path) -> Opener:
    for ending, opener in _OPENERS.items():
        if path.name.lower().endswith(ending):
            return opener
    raise SettingsError(f"{path.name} is no kind of file that predictions are written to", hint=f"use {ENDINGS}")


@contextmanager
def _csv(part: Path, _: "pd.DataFrame") -> Iterator[Write]:
    with part.open("wb") as file:
        yield _csv_writer(file)


@contextmanager
def _csv_gz(part: Path, _: "pd.DataFrame") -> Iterator[Write]:
    with gzip.open(part, "wb") as file:
        yield _csv_writer(file)


def _csv_writer(file: BinaryIO | gzip.GzipFile) -> Write:
    def write(block: "pd.DataFrame") -> None:
        file.write(block.to_csv(index=False, header=file.tell() == 0).encode())

    return write


@contextmanager
def _jsonl(part: Path, _: "pd.DataFrame") -> Iterator[Write]:
    with part.open("w", encoding="utf-8") as file:

        def write(block: "pd.DataFrame") -> None:
            file.write(block.to_json(orient="records", lines=True, date_format="iso", double_precision=15))

        yield write


@contextmanager
def _parquet(part: Path, table: "pd.DataFrame") -> Iterator[Write]:
    """A block alone may not show a column's type: where all its values are missing, for one."""
    import pyarrow as pa
    from pyarrow.parquet import ParquetWriter

    with part.open("wb") as file:
        opened: list[ParquetWriter] = []

        def write(block: "pd.DataFrame") -> None:
            if not opened:
                answers = pa.Schema.from_pandas(block.drop(columns=table.columns), preserve_index=False)
                inputs = pa.Schema.from_pandas(table, preserve_index=False)
                opened.append(ParquetWriter(file, pa.schema([*inputs, *answers])))
            opened[0].write_table(pa.Table.from_pandas(block, schema=opened[0].schema, preserve_index=False))

        try:
            yield write
        finally:
            for writer in opened:
                writer.close()


_OPENERS: dict[str, Opener] = {
    ".csv": _csv,
    ".csv.gz": _csv_gz,
    ".parquet": _parquet,
    ".jsonl": _jsonl,
}
