"""A model at a moment, for people: its versions, the stack's alarms, and what was done of late."""

from collections.abc import Iterable
from datetime import datetime, timedelta

import msgspec

from fairlead.aws.cloudwatch_alarms import Standing
from fairlead.feedback.ledger.reader import LedgerReader
from fairlead.journal.alias_state import live_of
from fairlead.journal.journal import Entry, Journal
from fairlead.monitoring.history import Course, course
from fairlead.monitoring.reader import Looker
from fairlead.monitoring.views import Quality, View
from fairlead.registry.store import Registry

TOLD = frozenset({"moved", "found", "failed", "retired", "decided"})
"""Kinds of records that changed what answers, or say why nothing did."""
MOST_RECORDS = 20


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """What `fairlead monitor` shows. `live` is the live version, None where another model is live.

    `views` are of the versions that answered, what is live first; `records` of the journal are newest first.
    """

    model: str
    at: datetime
    hours: int
    live: int | None
    views: tuple[View, ...]
    alarms: tuple[Standing, ...]
    records: tuple[Entry, ...]
    course: Course

    @property
    def first(self) -> View | None:
        """The view that most readers come for: of what is live, else of the latest version that answered."""
        return self.views[0] if self.views else None


def look(
    model: str,
    at: datetime,
    hours: int,
    *,
    registry: Registry,
    ledger: LedgerReader,
    journal: Journal,
    alarms: Iterable[Standing],
    looker: Looker | None = None,
) -> Overview:
    """See a model with everything around it; raises NotFoundError for an unknown one.

    A `looker` of the same ledger and registry that has looked before need not read again what is long past.
    """
    registry.latest(model)
    standing = journal.standing().live
    release = live_of(standing).release if standing else None
    live = release.version if release and release.model == model else None
    looker = looker or Looker(ledger, registry)
    seen = looker.models().get(model, [])
    window = looker.window(model, seen, at.timestamp(), hours=hours)
    versions = sorted(window.busy, key=lambda version: (version != live, -version))
    return Overview(
        model=model,
        at=at,
        hours=hours,
        live=live,
        views=tuple(looker.view(window, version, live=version == live) for version in versions),
        alarms=tuple(alarms),
        records=told(journal.history(), model, at, hours),
        course=course(looker, ledger, seen, at.timestamp(), hours),
    )


def against(quality: Quality) -> str:
    """Say how a figure stands against the published one."""
    if quality.now is None:
        return "too few outcomes"
    if quality.drop is None:
        return "nothing was published"
    return f"worse by {quality.drop:.3g} at least" if quality.drop > 0 else "not shown to be worse"


def told(entries: Iterable[Entry], model: str, at: datetime, hours: int) -> tuple[Entry, ...]:
    """Return the records of a stretch of time that are about a model and tell of a change or a decision."""
    since = at - timedelta(hours=hours)
    found: list[Entry] = []
    for entry in entries:
        record = entry.record
        if record.kind != "unreadable" and record.at < since:
            break
        releases = [release for release in (record.was, record.now) if release]
        ours = model in {record.model, *(release.model for release in releases)}
        moved = record.kind in TOLD and record.alias != "previous"
        if ours and moved and since <= record.effective <= at:
            found.append(entry)
    return tuple(found[:MOST_RECORDS])
