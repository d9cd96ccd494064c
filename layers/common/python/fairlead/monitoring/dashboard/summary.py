"""The first screen: what is live, how it does, and whether anybody is needed."""

from xml.etree.ElementTree import Element

from fairlead.html import formatting
from fairlead.html.blocks import slug
from fairlead.html.elements import Children, e
from fairlead.monitoring.dashboard.time_axis import spelt
from fairlead.monitoring.overview import Overview, against
from fairlead.monitoring.views import View

NAMED = 3
"""Broken inputs that are named."""
SIGNS = {"pass": "✓", "warn": "!", "fail": "✕"}


def opening(found: Overview, titles: list[str]) -> Element:
    """The header, with links to the sections."""
    return e(
        "header",
        e("p", "Fairlead monitor", class_="kicker"),
        e("h1", found.model),
        e("p", f"{formatting.plural(found.hours, 'hour')} to {spelt(found.at)} UTC."),
        _verdict(found),
        e("dl", [e("div", e("dt", name), e("dd", said)) for name, said in _key(found)], class_="key"),
        e("nav", [(e("a", title, href=f"#{slug(title)}"), " ") for title in titles], aria_label="Sections"),
    )


def _verdict(found: Overview) -> Element:
    kind, title, said = _said(found)
    sign = e("span", SIGNS[kind], class_="sign", aria_hidden="true")
    return e("div", sign, e("strong", title), e("p", said, class_="soft"), class_=f"verdict {kind}")


def _said(found: Overview) -> tuple[str, str, str]:
    standing = [alarm.name for alarm in found.alarms if alarm.state == "ALARM"]
    view = found.first
    if standing:
        title = f"{formatting.plural(len(standing), 'alarm stands', 'alarms stand')}"
        worse = view is not None and view.quality.drop is not None and view.quality.drop > 0
        also = f"; version {view.version} is {against(view.quality)}" if view and worse else ""
        return "fail", title, ", ".join(standing) + also + (f"; {_broken(view)}" if view and view.broken else "")
    if view is None:
        return "warn", "Nothing was captured", "No version answered, or no request is captured."
    return _of(view)


def _of(view: View) -> tuple[str, str, str]:
    """Say how a version does, about which no alarm stands."""
    if view.quality.drop is not None and view.quality.drop > 0:
        return "fail", f"Version {view.version} is worse than when it was published", against(view.quality)
    if view.broken:
        return "fail", f"Inputs of version {view.version} broke", _broken(view)
    if view.judged and view.judged.drift:
        moved = [str(one.feature) for one in view.judged.findings if one.verdict == "drift"]
        return "warn", f"What version {view.version} is asked or answers has moved", ", ".join(moved)
    if view.quality.now is None:
        missing = "No alarm stands and no drift was found, but too few outcomes are known to say how good it is."
        return "warn", "Nothing is known to be wrong", missing
    return (
        "pass",
        "Nothing is known to be wrong",
        "No alarm stands, no drift was found, quality is not shown to be worse.",
    )


def _broken(view: View) -> str:
    found = view.broken or ()
    more = [f"and {len(found) - NAMED} more"] if len(found) > NAMED else []
    return "; ".join([*(f"{one.feature}: {one.words}" for one in found[:NAMED]), *more])


def _key(found: Overview) -> list[tuple[str, Children]]:
    view = found.first
    live = f"version {found.live}" if found.live else "not this model"
    if view is None:
        return [("Live", live)]
    now, published = view.quality.now, view.quality.published
    measured: list[Children] = [formatting.figure(now.value) if now else "–"]
    measured.append(e("span", f"interval {formatting.interval(now)}" if now else "too few outcomes"))
    if published:
        measured.append(e("span", f"published {formatting.figure(published.value)} ({formatting.interval(published)})"))
    drifted = sum(one.verdict == "drift" and one.of == "input" for one in view.judged.findings) if view.judged else 0
    judged = bool(view.judged and view.judged.enough)
    labels = view.labels
    known = "–" if labels.coverage is None else f"{labels.coverage:.0%}"
    late = (
        f"90 % come within {formatting.plural(labels.delay_hours, 'hour')}"
        if labels.delay_hours
        else "none was reported"
    )
    return [
        (
            "Live",
            [live, e("span", f"{formatting.plural(labels.predictions, 'row')} answered by version {view.version}")],
        ),
        (formatting.metric(view.quality.metric), measured),
        (
            "Inputs that drifted",
            [str(drifted) if judged else "–", e("span", "" if judged else "not enough data to judge")],
        ),
        ("Outcomes known", [known, e("span", late)]),
    ]
