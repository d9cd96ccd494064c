"""A model: its versions with their metrics side by side, and a form that compares two of them."""

from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple
from xml.etree.ElementTree import Element

from fairlead.errors import FairleadError, NotFoundError
from fairlead.html import formatting
from fairlead.html.blocks import Cell, paragraph, section, table
from fairlead.html.elements import Children, e
from fairlead.model.manifest import Manifest
from fairlead.model.principal import named
from fairlead.monitoring.dashboard.time_axis import utc_text
from fairlead.registry import retirements
from fairlead_cli.console.visit import Page, Visit, link
from fairlead_cli.findings import count
from fairlead_cli.stack import roles

SHOWN = 12
"""Versions of a page, newest first."""
READ_AT_ONCE = 8
MOST_METRICS = 5
MOST_LETTERS = 60


class Listed(NamedTuple):
    """One version as the table shows it; `manifest` is None where it cannot be read, and `problem` says why."""

    number: int
    manifest: Manifest | None
    problem: str
    tags: tuple[str, ...]


def page(visit: Visit) -> Page:
    """Return a model's page; raises NotFoundError for an unknown model."""
    visit.registry.latest(visit.model)
    numbers = visit.registry.versions(visit.model)
    before = visit.number("before", numbers[-1] + 1, numbers[-1] + 1)
    shown = [number for number in reversed(numbers) if number < before][:SHOWN]
    if not shown:
        raise NotFoundError(f"{visit.model} has no version older than {before}", hint="choose one on the model's page")
    listed, problem = _listed(visit, shown)
    older = [number for number in numbers if number < shown[-1]]
    return Page(
        visit.model,
        [
            e(
                "header",
                e("p", "Model", class_="kicker"),
                e("h1", visit.model),
                e("p", _said(listed, len(numbers))),
                e("p", link("Roll back", visit.of_model("rollback"))) if visit.actions else None,
            ),
            e("p", f"The live release is unknown: {problem}", class_="wrong") if problem else None,
            section(
                "Versions",
                paragraph("Metrics are those of publishing, on each version's own held-out rows, with 95 % intervals."),
                _form(visit, listed),
                paragraph(link(f"{len(older)} older", visit.of_model(before=shown[-1])), soft=False) if older else None,
            ),
        ],
    )


def _listed(visit: Visit, numbers: Sequence[int]) -> tuple[list[Listed], str]:
    """Return the versions, and why it is not known which are live."""
    gone = retirements.retired(visit.registry.objects, visit.model)
    try:
        role, problem = roles(visit.settings, visit.model), ""
    except FairleadError as error:
        role, problem = {}, str(error)
    with ThreadPoolExecutor(READ_AT_ONCE) as pool:
        found = pool.map(lambda number: _one(visit, number, role.get(number, ""), number in gone), numbers)
        return list(found), problem


def _one(visit: Visit, number: int, role: str, retired: bool) -> Listed:
    marks = (*([role] if role else []), *(["retired"] if retired else []))
    try:
        manifest, _ = visit.registry.manifest(visit.model, number)
    except FairleadError as error:
        return Listed(number, None, str(error), marks)
    forced = ("forced",) if manifest.forced else ()
    code = (f"own code {manifest.package}",) if manifest.engine.code else ()
    return Listed(number, manifest, "", (*marks, *forced, *code))


def _said(listed: Sequence[Listed], total: int) -> str:
    live = next((f"Version {one.number} is live" for one in listed if "live" in one.tags), "No version shown is live")
    return f"{formatting.plural(total, 'version')}. {live}."


def _form(visit: Visit, listed: Sequence[Listed]) -> Element:
    metrics = _metrics(listed)
    first, second = _suggested(listed)
    comparable = len(listed) > 1
    choices = ("compare", "with") if comparable else ()
    heads = ("version", *choices, "created (UTC)", "engine", "rows", *map(formatting.metric, metrics))
    rows = [
        [_name(visit, one), *_choice(one, first, second)[: len(choices)], *_facts(one), *_figures(one, metrics)]
        for one in listed
    ]
    numbers = range(len(choices) + 3, len(heads))
    return e(
        "form",
        table(heads, rows, numbers=numbers),
        e("div", e("button", "Compare the two", type="submit"), class_="buttons") if comparable else None,
        action=visit.of_model("compare"),
        method="get",
    )


def _metrics(listed: Sequence[Listed]) -> list[str]:
    """Return the names of the metrics in the order of the newest manifest; recalls of classes are on other pages."""
    names = [name for one in listed if one.manifest for name in one.manifest.metrics if ":" not in name]
    return list(dict.fromkeys(names))[:MOST_METRICS]


def _suggested(listed: Sequence[Listed]) -> tuple[int, int]:
    """Return the versions that the form compares at first: the live one, else the second newest, with the newest."""
    newest = listed[0].number
    others = [one for one in listed if one.number != newest]
    live = next((one.number for one in others if "live" in one.tags), others[0].number if others else newest)
    return live, newest


def _name(visit: Visit, one: Listed) -> Element:
    name = link(f"version {one.number}", visit.of_version(one.number))
    return e("th", name, [_tag(tag) for tag in one.tags], scope="row")


def _facts(one: Listed) -> list[Cell]:
    if one.manifest is None:
        return [one.problem, "", ""]
    manifest, by = one.manifest, formatting.clipped(named(one.manifest.created_by), MOST_LETTERS)
    gate = count(manifest.findings) if manifest.findings else "no gate"
    return [
        e("td", utc_text(manifest.created), e("small", f"by {by}")),
        e("td", manifest.engine.name, e("small", gate)),
        f"{manifest.rows.get('held_out', 0):,}",
    ]


def _tag(text: str) -> Element:
    return e("span", text, class_="tag bad" if text in {"retired", "forced"} else "tag")


def _figures(one: Listed, metrics: Sequence[str]) -> Iterator[Cell]:
    known: Mapping[str, object] = one.manifest.metrics if one.manifest else {}
    for name in metrics:
        metric = one.manifest.metrics[name] if one.manifest and name in known else None
        said: Children = [formatting.figure(metric.value), e("small", formatting.interval(metric))] if metric else "–"
        yield e("td", said, class_="number")


def _choice(one: Listed, first: int, second: int) -> list[Element]:
    return [
        e("td", e("label", _radio(name, one.number, one.number == chosen, said)), class_="choice")
        for name, chosen, said in (("a", first, "compare"), ("b", second, "with"))
    ]


def _radio(name: str, number: int, chosen: bool, said: str) -> Element:
    return e("input", type="radio", name=name, value=number, checked=chosen, aria_label=f"{said} version {number}")
