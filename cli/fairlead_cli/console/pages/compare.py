"""Two versions of a model beside each other: metrics, slices, signature, importance of inputs, facts."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple
from xml.etree.ElementTree import Element

from fairlead.errors import SettingsError
from fairlead.html import formatting
from fairlead.html.axes import Scale, svg
from fairlead.html.blocks import Cell, details, paragraph, section, table
from fairlead.html.elements import Children, e
from fairlead.html.verdicts import findings_table
from fairlead.html.whiskers import Interval, glyph
from fairlead.model import baseline, compatibility
from fairlead.model.manifest import Finding, Manifest, Metric
from fairlead.registry.retirements import retirement
from fairlead_cli.console.visit import Page, Visit, link
from fairlead_cli.manifest_view import facts

LEFT_OUT = frozenset({"model", "environment"})
"""Facts that are the same, or are compared part by part."""


class Side(NamedTuple):
    """One of the two versions: its manifest, the manifest's digest, the importance of its inputs where measured."""

    manifest: Manifest
    sha256: str
    importance: Mapping[str, float]

    @property
    def name(self) -> str:
        """The name on the page."""
        return f"version {self.manifest.version}"


def page(visit: Visit) -> Page:
    """Return the comparison of versions `a` and `b` of the query; raises SettingsError, NotFoundError."""
    old, new = (_side(visit, name) for name in ("a", "b"))
    return Page(
        f"{visit.model}: {old.name} and {new.name}",
        [
            e(
                "header",
                e("p", f"Comparison · {visit.model}", class_="kicker"),
                e("h1", f"Version {old.manifest.version} and version {new.manifest.version}"),
                e("p", _links(visit, old, new)),
            ),
            _metrics(old, new),
            _paired(old, new),
            _slices(old, new),
            _signature(old, new),
            _importance(old, new),
            _facts(visit, old, new),
        ],
    )


def _side(visit: Visit, name: str) -> Side:
    number = visit.number(name, 0, 10**9)
    if not number:
        raise SettingsError("a comparison needs two versions", hint="choose them on the model's page")
    manifest, sha256 = visit.registry.manifest(visit.model, number)
    importance = {}
    if blob := manifest.blobs.get("baseline"):
        features = baseline.decode(visit.registry.blob(blob)).features
        importance = {one.name: one.importance for one in features if one.importance is not None}
    return Side(manifest, sha256, importance)


def _links(visit: Visit, old: Side, new: Side) -> Children:
    before, after = old.manifest.version, new.manifest.version
    return [
        [(link(one.name, visit.of_version(one.manifest.version)), " · ") for one in (old, new)],
        link("exchange the two versions", visit.of_model("compare", a=after, b=before)),
    ]


def _metrics(old: Side, new: Side) -> Element:
    both = [name for name in new.manifest.metrics if name in old.manifest.metrics]
    if not both:
        return section("Metrics", paragraph("The two have no metric in common."))
    rows = ", ".join(f"{formatting.plural(one.manifest.rows.get('held_out', 0), 'row')} of {one.name}"
                     for one in (old, new))  # fmt: skip
    heads = ("metric", old.name, new.name, "change", f"{old.name} above {new.name}", "evidence")
    return section(
        "Metrics",
        paragraph(
            f"On the held-out rows of each, with 95 % intervals: {rows}. Rows that differ make figures differ too: "
            "intervals that overlap are no evidence of a change."
        ),
        table(heads, [_metric(name, old, new) for name in both], numbers=(1, 2, 3)),
    )


def _metric(name: str, old: Side, new: Side) -> list[Cell]:
    before, after = old.manifest.metrics[name], new.manifest.metrics[name]
    bounds = [bound for one in (before, after) for bound in (one.low, one.high) if bound is not None]
    drawn = (
        [_glyph(side, one, min(bounds), max(bounds)) for side, one in ((old, before), (new, after))] if bounds else []
    )
    return [
        formatting.metric(name),
        _figure(before),
        _figure(after),
        formatting.figure(after.value - before.value),
        e("td", drawn, class_="glyph"),
        _said(before, after),
    ]


def _figure(metric: Metric) -> Element:
    return e("td", formatting.figure(metric.value), e("small", formatting.interval(metric)), class_="number")


def _glyph(side: Side, metric: Metric, low: float, high: float) -> Element | None:
    if metric.low is None or metric.high is None:
        return None
    return glyph(Interval(side.name, metric.value, metric.low, metric.high), low, high)


def _said(before: Metric, after: Metric) -> str:
    if before.low is None or before.high is None or after.low is None or after.high is None:
        return "no interval"
    if after.low > before.high:
        return "higher"
    return "lower" if after.high < before.low else "intervals overlap"


