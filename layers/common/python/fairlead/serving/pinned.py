"""Pinned versions: older versions of the live model, for callers who depend on one.

A version is served if it was live before (the release froze the list), the chain of manifests proves it, it is not
retired, and its engine is onnx. A manifest that a publisher wrote by hand is in no chain, so it is never served. Only
here a request may call S3: for a version not loaded yet, and every few minutes for retirements. The first pin imports
this module.
"""

import re
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from fairlead.errors import FairleadError, ModelUnavailableError, NoSuchVersionError, NotServedError, RequestError
from fairlead.model.digest import prefixed
from fairlead.model.manifest import Manifest
from fairlead.registry.lineage import Ancestor, Lineage
from fairlead.registry.retirements import retired
from fairlead.registry.store import Patient, Reading
from fairlead.serving.model import Model, assemble, public

RECHECK = 300.0
"""Seconds between reads of the retirements: a process may serve a version so long after `fairlead retire`."""
RETRY_AFTER = 5.0
"""Seconds before a failed load of a version is retried."""
MOST_MODELS = 4
"""Pinned versions kept loaded. Callers rarely use more at once, and each costs memory."""
SESSION = 8
"""Bytes of memory per byte of graph, measured with onnxruntime on forests, the largest graphs."""
PINNED_SHARE = 0.5
"""Share of the function's memory for live and pinned sessions together; interpreter and requests need the rest."""

VERSION = re.compile(r"[1-9][0-9]{0,8}", re.ASCII)
LISTING = 0
"""Key of the list of versions among the version numbers."""


