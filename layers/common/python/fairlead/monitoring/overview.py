"""Overview of a model at a time, for operators: its versions, the stack's alarms, and recent journal records."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Self

import msgspec

from fairlead.aws.cloudwatch_alarms import AlarmState
from fairlead.errors import NotFoundError
from fairlead.feedback.ledger.reader import LedgerReader
from fairlead.journal.alias_state import live_of
from fairlead.journal.journal import Entry, Journal
from fairlead.monitoring.history import Course, course
from fairlead.monitoring.reader import ViewReader
from fairlead.monitoring.views import Quality, View
from fairlead.registry.store import Registry

SHOWN_KINDS = frozenset({"moved", "found", "failed", "retired", "decided"})
"""Kinds of records that changed the live release, or say why it did not change."""
MOST_RECORDS = 20


class Overview(msgspec.Struct, frozen=True, kw_only=True):
    """Content of `fairlead monitor`. `live` is the live version, None if another model is live.

    `views` are of the versions that answered, the live one first. `records` are from the journal, newest first.
    """

    model: str
    at: datetime
    hours: int
    live: int | None
    views: tuple[View, ...]
    alarms: tuple[AlarmState, ...]
    records: tuple[Entry, ...]
    course: Course

    @property
    def first(self) -> View | None:
        """The most important view: of the live version, else of the latest version that answered."""
        return self.views[0] if self.views else None

    def checked(self) -> Self:
        """Return this; raises NotFoundError if no version answered, so that there is nothing to show."""
        if self.views:
            return self
        raise NotFoundError(
            f"no prediction of {self.model} was captured in {self.hours} hours",
            hint="choose a longer time; the stack's parameter CaptureRate is the share of requests that is captured",
        )


def read_overview(
    model: str,
    at: datetime,
    hours: int,
    *,
    registry: Registry,
    ledger: LedgerReader,
    journal: Journal,
    alarms: Iterable[AlarmState],
    view_reader: ViewReader | None = None,
) -> Overview:
    """Return the overview of a model; raises NotFoundError for an unknown model.

    Pass a `view_reader` of the same ledger and registry to reuse its cache of older counters.
    """
    registry.latest(model)
    standing = journal.standing().live
    release = live_of(standing).release if standing else None
    live = release.version if release and release.model == model else None
    view_reader = view_reader or ViewReader(ledger, registry)
    seen = view_reader.models().get(model, [])
    window = view_reader.window(model, seen, at.timestamp(), hours=hours)
    versions = sorted(window.busy, key=lambda version: (version != live, -version))
    return Overview(
        model=model,
        at=at,
        hours=hours,
        live=live,
        views=tuple(view_reader.view(window, version, live=version == live) for version in versions),
        alarms=tuple(alarms),
        records=recent_records(journal.history(), model, at, hours),
        course=course(view_reader, ledger, seen, at.timestamp(), hours),
    )


def against(quality: Quality) -> str:
    """Return how a figure compares with the published one."""
    if quality.now is None:
        return "too few outcomes"
    if quality.drop is None:
        return "no published figure"
    return f"worse by at least {quality.drop:.3g}" if quality.drop > 0 else "no evidence that it is worse"


def recent_records(entries: Iterable[Entry], model: str, at: datetime, hours: int) -> tuple[Entry, ...]:
    """Return a model's records of changes and decisions in a time range, newest first."""
    since = at - timedelta(hours=hours)
    found: list[Entry] = []
    for entry in entries:
        record = entry.record
        if record.kind != "unreadable" and record.at < since:
            break
        releases = [release for release in (record.was, record.now) if release]
        ours = model in {record.model, *(release.model for release in releases)}
        moved = record.kind in SHOWN_KINDS and record.alias != "previous"
        if ours and moved and since <= record.effective <= at:
            found.append(entry)
    return tuple(found[:MOST_RECORDS])