def _paired(old: Side, new: Side) -> Element | None:
    """Return the gate's findings of comparing the two on the same rows; None if it did not compare them."""
    for one, champion in ((new, old), (old, new)):
        found = [finding for finding in one.manifest.findings if finding.check == "champion" and finding.figures]
        if found and one.manifest.champion == champion.manifest.version:
            said = f"The gate compared {one.name} with {champion.name} on the same rows when it was published."
            return section("On the same rows", paragraph(said), findings_table(found, of_one_check=True))
    return None


def _slices(old: Side, new: Side) -> Element:
    before, after = _listed(old), _listed(new)
    names = [*after, *(name for name in before if name not in after)]
    if not names:
        return section("Slices", paragraph("Neither version has slices."))
    heads = ("slice", f"rows, {old.name}", f"rows, {new.name}", old.name, new.name, "change")
    what = "mean absolute error" if new.manifest.signature.output.task == "regression" else "accuracy"
    return section(
        "Slices",
        paragraph(f"The slices that the gate listed for either version: {what}. A dash: not listed for that one."),
        table(heads, [_slice(name, before.get(name), after.get(name), new) for name in names], numbers=range(1, 6)),
    )


def _listed(side: Side) -> dict[str, Finding]:
    return {one.finding: one for one in side.manifest.findings if one.check == "slices" and "rows" in one.figures}


def _slice(name: str, before: Finding | None, after: Finding | None, side: Side) -> list[Cell]:
    regression = side.manifest.signature.output.task == "regression"
    both = [_quality(one, regression=regression) for one in (before, after)]
    change = both[1] - both[0] if both[0] is not None and both[1] is not None else None
    counts = ["–" if one is None else f"{one.figures['rows']:,.0f}" for one in (before, after)]
    return [name, *counts, *map(formatting.figure, both), formatting.figure(change)]


def _quality(one: Finding | None, *, regression: bool) -> float | None:
    if one is None:
        return None
    return one.figures["loss"] if regression else 1 - one.figures["loss"]


def _signature(old: Side, new: Side) -> Element:
    found = compatibility.compare(old.manifest.signature, new.manifest.signature)
    if not found:
        said = f"Identical: every request of {old.name} is valid for {new.name}, with an answer of the same form."
        return section("Signature", paragraph(said, soft=False))
    breaking = sum(one.kind == "breaking" for one in found)
    said = (
        f"{formatting.plural(breaking, 'difference breaks', 'differences break')} callers of {old.name}."
        if breaking
        else f"Every request of {old.name} stays valid."
    )
    rows = [(one.what, e("td", one.kind, class_="standing") if one.kind == "breaking" else one.kind, one.change)
            for one in found]  # fmt: skip
    return section("Signature", paragraph(said, soft=False), table(("difference", "kind", "callers must"), rows))


def _importance(old: Side, new: Side) -> Element:
    names = sorted({*old.importance, *new.importance}, key=lambda one: -new.importance.get(one, 0))
    if not names:
        return section("Importance of inputs", paragraph("Measured for neither version."))
    top = max([*old.importance.values(), *new.importance.values()])
    rows = [[name, *(cell for side in (old, new) for cell in _relied(side, name, top))] for name in names]
    return section(
        "Importance of inputs",
        paragraph("By how much the loss grows when an input's values are shuffled over the held-out rows."),
        table(("input", old.name, f"bar, {old.name}", new.name, f"bar, {new.name}"), rows, numbers=(1, 3)),
    )


def _relied(side: Side, name: str, top: float) -> tuple[Cell, Cell]:
    value = side.importance.get(name)
    if value is None:
        return "–", ""
    width = Scale(0, top, 0, 154)(value)
    bar = e("rect", x=0.0, y=3.0, width=max(width, 1.0), height=10.0, class_="bar")
    drawn = svg(160, 16, f"{name}, {side.name}", f"{formatting.figure(value)} of {formatting.figure(top)}.", bar)
    return formatting.figure(value), e("td", drawn, class_="glyph")


def _facts(visit: Visit, old: Side, new: Side) -> Element:
    sides = [dict(_known(visit, one)) for one in (old, new)]
    rows = [(name, *(one.get(name, "–") for one in sides)) for name in {**sides[0], **sides[1]}]
    before, after = old.manifest, new.manifest
    return section(
        "Facts",
        table(("fact", old.name, new.name), rows),
        _differing("package", before.environment, after.environment, (old.name, new.name)),
        _differing("parameter", before.recipe.parameters, after.recipe.parameters, (old.name, new.name)),
    )


def _known(visit: Visit, side: Side) -> Iterator[tuple[str, str]]:
    retired = retirement(visit.registry, visit.model, side.manifest.version)
    yield from (pair for pair in facts(side.manifest, side.sha256, retired) if pair[0] not in LEFT_OUT)


def _differing(
    what: str, before: Mapping[str, str], after: Mapping[str, str], names: tuple[str, str]
) -> Element | None:
    changed = [one for one in {**before, **after} if before.get(one) != after.get(one)]
    if not changed:
        return None
    rows = [(one, before.get(one, "–"), after.get(one, "–")) for one in changed]
    return details(f"Each {what} that differs", table((what, *names), rows))
