"""The checks of a trial, in order."""

import time
from collections.abc import Callable, Iterator

import msgspec

from fairlead.aws.lambda_function import PredictFunction
from fairlead.aws.release_client import ReleaseClient, SilentError
from fairlead.errors import FairleadError, ReleaseError
from fairlead.journal.records import Described
from fairlead.model.digest import unprefixed
from fairlead.model.golden import Golden
from fairlead.model.manifest import Finding
from fairlead.model.release import Release, frozen_release
from fairlead.registry.store import Reading
from fairlead.verification.trial.compatibility_check import compatibility
from fairlead.verification.trial.contents_check import contents
from fairlead.verification.trial.findings import failed, passed
from fairlead.verification.trial.golden_check import golden_of, golden_rows
from fairlead.verification.trial.latency_check import cold_start, latency
from fairlead.verification.trial.target import Subject


class Budget(msgspec.Struct, frozen=True, kw_only=True):
    """Time limits of a release in milliseconds: a warm call with one row, and the start of a new environment."""

    latency_ms: float
    cold_start_ms: float


class Trial:
    """Checks one release against the description of its deployment. `now` and `was` are None until they are read."""

    def __init__(
        self,
        described: Described,
        function: PredictFunction,
        client: ReleaseClient,
        reading: Reading,
        budget: Budget,
        *,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self.now: Release | None = None
        self.was: Release | None = None
        self._described = described
        self._function = function
        self._client = client
        self._reading = reading
        self._budget = budget
        self._sleep = sleep

    def findings(self) -> Iterator[Finding]:
        """Yield every finding as soon as it is known.

        The first findings identify the release; if one of them refuses it, no more follow. None follow either after a
        call without any answer. A FairleadError becomes a finding; other errors pass through.
        """
        check = "release"
        try:
            now, was = self._releases()
            yield passed(check, f"{now} after {was}", figure=now.digest)
            check = "manifest"
            facts, _ = self._reading.manifest(str(now.model), now.version, sha256=unprefixed(now.digest))
            yield passed(check, f"version {facts.version} is the one that was frozen", figure=facts.engine.name)
            check = "contents"
            yield contents(self._reading, facts)
            check = "golden rows"
            golden = golden_of(self._reading, facts)
            check = "identity"
            subject = Subject(self._client, now, facts, sleep=self._sleep)
            subject.wake()
            yield passed(check, f"{now} loads its model and confirms its identity")
        except FairleadError as error:
            yield failed(check, str(error))
            return
        yield from self._examined(subject, golden, was)

    def _releases(self) -> tuple[Release, Release]:
        described = self._described
        self.now = self._frozen(described.target)
        self.was = self._frozen(described.after)
        if (self.now.model, self.now.version) != (described.model, described.version):
            raise ReleaseError(f"{self.now} was deployed as {described.model} version {described.version}")
        return self.now, self.was

    def _frozen(self, number: str) -> Release:
        facts = self._function.configuration(number)
        return frozen_release(facts.version, facts.environment, code_sha256=facts.code_sha256, modified=facts.modified)

    def _examined(self, subject: Subject, golden: Golden, was: Release) -> Iterator[Finding]:
        checks: tuple[tuple[str, Callable[[], Finding]], ...] = (
            ("golden rows", lambda: golden_rows(subject, golden)),
            ("latency", lambda: latency(subject, golden, self._budget.latency_ms)),
            ("cold start", lambda: cold_start(subject, self._budget.cold_start_ms)),
            ("compatibility", lambda: compatibility(subject, was, self._reading)),
        )
        for name, check in checks:
            try:
                finding, silent = check(), False
            except FairleadError as error:
                finding, silent = failed(name, str(error)), isinstance(error, SilentError)
            yield finding
            if silent:
                return
