"""A job from a command's options: version, plan, what is left of it, and its end."""

from collections.abc import Callable, Sequence

import msgspec

from fairlead.aws.clients import client
from fairlead.aws.lambda_function import PredictFunction
from fairlead.aws.stack import find
from fairlead.batch.estimate import Estimate, local_estimate, trial
from fairlead.batch.job import Chunk, Failure, Names, Record, Request
from fairlead.batch.local import Setup, open_place, open_results, run_local
from fairlead.batch.manifest import JobManifest, done, write_manifest
from fairlead.batch.plan import Planner, format_of, inputs_of
from fairlead.batch.version import carry, loaded
from fairlead.batch.worker import Worker
from fairlead.errors import IntegrityError, SettingsError
from fairlead.model.digest import prefixed
from fairlead.model.manifest import Manifest
from fairlead.registry.chosen_version import find_version
from fairlead.registry.connection import open_registry
from fairlead.registry.store import Registry
from fairlead.settings import Operator


class Options(msgspec.Struct, frozen=True, kw_only=True):
    """What a command asks for: `name` is NAME or NAME@VERSION, the rest as `Request` and `Setup` have it."""

    name: str
    input: str
    output: str
    keep: tuple[str, ...] | None = None


class Prepared:
    """A planned job of one version."""

    def __init__(self, setup: Setup, chunks: list[Chunk]) -> None:
        self.plan = setup.plan
        self.chunks = chunks
        self._setup = setup
        self._results, self._folder = open_results(setup.output)
        self._names = Names(self._folder, setup.plan.job)
        self.place = f"{setup.output.rstrip('/')}/{setup.plan.job}/"

    def left(self) -> list[Chunk]:
        """Return the chunks that are not done."""
        finished = done(self._results, self._names)
        return [chunk for chunk in self.chunks if chunk.number not in finished]

    def estimate(self, processes: int) -> Estimate:
        """Return what is left of the job for so many processes, from a trial of its first rows."""
        request = self.plan.request
        model = loaded(self._setup.objects, request.model, request.version, request.digest)
        worker = Worker(self.plan, model, open_place(self._setup.input)[0], self._results, self._folder)
        return local_estimate(self.plan, self.chunks, self.left(), trial(worker, self.chunks[0]), processes)

    def run(self, left: Sequence[Chunk], processes: int, advance: Callable[[Record], None]) -> list[Failure]:
        """Answer chunks in processes of this machine; returns those that failed."""
        return run_local(self._setup, left, processes, advance)

    def finish(self) -> JobManifest:
        """Write the manifest and return it."""
        return write_manifest(self._results, self._folder, self.plan, self.chunks)


def prepare(where: Operator, options: Options, *, notify: Callable[[str], None]) -> Prepared:
    """Find the version, then plan the job or read its plan; raises FairleadError."""
    name, _, number = options.name.partition("@")
    form = format_of(options.input)
    files, pattern = open_place(options.input)
    results, folder = open_results(options.output)
    registry = open_registry(where)
    facts, sha256 = _found(registry, name, number, where)
    notify(f"{name} version {facts.version}, sha256:{sha256[:12]}…")
    request = Request(
        model=name,
        version=facts.version,
        digest=sha256,
        format=form,
        inputs=inputs_of(files, pattern),
        keep=options.keep,
    )
    plan, chunks = Planner(request, facts.signature, files).planned(results, folder)
    setup = Setup(plan=plan, input=options.input, output=options.output, objects=carry(registry, facts))
    return Prepared(setup, chunks)


def _found(registry: Registry, name: str, number: str, where: Operator) -> tuple[Manifest, str]:
    """Return the manifest and digest of the version that was named, else of the live one."""
    if number:
        if not number.isdecimal() or not int(number):
            raise SettingsError(f"{number!r} is no version", hint=f"give a whole number, for example {name}@7")
        return find_version(registry, name, int(number))
    live = PredictFunction(client("lambda"), find(where).function).named("live")
    if live is None or live.model != name:
        found = live.model if live else None
        raise SettingsError(f"{found or 'no model'} is live, not {name}", hint=f"name a version, for example {name}@7")
    facts, sha256 = find_version(registry, name, live.version)
    if prefixed(sha256) != live.digest:
        raise IntegrityError(f"{live} has digest {live.digest}, and the registry's is {prefixed(sha256)}")
    return facts, sha256
