"""The steps of a job on Step Functions: plan, one chunk, finish. Each is one call of the batch function.

A chunk that fails is recorded and does not stop the others; `finish` fails where chunks are left.
"""

import time
from typing import Any

import msgspec

from fairlead.batch.attempt import attempted
from fairlead.batch.files import Files
from fairlead.batch.job import Chunk, Failure, Names, Order, Record
from fairlead.batch.job_files import stored_chunks, stored_plan
from fairlead.batch.locations import open_place, open_results
from fairlead.batch.manifest import counts, write_manifest
from fairlead.batch.plan import Planner, request_of
from fairlead.batch.remaining_chunks import remaining
from fairlead.batch.sample import Capturing
from fairlead.batch.worker import Worker
from fairlead.errors import EngineError, IntegrityError, SettingsError
from fairlead.model.manifest import Manifest
from fairlead.registry.store import Reading
from fairlead.serving.model import assemble

ATTEMPTS = 2
"""Attempts at a chunk in one execution."""
HERE = "run it on a machine: --local N"


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """The result of the plan step: the place of the list of chunks that are left, and how many may run at once."""

    order: Order
    job: str
    bucket: str
    left: str
    concurrency: int


class Steps:
    """The steps, for one function: `registry` reads versions, `concurrency` is the number of parallel workers.

    `capturing` is how the stack captures, with a rate of 0 if it captures nothing.
    """

    def __init__(self, registry: Reading, concurrency: int, capturing: Capturing) -> None:
        self._registry = registry
        self._concurrency = concurrency
        self._capturing = capturing
        self._workers: dict[tuple[str, bool], Worker] = {}

    def plan(self, order: Order) -> Planned:
        """Plan the job, and write which of its chunks are left."""
        check_places(order.input, order.output)
        if order.capture and not self._capturing.rate:
            raise SettingsError(
                "the stack captures nothing, because its CaptureRate is 0",
                hint="deploy it with another rate, or leave out --capture",
            )
        facts, _ = self._registry.manifest(order.model, order.version, sha256=order.digest)
        check_engine(facts)
        files, pattern = open_place(order.input)
        results, folder = open_results(order.output)
        plan, chunks = Planner(request_of(order, files, pattern), facts.signature, files).planned(results, folder)
        names = Names(folder, plan.job)
        key = f"{names.left}{time.time_ns()}.json"
        results.put_new(key, msgspec.json.encode(remaining(results, names, chunks)))
        bucket = order.output.removeprefix("s3://").partition("/")[0]
        return Planned(order=order, job=plan.job, bucket=bucket, left=key, concurrency=self._concurrency)

    def work(self, planned: Planned, chunk: Chunk) -> None:
        """Answer one chunk. It returns nothing: the outputs of all chunks together are limited to 256 KiB."""
        results, folder = open_results(planned.order.output)
        names = Names(folder, planned.job)
        for _ in range(ATTEMPTS):
            if isinstance(attempted(chunk, names, results, lambda: self._worker(planned)), Record):
                return

    def finish(self, planned: Planned) -> dict[str, Any]:
        """Write the manifest and return its counts; raises IntegrityError where chunks are left."""
        results, folder = open_results(planned.order.output)
        names = Names(folder, planned.job)
        plan = stored_plan(results, names)
        chunks = stored_chunks(results, names, plan)
        missing = {chunk.number for chunk in remaining(results, names, chunks)}
        if missing:
            reason = _last_failure(results, names, missing)
            raise IntegrityError(f"{len(missing)} of {len(chunks)} chunks failed{reason}")
        written = write_manifest(results, folder, plan, chunks)
        return {"job": plan.job} | counts(written)

    def _worker(self, planned: Planned) -> Worker:
        """Return the job's worker, which this process keeps."""
        order = planned.order
        key = (planned.job, order.capture)
        if key not in self._workers:
            self._workers.clear()
            model = assemble(self._registry, *self._registry.manifest(order.model, order.version, sha256=order.digest))
            results, folder = open_results(order.output)
            plan = stored_plan(results, Names(folder, planned.job))
            capturing = self._capturing if order.capture else None
            inputs = open_place(order.input)[0]
            self._workers[key] = Worker(plan, model, inputs, results, folder, capturing=capturing)
        return self._workers[key]


def _last_failure(results: Files, names: Names, missing: set[int]) -> str:
    """Return the last recorded failure of these chunks as the end of a message; empty where there is none.

    A worker that was ended records none, and failures of chunks that were done later are of the past.
    """
    numbers = {f"{number:06}" for number in missing}
    keys = (key for key in results.keys(names.failures) if key.rpartition("/")[2].partition("-")[0] in numbers)
    last = max(keys, key=lambda key: key.rpartition("-")[2], default=None)
    if last is None:
        return ""
    found = msgspec.json.decode(results.get(last), type=Failure)
    return f"; chunk {found.chunk}: {found.error}"


def check_engine(facts: Manifest) -> None:
    """Raise EngineError for a version that the batch function cannot load."""
    if facts.engine.name != "onnx":
        version, engine = f"{facts.model} version {facts.version}", facts.engine.name
        raise EngineError(f"{version} is on the {engine} engine, and AWS runs batch jobs on onnx alone", hint=HERE)


def check_places(rows: str, results: str) -> None:
    """Raise SettingsError for rows and results that a job on AWS cannot have."""
    for place in (rows, results):
        if not place.startswith("s3://"):
            raise SettingsError(f"{place} is not on S3", hint=f"on AWS inputs and results are: s3://…; or {HERE}")
