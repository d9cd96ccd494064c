"""The journal of a model: the timeline of its releases, and the decisions about it, with who, why and evidence."""

import re
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from itertools import islice
from xml.etree.ElementTree import Element

from fairlead.html import formatting
from fairlead.html.blocks import details, facts, paragraph, table
from fairlead.html.elements import Children, e
from fairlead.journal.journal import Entry
from fairlead.journal.records import Record
from fairlead.model.principal import named
from fairlead_cli.console.visit import Page, Visit, link
from fairlead_cli.journal_view import concerns, moving, strategy, what, who
from fairlead_cli.times import utc_text

SHOWN = 30
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d.*\+00:00")


def timeline(visit: Visit) -> Page:
    """Return the records of moves, releases and retirements, newest first."""
    said = "Every change of live and previous, with its reason, from the stack's journal, newest first."
    return _page(visit, "Release timeline", "timeline", said, lambda record: record.kind != "decided")


def decisions(visit: Visit) -> Page:
    """Return the records of the system's decisions about alarms and retrainings, newest first."""
    said = "Decisions of the system about alarms and retrainings, with reasons, from the stack's journal, newest first."
    return _page(visit, "Decisions", "decisions", said, lambda record: record.kind == "decided")


def _page(visit: Visit, title: str, path: str, said: str, chosen: Callable[[Record], bool]) -> Page:
    shown = visit.number("limit", SHOWN, 10_000)
    every = (one for one in visit.journal.history() if concerns(one.record, visit.model) and chosen(one.record))
    found = list(islice(every, shown + 1))
    if not found:
        visit.registry.latest(visit.model)  # raises NotFoundError if there is no such model
    more = link(f"Show {SHOWN} more", visit.of_model(path, limit=shown + SHOWN)) if len(found) > shown else None
    return Page(
        f"{visit.model}: {title.lower()}",
        [
            e("header", e("p", visit.model, class_="kicker"), e("h1", title), e("p", said)),
            e("ol", [_entry(one, visit.stack.life) for one in found[:shown]], class_="records")
            if found
            else paragraph("The journal has no such record.", soft=False),
            paragraph(more, soft=False) if more is not None else None,
        ],
        live=True,
    )


def _entry(entry: Entry, life: str) -> Element:
    label, record = entry
    if record.kind == "unreadable":
        return e("li", e("h2", f"Record {label} cannot be read"), e("p", record.why))
    shares = "".join(f", {share:.0%}" for share in record.weights.values())
    how = f", {strategy(record)}" if strategy(record) else ""
    evidence = record.evidence | ({"deployment": record.deployment} if record.deployment else {})
    return e(
        "li",
        e("h2", formatting.capitalized(what(record)), e("span", moving(record, life) + how + shares, class_="soft")),
        e("p", record.why) if record.why else None,
        paragraph(f"{utc_text(record.effective)} by {who(record)} · record {label}"),
        details(f"Evidence of record {label}", _shown(evidence)) if evidence else None,
        class_=record.kind,
    )


def _shown(value: object) -> Children:
    """Return a value of the evidence: a list of facts, a table, or text."""
    if isinstance(value, Mapping):
        return facts([(str(name).replace("_", " "), _shown(one)) for name, one in value.items()])
    if isinstance(value, Sequence) and not isinstance(value, str):
        rows = [one for one in value if isinstance(one, Mapping)]
        return _rows(rows) if rows and len(rows) == len(value) else ", ".join(map(_text, value))
    return _text(value)


def _rows(rows: Sequence[Mapping[str, object]]) -> Element:
    names = list(dict.fromkeys(name for one in rows for name in one))
    return table(names, [[_text(one.get(name, "")) for name in names] for one in rows])


def _text(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        return ", ".join(f"{name} {_text(one)}" for name, one in value.items())
    if isinstance(value, float):
        return formatting.figure(value)
    if isinstance(value, str):
        return utc_text(datetime.fromisoformat(value)) if TIME.fullmatch(value) else named(value)
    return "–" if value is None else str(value)
