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
"""Inputs and answers whose course is drawn: those that rank first."""


def what_happened(found: Overview) -> Element | None:
    """Versions as bands, and what was done as marks."""
    if not found.course.lines:
        return None
    return section(
        "What happened",
        paragraph(f"{charts.caption(found.course)}. Numbers are what was done, as the journal has it."),
        e("div", figure(charts.bands(found.course, marks(found))), class_="wide"),
        tables.done(found.records) if found.records else paragraph("Nothing was done in this time."),
    )


def how_good(found: Overview) -> Element | None:
    """Each version's figure over time against what was published, and as a table."""
    lines = found.course.lines
    if not lines:
        return None
    span = found.course.span_hours
    return section(
        "Quality",
        paragraph(
            f"A point is the figure over the {span:g} hours before it; the band is its 95 % interval, the dashed line "
            "what was published. Only predictions old enough for their outcomes to be in are judged in the table. "
            "“Expected” is the accuracy that the stated probabilities suggest, without outcomes: advice."
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
    """How many outcomes are known, and how late they come."""
    if not found.course.lines:
        return None
    delay = found.views[0].labels.delay_hours if found.views else None
    said = f"Nine in ten come within {formatting.plural(delay, 'hour')}." if delay else "None was ever reported."
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
    """Drift of the first version, drawn and listed; of the others, listed."""
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
            f"The population stability index of version {first.version} against its baseline, over the "
            f"{found.course.span_hours:g} hours before each point, ranked by how much moved and how much the model "
            f"relies on it. The dashed line is {limits.psi:g}: drift needs that much, and evidence over the window."
        ),
        e("div", drawn, class_="row features"),
        tables.findings(first),
        [details(f"Version {view.version}", tables.findings(view)) for view in judged[1:]],
    )


def alarms(found: Overview) -> Element | None:
    """The stack's alarms as they stand."""
    return section("Alarms", tables.standing(found.alarms)) if found.alarms else None


SECTIONS: tuple[Callable[[Overview], Element | None], ...] = (what_happened, how_good, outcomes, moved, alarms)


def marks(found: Overview) -> list[Mark]:
    """Return what was done, oldest first, numbered from 1."""
    return [Mark(number, entry.record.effective) for number, entry in enumerate(reversed(found.records), 1)]


def _strong(one: Line) -> Element:
    return e("strong", f"Version {one.version}")
