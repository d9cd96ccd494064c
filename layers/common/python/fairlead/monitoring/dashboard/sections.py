"""The sections of the page, in order."""

from collections.abc import Callable
from xml.etree.ElementTree import Element

from fairlead.drift import Thresholds
from fairlead.html import formatting
from fairlead.html.blocks import details, figure, paragraph, section
from fairlead.html.elements import e
from fairlead.monitoring.dashboard import charts, tables
from fairlead.monitoring.dashboard.time_axis import Mark
from fairlead.monitoring.history import Line, called
from fairlead.monitoring.overview import Overview

DRAWN = 9
"""Number of inputs and answers with a drift chart: those that rank first."""


def what_happened(found: Overview) -> Element | None:
    """Return the section with traffic by version, and journal records as marks."""
    if not found.course.lines:
        return None
    return section(
        "What happened",
        paragraph(f"{charts.caption(found.course)}. Numbers mark the journal records in the table."),
        e("div", figure(charts.bands(found.course, marks(found))), class_="wide", tabindex=0),
        tables.done(found.records)
        if found.records
        else paragraph("The journal has no change or decision in this time."),
    )


def how_good(found: Overview) -> Element | None:
    """Return the section with each version's quality over time and in a table."""
    lines = found.course.lines
    if not lines:
        return None
    span = found.course.span_hours
    return section(
        "Quality",
        paragraph(
            f"A point is the figure over the {span:g} hours before it. The band is its 95 % interval, the dashed line "
            "the published figure. The table counts only mature predictions, which are old enough for their outcomes "
            "to be known. “Expected” is the accuracy that the predicted probabilities suggest, without outcomes."
        ),
        e(
            "div",
            [
                figure(charts.quality(found.course, one, charts.reach(lines), marks(found)), _strong(one))
                for one in lines
            ],
            class_="row two",
        ),
        tables.measured(found.views),
    )


def outcomes(found: Overview) -> Element | None:
    """Return the section with the coverage and the delay of outcomes."""
    if not found.course.lines:
        return None
    delay = found.views[0].labels.delay_hours if found.views else None
    said = f"90 % arrive within {formatting.plural(delay, 'hour')}." if delay else "No outcome was reported."
    return section(
        "Outcomes",
        paragraph(f"{said} A bar is the share of a step's predictions whose outcome is known by now."),
        e(
            "div",
            [figure(charts.coverage(found.course, one), _strong(one)) for one in found.course.lines],
            class_="row two",
        ),
        tables.known(found.views),
    )


def moved(found: Overview) -> Element | None:
    """Return the section with the first version's drift as charts and a table, and the others' as tables."""
    judged = [view for view in found.views if view.judged]
    if not judged:
        return None
    limits, first = Thresholds(), judged[0]
    line = next((one for one in found.course.lines if one.version == first.version), None)
    listed = first.judged.findings[:DRAWN] if first.judged else ()
    drawn = [
        figure(charts.drift(found.course, line, called(one), limits.psi), e("strong", called(one)), f": {one.verdict}")
        for one in listed
        if line
    ]
    return section(
        "Drift",
        paragraph(
            f"The population stability index (PSI) of version {first.version} against its baseline, over the "
            f"{found.course.span_hours:g} hours before each point, ranked by the change and by how much the model "
            f"relies on the input. Drift needs a PSI of {limits.psi:g} (dashed line) and statistical significance."
        ),
        e("div", drawn, class_="row features"),
        tables.findings(first),
        [details(f"Version {view.version}", tables.findings(view)) for view in judged[1:]],
    )


def alarms(found: Overview) -> Element | None:
    """Return the section with the states of the stack's alarms."""
    return section("Alarms", tables.standing(found.alarms)) if found.alarms else None


SECTIONS: tuple[Callable[[Overview], Element | None], ...] = (what_happened, how_good, outcomes, moved, alarms)


def marks(found: Overview) -> list[Mark]:
    """Return the records' marks, oldest first, numbered from 1."""
    return [Mark(number, entry.record.effective) for number, entry in enumerate(reversed(found.records), 1)]


def _strong(one: Line) -> Element:
    return e("strong", f"Version {one.version}")
