"""The tables of the page: the charts' data as numbers."""

from collections.abc import Sequence
from xml.etree.ElementTree import Element

from fairlead.aws.cloudwatch_alarms import AlarmState
from fairlead.drift import DriftFinding
from fairlead.html import formatting
from fairlead.html.blocks import table
from fairlead.html.elements import e
from fairlead.journal.journal import Entry
from fairlead.journal.records import Record
from fairlead.model.manifest import Metric
from fairlead.model.principal import named
from fairlead.model.release import Release
from fairlead.monitoring.dashboard.time_axis import utc_text
from fairlead.monitoring.history import called
from fairlead.monitoring.overview import against
from fairlead.monitoring.views import View


def done(entries: Sequence[Entry]) -> Element:
    """Return the table of journal records, oldest first, with the numbers of their marks."""
    rows = [
        (str(number), _short(utc_text(record.effective)), record.kind, _moving(record), named(record.by), record.why)
        for number, (_, record) in enumerate(reversed(entries), 1)
    ]
    return table(("", "when (UTC)", "what", "from → to", "by", "why"), rows)


def measured(views: tuple[View, ...]) -> Element:
    """Return the table of each version's figure and the published one."""
    rows = [
        (
            f"version {view.version}" + (", live" if view.live else ""),
            formatting.metric(view.quality.metric),
            _figure(view.quality.now),
            _figure(view.quality.published),
            against(view.quality),
            f"{view.quality.outcomes:,}",
            f"{view.quality.effective_outcomes:,.0f}",
            f"{utc_text(view.quality.since)} to {utc_text(view.quality.until)}",
            _figure(view.estimate),
        )
        for view in views
    ]
    heads = ("", "metric", "now", "published", "change", "outcomes", "effective", "predictions from", "expected")
    return table(heads, rows, numbers=(5, 6))


def known(views: tuple[View, ...]) -> Element:
    """Return the table of each version's outcome counts."""
    rows = [
        (
            f"version {view.version}",
            f"{view.labels.predictions:,}",
            f"{view.labels.outcomes:,}",
            "–" if view.labels.coverage is None else f"{view.labels.coverage:.1%}",
            f"{view.labels.invalid:,}",
            f"{view.labels.conflicts:,}",
        )
        for view in views
    ]
    heads = ("", "predictions", "outcomes", "coverage of mature ones", "invalid", "conflicts")
    return table(heads, rows, numbers=(1, 2, 3, 4, 5))


def findings(view: View) -> Element:
    """Return the table of a version's drift findings, by rank."""
    rows = [
        (
            called(one),
            one.verdict,
            f"{one.psi:.3f}",
            "–" if one.importance is None else f"{one.importance:.0%}",
            *_shares(one),
            one.words,
        )
        for one in (view.judged.findings if view.judged else ())
    ]
    heads = ("", "verdict", "PSI", "importance", "missing", "new or out of range", "explanation")
    return table(heads, rows, numbers=(2, 3, 4, 5))


def standing(alarms: tuple[AlarmState, ...]) -> Element:
    """Return the table of alarms, those in state ALARM first."""
    order = sorted(alarms, key=lambda alarm: (alarm.state != "ALARM", alarm.name))
    rows = [
        (
            alarm.name,
            e("td", alarm.state, class_="standing") if alarm.state == "ALARM" else alarm.state,
            _short(utc_text(alarm.since)),
            alarm.reason,
        )
        for alarm in order
    ]
    return table(("", "state", "since (UTC)", "reason"), rows)


def _shares(one: DriftFinding) -> tuple[str, str]:
    outside = one.unseen if one.unseen is not None else one.out_of_range
    return f"{one.missing:.1%}", "–" if outside is None else f"{outside:.1%}"


def _figure(metric: Metric | None) -> str:
    return f"{formatting.figure(metric.value)} ({formatting.interval(metric)})" if metric else "–"


def _moving(record: Record) -> str:
    return " → ".join(_release(release) for release in (record.was, record.now) if release)


def _short(text: str) -> Element:
    return e("td", text, class_="short")


def _release(one: Release) -> str:
    return f"r{one.release} {one.model}@{one.version}" if one.model else f"r{one.release}"
