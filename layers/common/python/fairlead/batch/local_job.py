"""A batch job on this machine: its version, plan, remaining chunks and manifest."""

from collections.abc import Callable, Sequence

from fairlead.batch.estimate import Estimate, Tried, aws_estimate, local_estimate, trial
from fairlead.batch.job import Chunk, Failure, Names, Order, Record
from fairlead.batch.locations import open_place, open_results
from fairlead.batch.manifest import JobManifest, write_manifest
from fairlead.batch.plan import Planner, request_of
from fairlead.batch.remaining_chunks import remaining
from fairlead.batch.version import carry, loaded
from fairlead.batch.worker import Worker
from fairlead.batch.worker_processes import Setup, run_local
from fairlead.model.manifest import Manifest
from fairlead.registry.store import Registry
from fairlead.serving.model import Model


class LocalJob:
    """A planned job of one version on this machine."""

    def __init__(self, setup: Setup, chunks: list[Chunk]) -> None:
        self.plan = setup.plan
        self.chunks = chunks
        self._setup = setup
        self._results, self._folder = open_results(setup.output)
        self._names = Names(self._folder, setup.plan.job)
        self.place = f"{setup.output.rstrip('/')}/{setup.plan.job}/"

    def remaining(self) -> list[Chunk]:
        """Return the chunks that are not done; raises IntegrityError for a damaged result."""
        return remaining(self._results, self._names, self.chunks)

    def local_estimate(self, processes: int) -> Estimate:
        """Return the time and cost of the remaining chunks with so many processes of this machine."""
        return local_estimate(self.chunks, self.remaining(), self._trial(), processes)

    def aws_estimate(self, concurrency: int) -> Estimate:
        """Return the time and cost of the remaining chunks with so many workers on AWS."""
        return aws_estimate(self.chunks, self.remaining(), self._trial(), concurrency)

    def run(self, chunks: Sequence[Chunk], processes: int, advance: Callable[[Record], None]) -> list[Failure]:
        """Answer chunks in processes of this machine; returns those that failed. Raises as `loaded` does."""
        if chunks:
            self._model()  # what cannot be loaded fails once, and not each chunk
        return run_local(self._setup, chunks, processes, advance)

    def finish(self) -> JobManifest:
        """Write the manifest and return it."""
        return write_manifest(self._results, self._folder, self.plan, self.chunks)

    def _trial(self) -> Tried:
        worker = Worker(self.plan, self._model(), open_place(self._setup.input)[0], self._results, self._folder)
        return trial(worker, self.chunks[0])

    def _model(self) -> Model:
        request = self.plan.request
        return loaded(self._setup.objects, request.model, request.version, request.digest)


def prepare(registry: Registry, order: Order, facts: Manifest, *, write: bool) -> LocalJob:
    """Plan a job of a version, or read its plan; a new plan is written if `write`. Raises FairleadError."""
    files, pattern = open_place(order.input)
    planner = Planner(request_of(order, files, pattern), facts.signature, files)
    plan, chunks = planner.planned(*open_results(order.output), write=write)
    setup = Setup(plan=plan, input=order.input, output=order.output, objects=carry(registry, facts))
    return LocalJob(setup, chunks)
