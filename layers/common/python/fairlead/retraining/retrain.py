"""Retraining from start to end: the champion and outcomes reported since become a new version, or a refusal.

It publishes and never releases: a function that reads callers' reports and loads an estimator may not move an alias.
"""

from collections.abc import Sequence
from itertools import takewhile

import msgspec
import numpy as np

from fairlead.errors import FairleadError, RefusedError
from fairlead.feedback.ledger.reader import LedgerReader
from fairlead.gate.evidence import Floats
from fairlead.gate.refusal import GateError
from fairlead.journal.journal import Journal
from fairlead.journal.records import Draft
from fairlead.model.manifest import Finding
from fairlead.publishing.champion import find_champion
from fairlead.publishing.evidence import LiveModel
from fairlead.publishing.input.inputs import Progress, PublishInputs
from fairlead.publishing.input.training_rows import TrainingRows
from fairlead.publishing.parity.graph_runtime import LOCAL, Runtime
from fairlead.publishing.prove import ProofOptions, prove
from fairlead.publishing.store import Published, store
from fairlead.registry.store import Registry
from fairlead.retraining import journal_entries
from fairlead.retraining.base_version import Champion
from fairlead.retraining.label_guards import guard
from fairlead.retraining.labelled_rows import labelled
from fairlead.retraining.time_split import Split, split
from fairlead.retraining.types import Labelled, RetrainingError, RetrainingOrder
from fairlead.settings import Operator


class Retrained(msgspec.Struct, frozen=True, kw_only=True):
    """A new version, the findings on its labels, and the numbers of rows learnt and held out."""

    published: Published
    champion: int
    findings: tuple[Finding, ...]
    learnt: int
    held_out: int


class Retraining:
    """Retrains models of one stack: its registry, ledger and journal, and the runtime that runs graphs."""

    def __init__(
        self,
        registry: Registry,
        ledger: LedgerReader,
        *,
        where: Operator | None = None,
        journal: Journal | None = None,
        runtime: Runtime = LOCAL,
        progress: Progress = lambda _: None,
    ) -> None:
        self._registry = registry
        self._ledger = ledger
        self._where = where
        self._journal = journal
        self._runtime = runtime
        self._progress = progress

    def retrain(self, order: RetrainingOrder) -> Retrained | Published:
        """Publish the next version; returns Published alone if an earlier run of this order made it.

        Raises RefusedError with findings and a hint, and then nothing is published. Either result is in the journal.
        """
        live = find_champion(self._registry, order.model, where=self._where, runtime=self._runtime)
        if live is None:
            raise RetrainingError(f"{order.model} has no version to retrain", hint="publish one first")
        if order.key and (made := self._made_before(order, live.version)):
            self._record(journal_entries.made(order, made))  # the earlier run may have been killed before this
            return made
        try:
            done = self._retrain(order, live)
        except RefusedError as error:
            self._record(journal_entries.refused(order, live.version, error))
            raise
        self._record(journal_entries.made(order, done.published))
        return done

    def _retrain(self, order: RetrainingOrder, live: LiveModel) -> Retrained:
        self._progress(f"reading version {live.version} ({live.chosen})")
        champion = Champion(self._registry, order.model, live.version, live.sha256)
        refit, before = champion.refit, champion.training_rows(order.train)
        parted, findings = self._labels(order, champion, before)
        self._progress(f"fitting on {len(before.rows):,} rows and {len(parted.learn):,} new ones")
        rows = [*before.rows, *(one.row for one in parted.learn)]
        target = [*before.target, *(one.target for one in parted.learn)]
        material = PublishInputs(
            estimator=refit.fit(rows, target),
            X=refit.frame([one.row for one in parted.judge]),
            y=refit.target([one.target for one in parted.judge]),
            target=champion.signature.output.target,
            train=refit.frame(rows),
            train_y=refit.target(target),
            keep=True,
            learnt_from=[*before.ids, *(one.id for one in parted.learn)],
            order=_order(parted.judge),
            train_order=np.concatenate([np.full(len(before.rows), np.nan), _order(parted.learn)]),
        )
        published = self._publish(order, champion, live, material)
        return Retrained(
            published=published,
            champion=live.version,
            findings=findings,
            learnt=len(parted.learn),
            held_out=len(parted.judge),
        )

    def _labels(
        self, order: RetrainingOrder, champion: Champion, before: TrainingRows
    ) -> tuple[Split, tuple[Finding, ...]]:
        self._progress(f"reading outcomes of the last {order.since.days} days")
        end = int(order.now.timestamp())
        start = end - int(order.since.total_seconds())
        found = labelled(self._ledger, order.model, champion.signature, start, end)
        parted = split(
            found.rows,
            champion.digests([one.row for one in found.rows]),
            champion.learnt(before),
            (name for name in before.ids if name),
            share=order.limits.held_out,
        )
        numeric = champion.signature.output.task == "regression"
        findings = guard(found, parted, before.target, order.limits, numeric=numeric, now=order.now)
        if refusing := [one for one in findings if one.refuses]:
            raise RetrainingError(
                "the labels failed their checks: " + "; ".join(_said(one) for one in refusing),
                findings=findings,
                hint=refusing[0].detail,
            )
        return parted, findings

    def _publish(
        self, order: RetrainingOrder, champion: Champion, live: LiveModel, material: PublishInputs
    ) -> Published:
        proved = prove(
            material,
            ProofOptions(policy=champion.policy()),
            lambda: live,
            runtime=self._runtime,
            progress=self._progress,
        )
        if proved.verdict.refused:
            raise GateError(proved.verdict)
        by = f"{order.by}, retrained from version {live.version} because {order.why}{_mark(order)}"
        return store(
            order.model, material, proved, forced=None, registry=self._registry, by=by, progress=self._progress
        )

    def _made_before(self, order: RetrainingOrder, live: int) -> Published | None:
        newer = takewhile(lambda one: one[0].version >= live, self._registry.lineage(order.model))
        made = (Published(*one) for one in newer)
        return next((one for one in made if one.manifest.created_by.endswith(_mark(order))), None)

    def _record(self, draft: Draft) -> None:
        """Write a record; a failure is only reported as progress, because the retraining itself is done."""
        if self._journal is None:
            return
        try:
            self._journal.append(draft)
        except FairleadError as failure:
            self._progress(f"the result is not in the journal: {failure}")


def _said(finding: Finding) -> str:
    return f"{finding.finding}: {finding.figure} (required: {finding.threshold})"


def _order(rows: Sequence[Labelled]) -> Floats:
    return np.array([one.at for one in rows], dtype=np.float64)


def _mark(order: RetrainingOrder) -> str:
    """Return the mark of this order's version in `created_by`, by which a retried event finds it."""
    return f" ({order.key})" if order.key else ""
