"""Releases: each is one published Lambda version = code × layers × model version × manifest digest.

Two aliases name two of them: `live` is what callers reach, `previous` what a rollback goes back to. CloudFormation
makes both once, on a bootstrap version without a model, and never moves them; only this module does. The first release
leaves `previous` on the bootstrap version, so there is nothing to roll back to until the second.
"""

import time
from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from fairlead import retiring
from fairlead.errors import FairleadError, NotFoundError, ReleaseError
from fairlead.function import SEE_STATUS, Alias, Configuration, PredictFunction
from fairlead.health import problem, prove
from fairlead.manifest import Manifest
from fairlead.moves import Release, frozen_release
from fairlead.registry import Registry
from fairlead.retiring import Retirement
from fairlead.stack import Stack

Progress = Callable[[str], None]


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """What answers now and what a rollback would go back to. `weights`: shares of other releases while shifting.

    `previous` is None where that version was deleted. The problems say why a release does not answer, empty if it does.
    """

    live: Release
    previous: Release | None
    weights: dict[str, float]
    live_problem: str
    previous_problem: str
    api_url: str
    stack: str
    stack_status: str


class Released(msgspec.Struct, frozen=True, kw_only=True):
    """What a release or rollback did: `live` now, and what it was. `moved` is False where it was live already."""

    live: Release
    was: Release
    moved: bool


