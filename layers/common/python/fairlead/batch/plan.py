"""The plan of a job: inputs, version and options give its name; inputs are cut into chunks. Written once.

Inputs are checked before anything is computed: the format, the columns that the model takes, and the names of results.
"""

from collections.abc import Collection, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import msgspec

from fairlead.batch.chunk_ranges import cut_csv, cut_lines
from fairlead.batch.files import Files, matches, matching
from fairlead.batch.input_files import check_text, opened_parquet, parquet_names, read_header
from fairlead.batch.job import Chunk, Format, Input, JobPlan, Names, Order, Request
from fairlead.batch.job_files import stored_chunks, written_plan
from fairlead.batch.results import check_kept
from fairlead.errors import DataError, SettingsError
from fairlead.model.signature import Signature

CHUNK_BYTES = 32 << 20
"""Bytes of a chunk of CSV or JSON lines: about 100,000 rows of 30 numbers."""
CHUNK_ROWS = 100_000
"""Rows that row groups of Parquet are joined up to; a larger group is one chunk."""
PLANNED_AT_ONCE = 4
"""Inputs that are cut in parallel; each reads a few blocks at a time."""
FORMATS: dict[str, Format] = {".csv": "csv", ".jsonl": "jsonl", ".parquet": "parquet"}


def format_of(pattern: str) -> Format:
    """Return the format of inputs by the ending of their name or pattern; raises SettingsError."""
    for ending, form in FORMATS.items():
        if pattern.lower().endswith(ending):
            return form
    hint = "decompress it: a compressed file cannot be cut" if pattern.endswith((".gz", ".zst", ".zip")) else ""
    raise SettingsError(f"{pattern} ends with none of {', '.join(FORMATS)}", hint=hint or "name files of one format")


def request_of(order: Order, files: Files, pattern: str) -> Request:
    """Return an order's request, with the inputs that are there; raises SettingsError, NotFoundError, DataError."""
    check_apart(order)
    return Request(
        model=order.model,
        version=order.version,
        digest=order.digest,
        format=format_of(order.input),
        inputs=tuple(Input(*one) for one in matching(files, pattern)),
        keep=order.keep,
    )


def check_apart(order: Order) -> None:
    """Raise SettingsError where the pattern of inputs matches the job's results."""
    job = f"{order.model}-{order.version}-0"
    result = Names(f"{order.output.rstrip('/')}/", job).result(0, format_of(order.input))
    if matches(_absolute(order.input), _absolute(result)):
        raise SettingsError(
            f"the results would be inputs of the next run: they are written under {order.output}",
            hint="name another folder with --output, or a pattern with fewer *",
        )


def _absolute(place: str) -> str:
    return place if place.startswith("s3://") else str(Path(place).resolve())


class Planner:
    """Plans the job of one request. `files` has the inputs, `results` and `folder` are the place of the results."""

    def __init__(self, request: Request, signature: Signature, files: Files) -> None:
        self.request = request
        self._signature = signature
        self._files = files
        self.job = request.job(CHUNK_BYTES)

    def planned(self, results: Files, folder: str, *, write: bool = True) -> tuple[JobPlan, list[Chunk]]:
        """Return the job's plan and chunks: those that are written, or new ones, which it writes if asked."""
        names = Names(folder, self.job)
        if written := written_plan(results, names):
            return written, stored_chunks(results, names, written)
        plan, chunks = self.plan()
        if write:
            results.put_new(names.chunks, msgspec.json.encode(chunks))
            results.put_new(names.plan, msgspec.json.encode(plan))
        return plan, chunks

    def plan(self) -> tuple[JobPlan, list[Chunk]]:
        """Check the inputs and cut them; raises DataError."""
        chunks: list[Chunk] = []
        with ThreadPoolExecutor(PLANNED_AT_ONCE) as pool:
            for found in pool.map(lambda source: list(self._cut(source)), self.request.inputs):
                chunks += [
                    msgspec.structs.replace(chunk, number=number) for number, chunk in enumerate(found, len(chunks))
                ]
        if not chunks:
            raise DataError("the inputs have columns but no rows")
        rows = sum(chunk.rows or 0 for chunk in chunks) if self.request.format == "parquet" else None
        return JobPlan(job=self.job, request=self.request, chunks=len(chunks), rows=rows), chunks

    def _cut(self, source: Input) -> Iterator[Chunk]:
        if self.request.format == "parquet":
            yield from self._row_groups(source)
            return

        def read(start: int, stop: int) -> bytes:
            return self._files.part(source.key, start, stop, etag=source.etag)

        check_text(self._files, source)
        size, length, head = source.size, CHUNK_BYTES, 0
        if self.request.format == "csv":
            columns, head = read_header(self._files, source)
            self._check(columns, source)
            ranges = cut_csv(read, head=head, size=size, length=length, name=source.key) if head < size else []
        else:
            ranges = cut_lines(read, head=0, size=size, length=length)
        for start, stop in ranges:
            yield Chunk(number=0, input=source, start=start, stop=stop, head=head)

    def _row_groups(self, source: Input) -> Iterator[Chunk]:
        with opened_parquet(self._files, source) as file:
            self._check(parquet_names(file, source), source)
            sizes = [file.metadata.row_group(group).num_rows for group in range(file.num_row_groups)]
        start = 0
        for group, rows in enumerate(sizes):
            held = sum(sizes[start:group])
            if held and held + rows > CHUNK_ROWS:
                yield Chunk(number=0, input=source, start=start, stop=group, rows=held)
                start = group
        if held := sum(sizes[start:]):
            yield Chunk(number=0, input=source, start=start, stop=len(sizes), rows=held)

    def _check(self, columns: Sequence[str], source: Input) -> None:
        """Raise DataError where a column is missing, or results could not have its name."""
        lacking = [field.name for field in self._signature.inputs if not field.nullable and field.name not in columns]
        if lacking:
            takes = ", ".join(field.name for field in self._signature.inputs[:20])
            raise DataError(f"{source.key} lacks the column {lacking[0]!r}", hint=f"the model takes {takes}")
        check_taken(columns, self._signature, source.key)
        unknown = [name for name in self.request.keep or () if name not in columns]
        if unknown:
            raise DataError(
                f"{source.key} has no column {unknown[0]!r} to keep", hint=f"it has {', '.join(columns[:20])}"
            )
        check_kept(kept_columns(self.request.keep, columns, self._signature), self._signature.output)


def check_taken(columns: Collection[str], signature: Signature, key: str) -> None:
    """Raise DataError if an input has columns, but none that the model takes."""
    if columns and not any(field.name in columns for field in signature.inputs):
        takes = ", ".join(field.name for field in signature.inputs[:20])
        raise DataError(f"{key} has none of the model's columns", hint=f"the model takes {takes}")


def kept_columns(keep: Sequence[str] | None, columns: Sequence[str], signature: Signature) -> list[str]:
    """Return the input columns that results hold: those that were named, else those that the model does not take."""
    if keep is not None:
        return [name for name in columns if name in keep]
    taken = {field.name for field in signature.inputs}
    return [name for name in columns if name not in taken]
