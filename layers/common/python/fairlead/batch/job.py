"""The parts of a job: its plan, its chunks, and the names of its files.

    JOB/chunks.json           the chunks, an array
    JOB/plan.json             the plan, written after the chunks
    JOB/results/000012.csv    the predictions of one chunk
    JOB/records/000012.json   its counts, written after the result: the chunk is done
    JOB/failures/000012-….json  why a chunk was not done, one file for each attempt
    JOB/left/….json           the chunks that a run on AWS began with
    JOB/manifest.json         the counts of all chunks, written when each is done

JOB is a folder under the output's prefix. Its name has a digest of inputs, version and options.
"""

import hashlib
from typing import Literal

import msgspec

Format = Literal["csv", "jsonl", "parquet"]
SCHEMA = 1


class Input(msgspec.Struct, frozen=True):
    """One input file; `etag` changes whenever its bytes do."""

    key: str
    size: int
    etag: str


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """The options of a user: a version by its digest, a pattern of inputs, a place of results, and columns to keep.

    `capture` has a sample of the rows counted for drift; results are equal without it.
    """

    model: str
    version: int
    digest: str
    input: str
    output: str
    keep: tuple[str, ...] | None = None
    capture: bool = False


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """The request that a job is planned from. `keep` are input columns in results; None: those the model ignores."""

    model: str
    version: int
    digest: str
    format: Format
    inputs: tuple[Input, ...]
    keep: tuple[str, ...] | None = None

    def job(self, chunk_size: int) -> str:
        """Return the job's name: equal for equal inputs, version and options."""
        facts = msgspec.json.encode([SCHEMA, chunk_size, self], order="sorted")
        return f"{self.model}-{self.version}-{hashlib.sha256(facts).hexdigest()[:16]}"


class JobPlan(msgspec.Struct, frozen=True, kw_only=True):
    """A planned job. `columns` are those of the results' input columns, in order; `rows` is known for Parquet only."""

    schema: int = SCHEMA
    job: str
    request: Request
    chunks: int
    rows: int | None = None


class Chunk(msgspec.Struct, frozen=True, kw_only=True):
    """A part of one input: bytes `start` to `stop`, or row groups of Parquet.

    `head` is the number of bytes before a CSV file's first row; `rows` is known for Parquet only.
    """

    number: int
    input: Input
    start: int
    stop: int
    head: int = 0
    rows: int | None = None


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """One chunk that is done: `rows` = `answered` + `refused`; size and SHA-256 are those of its result.

    `longest` is the most lines of a refused CSV row, `missing` are columns of the signature that no row has.
    """

    chunk: int
    result: str
    rows: int
    answered: int
    refused: int
    longest: int = 0
    missing: tuple[str, ...] = ()
    size: int
    sha256: str

    @property
    def file(self) -> str:
        """The result's name in its folder, which may have been moved."""
        return self.result.rpartition("/")[2]


class Failure(msgspec.Struct, frozen=True, kw_only=True):
    """The reason why one attempt at a chunk failed; `at` is in milliseconds since 1970."""

    chunk: int
    at: int
    error: str


class Names:
    """The names of a job's files; `folder` is empty or ends with a slash."""

    def __init__(self, folder: str, job: str) -> None:
        self.root = f"{folder}{job}/"
        self.plan = f"{self.root}plan.json"
        self.chunks = f"{self.root}chunks.json"
        self.results = f"{self.root}results/"
        self.records = f"{self.root}records/"
        self.failures = f"{self.root}failures/"
        self.left = f"{self.root}left/"
        self.manifest = f"{self.root}manifest.json"

    def result(self, chunk: int, form: Format) -> str:
        """Return the name of a chunk's result."""
        return f"{self.results}{chunk:06}.{form}"

    def record(self, chunk: int) -> str:
        """Return the name of a chunk's counts."""
        return f"{self.records}{chunk:06}.json"

    def failure(self, failure: Failure) -> str:
        """Return the name of a failed attempt."""
        return f"{self.failures}{failure.chunk:06}-{failure.at}.json"