class Releases:
    """Moves one stack's releases. Every method raises ReleaseError, and then `live` stands where it stood."""

    def __init__(
        self,
        stack: Stack,
        function: PredictFunction,
        *,
        progress: Progress = lambda _: None,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._stack = stack
        self._function = function
        self._progress = progress
        self._sleep = sleep

    def status(self, *, health: bool = False) -> Status:
        """Say what is live and what is previous; with `health`, ask both whether they answer."""
        alias = self._function.alias("live")
        live = _release(self._function.configuration(alias.version))
        try:
            number = self._function.alias("previous").version
            previous: Release | None = _release(self._function.configuration(number))
        except NotFoundError:
            previous = None
        return Status(
            live=live,
            previous=previous,
            weights=alias.weights,
            live_problem=problem(self._function, live.release) if health else "",
            previous_problem=problem(self._function, previous.release) if health and previous else "",
            api_url=self._stack.api_url,
            stack=self._stack.name,
            stack_status=self._stack.status,
        )

    def release(self, registry: Registry, model: str, version: int, *, switch_model: bool = False) -> Released:
        """Freeze a model version as a Lambda version, prove that it answers, then point `live` at it.

        `switch_model` allows another model than the one that is live: callers must know.
        """
        self._stack.require_settled()
        manifest, sha256 = registry.manifest(model, version)
        _refuse_retired(registry, model, version)
        live, previous = self._function.alias("live"), self._function.alias("previous")
        standing = self._function.configuration(live.version)
        was = _release(standing)
        _refuse_shifting(live)
        if was.model not in {None, model} and not switch_model:
            raise ReleaseError(
                f"live holds {was.model}, not {model}", hint=f"--switch-model makes {model} answer instead"
            )
        scratch = self._function.configuration()
        wanted = msgspec.structs.replace(
            scratch, environment=self._environment(manifest, sha256), layers=self._layers(manifest)
        )
        if standing.same_release(wanted):
            return Released(live=was, was=was, moved=False)
        number = self._freeze(wanted, f"{model}@{version} sha256:{sha256[:16]}")
        self._prove(number, f"sha256:{sha256}")
        _refuse_retired(registry, model, version)  # somebody may have retired it while it was proved
        self._make_live(live, previous, number, keep=was.model is not None)
        return Released(live=_release(self._function.configuration(number)), was=was, moved=True)

    def rollback(self, registry: Registry, model: str, *, away_from: str | None = None) -> Released:
        """Point `live` back at `previous`, if `live` still holds `model` and, where named, the release `away_from`.

        A retired version does not come back.
        """
        live, previous = self._function.alias("live"), self._function.alias("previous")
        was = _release(self._function.configuration(live.version))
        if was.model != model:
            raise ReleaseError(f"live holds {was.model or 'no model'}, not {model}", hint=SEE_STATUS)
        if away_from is not None and live.version != away_from:
            raise ReleaseError(f"live is {was}, no longer release {away_from}: nothing to do", hint=SEE_STATUS)
        if previous.version == live.version and not live.weights:
            raise ReleaseError(f"{was} is live and previous: there is nothing to go back to", hint=_another(model))
        target = self._target(previous, model)
        _refuse_retired(registry, model, target.version)
        self._prove(target.release, target.digest)
        self._progress(f"moving live from {was} to {target}")
        self._function.move(live, target.release)
        return Released(live=target, was=was, moved=True)

    def retire(
        self, registry: Registry, model: str, version: int, *, by: str, reason: str = ""
    ) -> tuple[Retirement, bool]:
        """End a version's service for ever, unless it is live; its record stays.

        Returns the retirement that stands, and whether it is this one. Raises NotFoundError for no such version.
        """
        live = self._function.alias("live")
        for number in (live.version, *live.weights):
            holding = _release(self._function.configuration(number))
            if (holding.model, holding.version) == (model, version):
                raise ReleaseError(f"{holding} is live", hint="release another version first")
        wanted = Retirement(
            model=model, version=version, retired=datetime.now(UTC).replace(microsecond=0), retired_by=by, reason=reason
        )
        return retiring.retire(registry, wanted)

    def _target(self, previous: Alias, model: str) -> Release:
        try:
            target = _release(self._function.configuration(previous.version))
        except NotFoundError as error:
            raise ReleaseError(
                f"release {previous.version}, which previous names, has been deleted", hint=_another(model)
            ) from error
        if target.model is None:
            raise ReleaseError(f"there is no release of {model} before this one", hint=_another(model))
        return target

    def _environment(self, manifest: Manifest, sha256: str) -> dict[str, str]:
        """The stack's base with this version's identity: the whole map, so nothing of another release is left in it."""
        return self._stack.environment | {
            "FAIRLEAD_MODEL": manifest.model,
            "FAIRLEAD_VERSION": str(manifest.version),
            "FAIRLEAD_MANIFEST_SHA256": sha256,
        }

    def _layers(self, manifest: Manifest) -> tuple[str, ...]:
        return (self._stack.common_layer, self._stack.engine_layers[manifest.engine.name])

    def _freeze(self, wanted: Configuration, description: str) -> str:
        """Set the scratch, then publish exactly what was set; returns the version number."""
        self._progress("setting environment and layers")
        self._function.configure(wanted.environment, wanted.layers, revision=wanted.revision)
        settled = self._function.configuration()  # settling made a new revision
        _require_same(settled, wanted)
        self._progress("publishing a Lambda version")
        number = self._function.publish(description, code_sha256=settled.code_sha256, revision=settled.revision)
        _require_same(self._function.configuration(number), wanted)
        return number

    def _prove(self, number: str, digest: str) -> None:
        prove(self._function, number, digest, progress=self._progress, sleep=self._sleep)

    def _make_live(self, live: Alias, previous: Alias, number: str, *, keep: bool) -> None:
        """Move `previous` to what `live` is, before `live` moves; put it back if somebody else moved `live` first."""
        if not keep:
            self._progress(f"moving live to release {number}")
            self._function.move(live, number)
            return
        self._progress(f"moving previous to release {live.version}, live to release {number}")
        kept = self._function.move(previous, live.version)
        try:
            self._function.move(live, number)
        except FairleadError:
            # A later rollback must not land on what somebody has just left.
            if self._function.alias("live").version != number:
                self._function.move(kept, previous.version)
            raise


def _release(facts: Configuration) -> Release:
    return frozen_release(facts.version, facts.environment, code_sha256=facts.code_sha256, modified=facts.modified)


def _refuse_shifting(live: Alias) -> None:
    if live.weights:
        shares = ", ".join(f"{share:.0%} on release {number}" for number, share in live.weights.items())
        raise ReleaseError(f"live is between releases: {shares}", hint="finish or roll back that shift first")


def _refuse_retired(registry: Registry, model: str, version: int) -> None:
    if version in retiring.retired(registry.objects, model):
        raise ReleaseError(f"{model} version {version} is retired", hint=_another(model))


def _require_same(found: Configuration, wanted: Configuration) -> None:
    if not found.same_release(wanted):
        raise ReleaseError("somebody else configured the function in the meantime; live was not moved", hint=SEE_STATUS)


def _another(model: str) -> str:
    return f"`fairlead versions {model}` lists versions, `fairlead release {model} VERSION` makes one live"
