"""The move function's rules: which alias goes where, regardless of who asks.

`previous` goes to the release that live names, and from there back to the one that it left, if no deployment could be
started. `live` goes back to a release that was live before, and only if it can serve. An order names the RevisionId of
the alias as it was read, so a repeated order moves nothing twice.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

import msgspec

from fairlead.aws.alias_mover import MoveOrder, MoveReply
from fairlead.aws.lambda_function import SEE_STATUS, Alias, PredictFunction
from fairlead.errors import FairleadError, ReleaseError
from fairlead.journal.alias_state import live_of, says_live
from fairlead.journal.journal import Journal
from fairlead.model.release import Release
from fairlead.registry.store import Registry
from fairlead.releases.context import Progress, ToleratedFailures
from fairlead.releases.target_check import require_serving

SEARCHED_RECORDS = 200
"""Records that are searched for a time when the release was live."""


class Mover:
    """Carries out the orders of one stack's functions. `progress` takes a line for the log, `sleep` takes seconds."""

    def __init__(
        self,
        function: PredictFunction,
        journal: Journal,
        registry: Registry,
        *,
        progress: Progress,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._function = function
        self._journal = journal
        self._registry = registry
        self._progress = progress
        self._sleep = sleep

    def answer(self, event: Mapping[str, Any]) -> MoveReply:
        """Carry out an order; raises msgspec.ValidationError for an event that is no order."""
        order = msgspec.convert(event, MoveOrder)
        try:
            return MoveReply(moved=self.move(order))
        except FairleadError as error:
            return MoveReply(refused=f"alias {order.alias} was not moved: {error}", hint=error.hint or "")

    def move(self, order: MoveOrder) -> Alias:
        """Move an alias and return it; an alias that is at its target already is returned as it is.

        Raises ReleaseError for an alias that was changed since it was read, and for a move that no rule allows.
        """
        alias = self._function.alias(order.alias)
        if alias.version == order.release and not alias.weights:
            return alias
        if alias.revision != order.revision:
            raise ReleaseError(f"it was changed in the meantime and names release {alias.version}", hint=SEE_STATUS)
        if alias.name == "previous":
            self._refuse_other_previous(alias, order.release)
        else:
            self._refuse_other_live(alias, order.release)
        return self._function.move(alias, order.release)

    def _refuse_other_previous(self, previous: Alias, release: str) -> None:
        live = self._function.alias("live").version
        if release == live or (previous.version == live and self._left(previous) == release):
            return
        raise ReleaseError(
            f"it may go to the live release {live}, or from there back where it was, not to release {release}",
            hint=SEE_STATUS,
        )

    def _left(self, previous: Alias) -> str:
        """Return the release that `previous` left at its last recorded move; empty if it was moved without record."""
        said = self._journal.standing().previous
        if said is None or said.was is None or said.now is None:
            return ""
        here = self._function.release(previous.version)
        return said.was.release if said.now.same(here) and said.was.life == here.life else ""

    def _refuse_other_live(self, live: Alias, release: str) -> None:
        target, failures = self._function.release(release), ToleratedFailures(self._progress)
        if target.model is None:
            raise ReleaseError(f"release {release} holds no model", hint=SEE_STATUS)
        if not self._was_live(live, target, failures):
            raise ReleaseError(
                f"{target} is not known to have been live before: neither previous nor the journal's newest "
                f"{SEARCHED_RECORDS} records name it",
                hint=f"an operator may run `fairlead rollback {target.model} --to r{release}`",
            )
        require_serving(
            self._function,
            self._registry,
            target,
            failures,
            instead=lambda: SEE_STATUS,
            progress=self._progress,
            sleep=self._sleep,
        )

    def _was_live(self, live: Alias, target: Release, failures: ToleratedFailures) -> bool:
        """Return whether an alias or the journal shows that a release was live.

        `previous` names only such releases; so a rollback to it needs no journal.
        """
        if target.release in {live.version, self._function.alias("previous").version}:
            return True
        with failures.tolerate("the journal was not searched"):
            records = self._journal.all().recent(SEARCHED_RECORDS)
            positions = (live_of(one).release for one in records if says_live(one))
            return any(one.same(target) and one.digest == target.digest for one in positions)
        return False
