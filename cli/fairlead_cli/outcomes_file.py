"""Reads outcomes from a file, and stores how many have been sent."""

import hashlib
import json
import os
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from fairlead.model.signature import Output

LINES = (".jsonl", ".ndjson")


class Columns(NamedTuple):
    """Names of the columns; several `actual` columns for a model with several targets."""

    name: str
    actual: tuple[str, ...]
    comment: str | None


class Truth(NamedTuple):
    """Outcomes in the API's form and the file row of each; `without` counts rows without an outcome."""

    outcomes: list[dict[str, Any]]
    rows: list[int]
    without: int


def read_truth(path: Path, columns: Columns, output: "Output") -> Truth:
    """Read outcomes from CSV, Parquet or JSON lines; raises DataError, and OutcomesError for rows that are none."""
    from fairlead.api import outcomes as reports

    texts = bool(output.classes) and all(isinstance(one, str) for one in output.classes or ())
    outcomes: list[dict[str, Any]] = []
    rows: list[int] = []
    records = list(_records(path, columns))
    for row, record in enumerate(records):
        actual = _actual(record, columns.actual)
        if actual is None:
            continue
        # A column of numbers may be a column of classes that are spelled so.
        known = str(actual) if texts and isinstance(actual, int) and not isinstance(actual, bool) else actual
        outcome = {"prediction_id": record.get(columns.name), "actual": known}
        comment = record.get(columns.comment) if columns.comment else None
        outcomes.append(outcome if comment is None else {**outcome, "comment": str(comment)})
        rows.append(row)
    errors = [error for row, outcome in zip(rows, outcomes, strict=True) for error in reports.wrong(row, outcome)]
    if errors:
        raise reports.explained(errors)
    return Truth(outcomes, rows, len(records) - len(rows))


def _records(path: Path, columns: Columns) -> Iterator[dict[str, Any]]:
    if path.name.lower().endswith(LINES) and path.is_file():
        yield from _lines(path, columns)
        return
    from fairlead.publishing.input.tables import read_table

    frame = read_table(path)
    wanted = [columns.name, *columns.actual, *([columns.comment] if columns.comment else [])]
    _require(path, wanted, [str(name) for name in frame.columns])
    missing = frame[wanted].isna().to_numpy().tolist()
    values = zip(*(frame[name].tolist() for name in wanted), strict=True)
    for some, absent in zip(values, missing, strict=True):
        yield {name: None if gone else one for name, one, gone in zip(wanted, some, absent, strict=True)}


def _lines(path: Path, columns: Columns) -> Iterator[dict[str, Any]]:
    import msgspec

    from fairlead.errors import DataError

    for number, line in enumerate(path.read_bytes().splitlines(), start=1):
        if not line.strip():
            continue
        try:
            record = msgspec.json.decode(line, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeError) as error:
            raise DataError(f"line {number} of {path.name} is not a JSON object: {error}") from error
        _require(path, [columns.name, *columns.actual], list(record), where=f"line {number} of ")
        yield record


def _require(path: Path, wanted: Sequence[str], there: Sequence[str], *, where: str = "") -> None:
    from fairlead.errors import DataError

    for name in wanted:
        if name not in there:
            raise DataError(f"{where}{path.name} has no column {name!r}", hint=f"it has {', '.join(there[:10])}")


def _actual(record: dict[str, Any], names: Sequence[str]) -> Any:
    """Return the outcome; None if it is unknown, or if one of several targets is."""
    if len(names) == 1:
        return record[names[0]]
    values = {name: record[name] for name in names}
    return None if None in values.values() else values


class Progress:
    """The number of outcomes sent, in a small file beside the data file.

    The same content sent to the same endpoint from the same columns continues where it stopped; anything else starts
    again.
    """

    def __init__(self, path: Path, columns: Columns, url: str) -> None:
        with path.open("rb") as file:
            about = hashlib.file_digest(file, "sha256")
        about.update(repr((columns, url)).encode())
        self._path = path.with_name(f".{path.name}.{about.hexdigest()[:16]}.progress")
        self.sent = 0
        self.statuses: Counter[str] = Counter()
        self.refused: list[Any] = []
        if self._path.is_file():
            kept = json.loads(self._path.read_text())
            self.sent, self.statuses, self.refused = kept["sent"], Counter(kept["statuses"]), kept["refused"]

    def add(self, rows: Sequence[int], results: Sequence[dict[str, Any]]) -> None:
        """Count an accepted batch, and store the count before the next batch is sent."""
        self.sent += len(results)
        self.statuses.update(result["status"] for result in results)
        refused = (result["status"] in {"conflict", "invalid"} for result in results)
        self.refused += [{"row": row, **result} for row, result, no in zip(rows, results, refused, strict=True) if no]
        kept = {"sent": self.sent, "statuses": self.statuses, "refused": self.refused}
        written = self._path.with_suffix(".new")
        written.write_text(json.dumps(kept))
        os.replace(written, self._path)

    def done(self) -> None:
        """Delete the count: the next run sends the whole file again, and each outcome is a duplicate."""
        self._path.unlink(missing_ok=True)
