"""The page of `fairlead fleet --html`: one self-contained file in the style of report and dashboard."""

from collections.abc import Callable
from xml.etree.ElementTree import Element

from fairlead.fleet.summary import Fleet, StackSummary
from fairlead.html import formatting
from fairlead.html.blocks import section, table
from fairlead.html.elements import Children, Content, e
from fairlead.html.page import page
from fairlead.html.stylesheet import DARK, STYLES
from fairlead.monitoring.dashboard.styles import OWN
from fairlead.monitoring.dashboard.time_axis import utc_text

SIGNS = {"pass": "✓", "warn": "!", "fail": "✕"}


def render(found: Fleet) -> str:
    """Return the page. Names of users are escaped as text."""
    footer = f"Fairlead · as of {utc_text(found.at)} UTC · list prices of us-east-1"
    return page(title(found), STYLES + OWN + DARK, footer, *content(found))


def title(found: Fleet) -> str:
    """Return the page's title."""
    return f"Fleet in {found.region}"


def content(found: Fleet, *, named: Callable[[StackSummary], Content] = lambda one: one.stack) -> list[Element]:
    """Return the header and the sections; `named` returns a stack's name as the tables show it."""
    opening = e(
        "header",
        e("p", "Fairlead fleet", class_="kicker"),
        e("h1", title(found)),
        e("p", f"{formatting.plural(found.hours, 'hour')} to {utc_text(found.at)} UTC."),
        _verdict(found),
        e("dl", [e("div", e("dt", name), e("dd", said)) for name, said in _key(found)], class_="key"),
    )
    if not found.stacks:
        return [opening]
    problems = [section("Not readable", _problems(found))] if any(one.problems for one in found.stacks) else []
    return [opening, section("Live", _live(found, named)), section("Quality and drift", _quality(found)), *problems]


def _verdict(found: Fleet) -> Element:
    ringing = [one.stack for one in found.stacks if one.alarms]
    unread = [one.stack for one in found.stacks if one.problems]
    if ringing:
        kind, title, said = "fail", f"{formatting.plural(len(ringing), 'stack')} with an alarm", ", ".join(ringing)
    elif unread:
        kind, title = "warn", f"{formatting.plural(len(unread), 'stack')} could not be read in full"
        said = ", ".join(unread)
    elif not found.stacks:
        kind, title, said = "warn", "No stack", "There is no Fairlead stack in this account and region."
    else:
        kind, title, said = "pass", "No alarm", "Every stack was read, and none has an alarm."
    sign = e("span", SIGNS[kind], class_="sign", aria_hidden="true")
    return e("div", sign, e("strong", title), e("p", said, class_="soft"), class_=f"verdict {kind}")


def _key(found: Fleet) -> list[tuple[str, Children]]:
    costs = [one.idle_dollars for one in found.stacks if one.idle_dollars is not None]
    return [
        ("Stacks", str(len(found.stacks))),
        ("With a live model", str(sum(one.model is not None for one in found.stacks))),
        ("Requests", f"{sum(one.requests or 0 for one in found.stacks):,}"),
        ("Idle cost", [f"${sum(costs):.2f}", e("span", "a month without calls")]),
    ]


def _live(found: Fleet, named: Callable[[StackSummary], Content]) -> Element:
    heads = ("stack", "live", "since (UTC)", "requests", "errors", "p99, ms", "alarms", "idle $ a month")
    return table(heads, [(named(one), *_live_row(one)) for one in found.stacks], numbers=(3, 4, 5, 7))


def _live_row(one: StackSummary) -> tuple[Element | str, ...]:
    alarms = "–" if one.alarms is None else ", ".join(one.alarms) or "none"
    return (
        e("td", one.live or ("–" if one.problems else "no model"), class_="short"),
        e("td", utc_text(one.since) if one.since else "–", class_="short"),
        "–" if one.requests is None else f"{one.requests:,}",
        "–" if one.error_share is None else formatting.share(one.error_share, 1),
        formatting.figure(one.latency_ms),
        e("td", alarms, class_="standing") if one.alarms else alarms,
        "–" if one.idle_dollars is None else f"{one.idle_dollars:.2f}",
    )


def _quality(found: Fleet) -> Element:
    heads = ("stack", "metric", "now", "published", "change", "drifted", "broken in the last hour")
    return table(heads, [_quality_row(one) for one in found.stacks], numbers=(2, 3))


def _quality_row(one: StackSummary) -> tuple[Element | str, ...]:
    quality = one.quality
    return (
        one.stack,
        formatting.metric(quality.metric) if quality else "–",
        formatting.figure(quality.now.value if quality and quality.now else None),
        formatting.figure(quality.published.value if quality and quality.published else None),
        quality.said if quality else "–" if one.problems else "no captured call",
        _names(one.drifted, judged=quality is not None),
        _names(one.broken, judged=quality is not None),
    )


def _names(found: tuple[str, ...] | None, *, judged: bool) -> Element | str:
    if found is None:
        return "not enough data" if judged else "–"
    return e("td", ", ".join(found), class_="standing") if found else "none"


def _problems(found: Fleet) -> Element:
    rows = [(one.stack, one.status, problem) for one in found.stacks for problem in one.problems]
    return table(("stack", "status", "reason"), rows)
