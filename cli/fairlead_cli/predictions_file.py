"""A file of input rows with their predictions, written under another name until it is complete.

A run over the same rows that was stopped, even killed, can be continued: the rows written so far are in
`.NAME.part`, and the facts of the run in `.NAME.part.json`, which are written after each block.
"""

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import msgspec

from fairlead.batch.formats import Columns
from fairlead.errors import CallRowsError, DataError, SettingsError
from fairlead_cli.predictions_format import Format, format_of

if TYPE_CHECKING:
    from fairlead.publishing.input.pieces import TableFile

SCHEMA = 1
AGAIN = "start again without --resume"


class Run(msgspec.Struct, kw_only=True):
    """The facts of a run: what it reads, the version that predicts, and how much is written.

    `input` is the SHA-256 of the rows' file, `asked` the command's options that change the result, `identity` the
    version, `size` the bytes of the part.
    """

    schema: int = SCHEMA
    input: str
    asked: dict[str, Any]
    identity: dict[str, Any]
    releases: list[str] = []
    rows: int = 0
    size: int = 0


class PredictionsFile:
    """Writes the blocks of one run, and counts them in `run`."""

    def __init__(self, path: Path, run: Run, file: BinaryIO, form: Format) -> None:
        self.run = run
        self._path = path
        self._file = file
        self._format = form

    def write(self, block: Columns, release: str) -> None:
        """Append rows that a release answered; from then on a resumed run has them."""
        rows = len(next(iter(block.values())))
        data = self._format.encode(block, first=not self.run.rows)
        self._file.write(data)
        self._file.flush()
        self.run.size += len(data)
        self.run.rows += rows
        if release not in self.run.releases:
            self.run.releases.append(release)
        new = facts_of(self._path).with_suffix(".new")
        new.write_bytes(msgspec.json.encode(self.run))
        new.replace(facts_of(self._path))

    def finish(self) -> None:
        """Give the file its name."""
        part = part_of(self._path)
        self._format.finish(part)
        with part.open("rb") as whole:
            os.fsync(whole.fileno())
        part.replace(self._path)
        facts_of(self._path).unlink(missing_ok=True)


@contextmanager
def predictions_file(path: Path, run: Run, table: "TableFile") -> Iterator[PredictionsFile]:
    """Open the file of a run, which may have begun before; it takes its place at the end.

    Rows that are refused leave no part. After any other failure the part stays for `--resume`. Raises SettingsError
    where the file cannot be written, or another run writes it.
    """
    part = part_of(path)
    form = format_of(path, part, table.schema)
    try:
        with part.open("ab") as file:
            _lock(file, part, path)
            if not run.rows:
                facts_of(path).unlink(missing_ok=True)
            file.truncate(run.size)
            written = PredictionsFile(path, run, file, form)
            try:
                yield written
                written.finish()
            except BaseException as error:
                if not run.rows or isinstance(error, CallRowsError | DataError):
                    _discard(path)
                raise
    except OSError as error:
        raise SettingsError(f"cannot write {path}: {error.strerror}", hint="name another file with --output") from error


def unfinished(path: Path) -> Run | None:
    """Return the facts of an unfinished run, None where there is none; raises SettingsError for unusable ones."""
    facts, part = facts_of(path), part_of(path)
    if not facts.is_file() or not part.is_file():
        return None
    try:
        run = msgspec.json.decode(facts.read_bytes(), type=Run)
    except msgspec.DecodeError as error:
        raise SettingsError(f"{facts} is damaged: {error}", hint=AGAIN) from error
    if run.schema != SCHEMA or part.stat().st_size < run.size:
        raise SettingsError(f"the unfinished run in {part} cannot be continued", hint=AGAIN)
    return run


def check_same(run: Run, table: "TableFile", asked: dict[str, Any]) -> None:
    """Raise SettingsError unless an unfinished run had the same rows and options; `asked` may name its version too."""
    if run.input != table.digest:
        raise SettingsError(f"{table.path.name} is not the file that the unfinished run read", hint=AGAIN)
    had = run.asked | run.identity
    for name, value in asked.items():
        if had.get(name) != value:
            was = f"{name} {had[name]}" if had.get(name) else f"no {name}"
            raise SettingsError(
                f"the unfinished run had {was}, not {value or 'none'}", hint=f"give the same, or {AGAIN}"
            )


def check_output(path: Path, data: Path) -> None:
    """Raise SettingsError where predictions cannot be written to a file of this name, or would replace their rows."""
    format_of(path, part_of(path), dict)
    if path.exists() and data.exists() and path.samefile(data):
        raise SettingsError(f"{path} is the file of --data, which would be replaced", hint="name another --output")


def with_answers(rows: Columns, predictions: Sequence[dict[str, Any]]) -> Columns:
    """Return rows by column with their answers beside them; raises DataError where a column's name is taken."""
    from fairlead.client.results import flat

    answers = [flat(one) for one in predictions]
    taken = [name for name in answers[0] if name in rows]
    if taken:
        raise DataError(f"the file has a column {taken[0]!r} already", hint="rename it, because answers need the name")
    return rows | {name: [one[name] for one in answers] for name in answers[0]}


def part_of(path: Path) -> Path:
    """Return the file that the rows are in while the run is unfinished."""
    return path.with_name(f".{path.name}.part")


def facts_of(path: Path) -> Path:
    """Return the file of the unfinished run's facts."""
    return path.with_name(f".{path.name}.part.json")


def _discard(path: Path) -> None:
    part_of(path).unlink(missing_ok=True)
    facts_of(path).unlink(missing_ok=True)


def _lock(file: BinaryIO, part: Path, path: Path) -> None:
    """Keep other runs off the part until the file is closed; systems without flock have no such lock."""
    try:
        import fcntl
    except ImportError:
        return
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        same = part.stat().st_ino == os.fstat(file.fileno()).st_ino
    except (BlockingIOError, FileNotFoundError):
        same = False
    if not same:
        raise SettingsError(f"another run writes {path}", hint="wait for its end, or name another file with --output")