class Pins:
    """The versions below the live one: checked and loaded at their first request; the least recently used is dropped.

    `pinnable` are the versions that were live before, `memory` is the function's in bytes, `clock` returns seconds.
    `on_failure` gets the error of a failed load.
    """

    def __init__(
        self,
        live: Model,
        objects: Patient,
        *,
        pinnable: Sequence[range],
        memory: int,
        on_failure: Callable[[FairleadError], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._live = live
        self._name = live.facts.model
        self._pinnable = pinnable
        self._objects = objects
        self._reading = Reading(self._objects)
        self._chain = Lineage(live.facts, live.sha256, self._reading)
        self._on_failure = on_failure
        self._clock = clock
        self._room = int(memory * PINNED_SHARE / SESSION) - _size(live.facts)
        self._models: dict[int, Model] = {}  # the least recently used first
        self._retired: frozenset[int] = frozenset()
        self._recheck_at = float("-inf")
        self._hold_until: dict[int, float] = {}

    def model(self, pin: str) -> Model:
        """Return a version by its number, loaded.

        Raises NoSuchVersionError, NotServedError, and ModelUnavailableError with seconds to wait.
        """
        self._objects.begin()
        version = self._number(pin)
        if version == self._live.facts.version:
            return self._live
        with self._tried(version):
            self._refuse_retired(version)
            model = self._models.pop(version, None) or self._load(self._link(version))
            self._models[version] = model
            return model

    def manifest(self, pin: str) -> dict[str, Any]:
        """Return the public part of a version's manifest, whatever its engine; raises as `model` does."""
        self._objects.begin()
        version = self._number(pin)
        if version == self._live.facts.version:
            return self._live.public()
        with self._tried(version):
            self._refuse_retired(version)
            if version in self._models:
                return self._models[version].public()
            return public(*self._manifest(self._link(version)))

    def listed(self) -> dict[str, Any]:
        """Return the versions that callers can pin, newest first, and which is live; raises ModelUnavailableError."""
        self._objects.begin()
        versions = [
            {"version": one.version, "digest": prefixed(one.sha256), "engine": one.engine, "created": one.created}
            for one in self._servable()
        ]
        return {"model": self._name, "live": self._live.facts.version, "versions": versions}

    def _number(self, pin: str) -> int:
        if not VERSION.fullmatch(pin):
            raise self._no_such(f"{pin[:40]!r} is not a version: ask for a whole number from 1, once")
        if int(pin) > self._live.facts.version:
            raise self._no_such(f"{self._name} version {pin} is not released; live is {self._live.facts.version}")
        if int(pin) < self._live.facts.version and not self._was_live(int(pin)):
            raise self._no_such(f"{self._name} version {pin} was not live before this release")
        return int(pin)

    def _was_live(self, version: int) -> bool:
        return any(version in run for run in self._pinnable)

    def _link(self, version: int) -> Ancestor:
        link = self._chain.find(version)
        if link is None:
            raise self._no_such(f"{self._name} has no version {version}")
        return link

    def _manifest(self, link: Ancestor) -> tuple[Manifest, str]:
        return self._reading.manifest(self._name, link.version, sha256=link.sha256)

    def _load(self, link: Ancestor) -> Model:
        self._refuse_unfit(link)
        # The least recently used are dropped before the new one is loaded, which bounds the peak too.
        while self._models and (len(self._models) == MOST_MODELS or link.size + self._held() > self._room):
            del self._models[next(iter(self._models))]
        return assemble(self._reading, *self._manifest(link))

    def _held(self) -> int:
        return sum(_size(model.facts) for model in self._models.values())

    def _refuse_unfit(self, link: Ancestor) -> None:
        if link.engine != "onnx":
            raise NotServedError(
                f"{self._name} version {link.version} answers by the {link.engine} engine: it can be released, but "
                "only versions on the onnx engine can be pinned",
                hint="GET /versions lists the versions that can be pinned",
            )
        if self._live.facts.engine.name != "onnx":
            raise NotServedError(
                f"the live version answers by the {self._live.facts.engine.name} engine, whose release has no onnx "
                "engine beside it for pinned versions",
                hint=f"ask for version {self._live.facts.version}, or for none",
            )
        if link.size > self._room:
            figures = f"its graph has {link.size:,} bytes, beside the live one is room for {max(0, self._room):,}"
            raise NotServedError(
                f"{self._name} version {link.version} is too large to be pinned: {figures}",
                hint="a larger MemorySize of the stack makes room",
            )

    def _serves(self, link: Ancestor, gone: frozenset[int]) -> bool:
        if link.version in gone:
            return False
        try:
            self._refuse_unfit(link)
        except NotServedError:
            return False
        return True

    def _refuse_retired(self, version: int) -> None:
        if version in self._retirements():
            raise self._no_such(f"{self._name} version {version} is retired")

    def _retirements(self) -> frozenset[int]:
        if self._clock() >= self._recheck_at:
            self._retired = retired(self._objects, self._name)
            self._recheck_at = self._clock() + RECHECK
            for version in self._retired & self._models.keys():
                del self._models[version]
        return self._retired

    def _servable(self) -> list[Ancestor]:
        with self._tried(LISTING):
            gone = self._retirements()
            live, *older = self._chain.links()
            return [live, *(link for link in older if self._was_live(link.version) and self._serves(link, gone))]

    def _no_such(self, detail: str) -> NoSuchVersionError:
        """Return the error with the versions that exist, or without them if the list cannot be read."""
        try:
            versions: list[int] | None = [link.version for link in self._servable()]
        except ModelUnavailableError:
            versions = None
        return NoSuchVersionError(detail, versions=versions, hint="GET /versions lists the versions that answer")

    @contextmanager
    def _tried(self, version: int) -> Iterator[None]:
        """Turn every failure but a wrong request into a 503 with Retry-After, and delay the next attempt."""
        what = f"version {version} of {self._name}" if version else f"the list of {self._name}'s versions"
        wait = self._hold_until.get(version, 0.0) - self._clock()
        if wait > 0:
            raise ModelUnavailableError(
                f"{what} cannot be loaded", retry_after=max(1, round(wait)), version=version or None
            )
        try:
            yield
        except RequestError:
            raise
        except Exception as error:
            failure = error if isinstance(error, FairleadError) else ModelUnavailableError(f"{what}: {error!r}")
            self._on_failure(failure)
            self._hold_until[version] = self._clock() + RETRY_AFTER
            raise ModelUnavailableError(
                f"{what} cannot be loaded ({failure.code})", retry_after=round(RETRY_AFTER), version=version or None
            ) from error


def _size(facts: Manifest) -> int:
    return facts.blobs[facts.engine.blob].size
