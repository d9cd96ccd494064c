"""Answers one chunk: reads its rows, checks them by column, asks the engine, and writes one result and its counts.

Each row of the chunk is one row of the result, in order. A row that cannot be answered has its reason in `error`.
The same chunk gives the same bytes, so a worker that is killed can be run again.
"""

import hashlib
import uuid
from collections.abc import Iterator
from itertools import islice
from typing import NamedTuple

import msgspec
import numpy as np

from fairlead.batch.answering import BlockAnswerer
from fairlead.batch.fields import checked
from fairlead.batch.files import Files
from fairlead.batch.formats import Columns
from fairlead.batch.input_files import chunk_bytes, chunk_columns, opened_parquet, parquet_names
from fairlead.batch.job import Chunk, JobPlan, Names, Record
from fairlead.batch.job_files import stored_record
from fairlead.batch.plan import check_taken, kept_columns
from fairlead.batch.remaining_chunks import damaged
from fairlead.batch.results import check_kept, result_columns, result_of
from fairlead.batch.row_blocks import Block, csv_blocks, json_blocks, parquet_blocks
from fairlead.batch.sample import NAME, Capturing, Sample
from fairlead.errors import IntegrityError
from fairlead.serving.model import Model
from fairlead.telemetry.capture import Capture, prediction_id


class Scored(NamedTuple):
    """A chunk's result: `longest` is the most lines of a refused CSV row, `missing` the fields that no row has.

    `sample` are rows for the feedback loop.
    """

    rows: int
    refused: int
    data: bytes
    longest: int
    missing: tuple[str, ...]
    sample: Sample


class Worker:
    """Answers the chunks of one job with one loaded version; `capturing` is None for a job that is not captured."""

    def __init__(
        self,
        plan: JobPlan,
        model: Model,
        inputs: Files,
        results: Files,
        folder: str,
        *,
        capturing: Capturing | None = None,
    ) -> None:
        self._plan = plan
        self._signature = model.facts.signature
        self._answerer = BlockAnswerer(model.engine, model.golden)
        self._inputs = inputs
        self._results = results
        self._names = Names(folder, plan.job)
        self._capturing = capturing
        self._identity = model.identity(NAME)

    def work(self, chunk: Chunk) -> Record:
        """Write the result of a chunk, then its counts, and return these; a chunk that is done stays as it is."""
        form = self._plan.request.format
        rows, refused, data, longest, missing, sample = self.result(chunk)
        if chunk.rows is not None and rows != chunk.rows:
            raise IntegrityError(f"{chunk.input.key} has {rows:,} rows where {chunk.rows:,} were planned")
        key = self._names.result(chunk.number, form)
        if not self._results.put_new(key, data):
            data = self._results.get(key)  # of an attempt that ended before its counts
        # Before the counts: an attempt that ends here is repeated, and the ledger takes each captured line once.
        self._capture(chunk, sample, rows)
        record = Record(
            chunk=chunk.number,
            result=key,
            rows=rows,
            answered=rows - refused,
            refused=refused,
            longest=longest,
            missing=missing,
            size=len(data),
            sha256=hashlib.sha256(data).hexdigest(),
        )
        if not self._results.put_new(self._names.record(chunk.number), msgspec.json.encode(record)):
            counted = stored_record(self._results, self._names, chunk.number)
            if counted.sha256 != record.sha256:
                raise damaged(self._results, self._names, counted)
        return record

    def result(self, chunk: Chunk, *, blocks: int | None = None) -> Scored:
        """Return a chunk's result with its counts; `blocks` limits it. Raises DataError where no column is taken."""
        result = result_of(self._plan.request.format, self._signature.output)
        rows = refused = longest = 0
        columns: set[str] = set()
        sample = Sample(self._plan.chunks, self._capturing.rate if self._capturing else 0)
        for block in islice(self._blocks(chunk), blocks):
            kept = kept_columns(self._plan.request.keep, list(block.columns), self._signature)
            check_kept(kept, self._signature.output)  # of JSON lines, whose columns the plan has not seen
            answers, wrong = self._answered(chunk, block, sample, first=rows)
            spans = [block.lines[row] for row in wrong & block.lines.keys()]
            longest = max([longest, *(last - start + 1 for start, last in spans)])
            columns.update(block.columns)
            result.add({name: block.columns[name] for name in kept}, answers)
            rows += block.rows
            refused += len(wrong)
        check_taken(columns, self._signature, chunk.input.key)
        missing = tuple(field.name for field in self._signature.inputs if rows and field.name not in columns)
        return Scored(rows, refused, result.bytes(), longest, missing, sample)

    def _capture(self, chunk: Chunk, sample: Sample, rows: int) -> None:
        if self._capturing:
            capture = Capture(self._signature, drop=self._capturing.drop)
            request = request_id(self._plan.job, chunk.number)
            self._capturing.write(sample.lines(capture, self._identity, request, rows=rows))

    def _blocks(self, chunk: Chunk) -> Iterator[Block]:
        if self._plan.request.format == "parquet":
            yield from self._parquet_blocks(chunk)
            return
        data = chunk_bytes(self._inputs, chunk)
        if self._plan.request.format == "jsonl":
            yield from json_blocks(data)
        else:
            yield from csv_blocks(data, chunk_columns(self._inputs, chunk))

    def _parquet_blocks(self, chunk: Chunk) -> Iterator[Block]:
        with opened_parquet(self._inputs, chunk.input) as file:
            present = parquet_names(file, chunk.input)
            kept = kept_columns(self._plan.request.keep, present, self._signature)
            taken = [field.name for field in self._signature.inputs if field.name in present]
            columns = [*taken, *(name for name in kept if name not in taken)]
            yield from parquet_blocks(file, range(chunk.start, chunk.stop), columns)

    def _answered(self, chunk: Chunk, block: Block, sample: Sample, *, first: int) -> tuple[Columns, set[int]]:
        """Return the answer columns of a block whose first row is the chunk's row `first`, and which rows have none."""
        rows, faults = checked(self._signature, block.columns, block.rows)
        faults |= block.faults
        right = np.setdiff1d(np.arange(block.rows), np.fromiter(faults, dtype=np.int64))
        answered = self._answerer.answer(rows, right)
        faults |= answered.faults
        columns = answered.columns(block.rows)
        sample.add(rows, columns, np.setdiff1d(right, list(answered.faults)), first=first)
        request = request_id(self._plan.job, chunk.number)
        for row in block.lines.keys() & faults.keys():
            faults[row] = f"{lines_text(chunk, *block.lines[row])}: {faults[row]}"
        ids = [prediction_id(request, row) for row in range(first, first + block.rows)]
        errors = [faults.get(row) for row in range(block.rows)] if faults else [None] * block.rows
        return result_columns(self._signature.output, ids, columns, errors), set(faults)


def lines_text(chunk: Chunk, first: int, last: int) -> str:
    """Return where a row is: its lines, counted from the file's start, its header, or the chunk's first byte."""
    lines = f"line {first:,}" if first == last else f"lines {first:,} to {last:,}"
    if chunk.start > chunk.head:
        return f"{lines} after byte {chunk.start:,}"
    return f"{lines} after the header" if chunk.head else lines


def request_id(job: str, chunk: int) -> str:
    """Return the request id of a chunk, which begins its prediction ids: equal in every attempt."""
    return str(uuid.UUID(bytes=hashlib.sha256(f"{job}/{chunk}".encode()).digest()[:16]))
