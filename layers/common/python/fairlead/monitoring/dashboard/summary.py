"""The header of the page: the live version, its figures, and a verdict."""

from xml.etree.ElementTree import Element

from fairlead.html import formatting
from fairlead.html.blocks import slug
from fairlead.html.elements import Children, e
from fairlead.monitoring.dashboard.time_axis import utc_text
from fairlead.monitoring.overview import Overview, against
from fairlead.monitoring.views import View

NAMED = 3
"""Broken inputs that are listed by name."""
SIGNS = {"pass": "✓", "warn": "!", "fail": "✕"}


def opening(found: Overview, titles: list[str]) -> Element:
    """Return the header, with links to the sections."""
    return e(
        "header",
        e("p", "Fairlead monitor", class_="kicker"),
        e("h1", found.model),
        e("p", f"{formatting.plural(found.hours, 'hour')} to {utc_text(found.at)} UTC."),
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
        title = f"{formatting.plural(len(standing), 'alarm is', 'alarms are')} in state ALARM"
        worse = view is not None and view.quality.drop is not None and view.quality.drop > 0
        also = f"; version {view.version} is {against(view.quality)}" if view and worse else ""
        return "fail", title, ", ".join(standing) + also + (f"; {_broken(view)}" if view and view.broken else "")
    if view is None:
        return "warn", "No data", "No version answered, or capture is off."
    return _of(view)


def _of(view: View) -> tuple[str, str, str]:
    """Return the verdict on a version without an alarm."""
    if view.quality.drop is not None and view.quality.drop > 0:
        return "fail", f"Version {view.version} is worse than when it was published", against(view.quality)
    if view.broken:
        return "fail", f"Inputs of version {view.version} broke", _broken(view)
    if view.judged and view.judged.drift:
        moved = [str(one.feature) for one in view.judged.findings if one.verdict == "drift"]
        return "warn", f"Inputs or answers of version {view.version} drifted", ", ".join(moved)
    if view.quality.now is None:
        missing = "No alarm and no drift, but too few outcomes to judge the quality."
        return "warn", "No problem found", missing
    return ("pass", "No problem found", "No alarm, no drift, and no evidence of worse quality.")


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
        f"90 % arrive within {formatting.plural(labels.delay_hours, 'hour')}"
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
