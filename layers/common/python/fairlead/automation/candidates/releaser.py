"""From a candidate to its release or refusal: decided once, recorded in the journal, and subscribers are notified.

The decision is in the journal, under the candidate's key, before an alias moves. So an event that Lambda delivers ten
times releases once. If a run was killed, the retried event completes it.
"""

from collections.abc import Callable
from datetime import UTC, datetime

import msgspec

from fairlead.automation.candidates.candidate import Candidate
from fairlead.automation.candidates.release_rules import CandidateFacts, ReleaseDecision, decide
from fairlead.errors import FairleadError
from fairlead.journal.records import Draft, Record
from fairlead.journal.tail import REPEATED, Tail
from fairlead.model.digest import unprefixed
from fairlead.model.release import Release
from fairlead.registry import retirements
from fairlead.registry.lineage import Lineage
from fairlead.registry.store import Registry
from fairlead.releases import release
from fairlead.releases.context import AliasSnapshot, ReleaseContext, reconciled_snapshot

RECENT_RECORDS = 200
"""Records that are searched for an earlier release of the candidate."""

MOVING = frozenset({"intended", "shifting", "moved", "found", "failed"})


class Releaser:
    """Releases candidates of one stack by a strategy; `notify` notifies subscribers; without `act` it is a dry run."""

    def __init__(
        self,
        context: ReleaseContext,
        registry: Registry,
        *,
        strategy: str,
        notify: Callable[[str, str], None],
        act: bool,
    ) -> None:
        self._context = context
        self._registry = registry
        self._strategy = strategy
        self._notify = notify
        self._act = act

    def consider(self, order: Candidate) -> Record | None:
        """Release a candidate, or notify subscribers why not; returns the decision's record, None if decided before.

        Raises FairleadError if the facts cannot be gathered; then Lambda retries the event.
        """
        tail = self._context.journal.all()
        before = _decided(tail, order.key)
        if before and not _left_open(before, tail, order):
            return None
        situation = reconciled_snapshot(self._context)
        decision = decide(self._facts(order, situation, tail))
        if not decision.release or not self._act:
            return self._leave(order, situation.now, decision, again=before is not None)
        record = before or self._claim(order, situation.now, decision)
        return self._release(order, situation.now, record) if record else None

    def _facts(self, order: Candidate, situation: AliasSnapshot, tail: Tail) -> CandidateFacts:
        sha256, live = unprefixed(order.digest), situation.now
        candidate, _ = self._registry.manifest(order.model, order.version, sha256=sha256)
        champion, descends = None, False
        if live.model == order.model:
            digest = unprefixed(live.digest)
            champion, _ = self._registry.manifest(order.model, live.version, sha256=digest)
            link = Lineage(candidate, sha256, self._registry).find(live.version)
            descends = link is not None and link.sha256 == digest
        return CandidateFacts(
            candidate=candidate,
            live=live,
            champion=champion,
            descends=descends,
            busy=situation.busy,
            tried=_tried(tail, order),
            retired=order.version in retirements.retired(self._registry.objects, order.model),
        )

    def _release(self, order: Candidate, live: Release, record: Record) -> Record:
        release_order = release.ReleaseOrder(
            model=order.model,
            version=order.version,
            strategy=self._strategy,
            reason=f"a candidate that passed the gate (record {record.number}): {order.reason}".removesuffix(": "),
            instead_of=live.release,
        )
        try:
            done = release.release(self._context, self._registry, release_order)
        except FairleadError as error:
            decision = ReleaseDecision(release=False, rule="failed", why=f"the release failed: {error}")
            return self._leave(order, live, decision, again=True)
        how = f"deployment {done.deployment}, {done.strategy}" if done.deployment else "it is live already"
        self._notify(f"{order}: is being released", _text(order, live, f"It is being released: {how}."))
        return record

    def _claim(self, order: Candidate, live: Release, decision: ReleaseDecision) -> Record | None:
        """Write the decision into the journal; None if another run was faster."""
        draft = self._draft(order, live, decision, action="release", key=order.key)
        return self._context.journal.append_if(lambda tail: None if _decided(tail, order.key) else draft)

    def _leave(self, order: Candidate, live: Release, decision: ReleaseDecision, *, again: bool) -> Record:
        """Notify subscribers, then write the record: a crash in between repeats the message instead of losing it."""
        why = "dry run: nothing is released" if decision.release else decision.why
        typed = (
            f"`fairlead report {order.model} {order.version}`, then `fairlead release {order.model} {order.version}`"
        )
        self._notify(
            f"{order}: not released", _text(order, live, f"It was not released: {why}.", f"To release it: {typed}.")
        )
        key = f"{order.key}:left" if again else order.key
        left = msgspec.structs.replace(decision, why=why)
        return self._context.journal.append(self._draft(order, live, left, action="none", key=key))

    def _draft(self, order: Candidate, live: Release, decision: ReleaseDecision, *, action: str, key: str) -> Draft:
        words = "release" if action == "release" else "not released"
        evidence = {
            "action": action,
            "asked": "release",
            "rule": decision.rule,
            "digest": order.digest,
            "made": order.reason,
            "request": order.request,
            "strategy": self._strategy,
        }
        return Draft(
            kind="decided",
            by=self._context.by(),
            why=f"{order}: {words}, because {decision.why}",
            was=live,
            key=key,
            model=order.model,
            version=order.version,
            evidence=evidence if self._act else evidence | {"dry_run": True},
        )


def _decided(tail: Tail, key: str) -> Record | None:
    return tail.keyed(key, datetime.now(UTC) - REPEATED)


def _left_open(before: Record, tail: Tail, order: Candidate) -> bool:
    """Return whether an earlier run of this event decided to release and was killed before it did."""
    mine = before.evidence.get("action") == "release" and before.evidence.get("request") == order.request
    return mine and not _tried(tail, order) and _decided(tail, f"{order.key}:left") is None


def _tried(tail: Tail, order: Candidate) -> bool:
    holding = [one.now for one in tail.recent(RECENT_RECORDS) if one.kind in MOVING and one.now]
    return any((one.model, one.version) == (order.model, order.version) for one in holding)


def _text(order: Candidate, live: Release, *lines: str) -> str:
    made = f"A retraining published {order}" + (f", because {order.reason}." if order.reason else ".")
    return "\n".join([made, f"Live is {live}.", *lines, f"`fairlead history {order.model}` has the evidence."])
