"""The section on inputs: their distributions over held-out and training rows, and the baseline's bins."""

import itertools
from xml.etree.ElementTree import Element

from fairlead.html import formatting
from fairlead.html.blocks import details, figure, paragraph, section, table
from fairlead.html.elements import Children, e
from fairlead.model.baseline import Categories, Feature, Numbers
from fairlead.publishing.report.facts import ReportFacts
from fairlead.publishing.report.plots.bars import categories, histogram
from fairlead.publishing.report.plots.legend import legend

MOST_BARS = 7
MOST_DRAWN = 60
MOST_LISTED = 500


def features(facts: ReportFacts) -> Element:
    """Return the section with plots of up to MOST_DRAWN inputs and the bins of up to MOST_LISTED."""
    found = facts.baseline.features
    drawn = found[:MOST_DRAWN]
    some = f" Drawn are the first {len(drawn)} of {len(found):,}." if len(found) > len(drawn) else ""
    return section(
        "Inputs",
        paragraph(
            f"Distributions over {formatting.plural(facts.baseline.rows, 'held-out row')}; "
            f"drift is measured against the baseline's bins.{some}"
        ),
        legend(training=facts.observed.training_rows > 0),
        e("div", [_drawn(feature, facts) for feature in drawn], class_="row features"),
        details("The baseline's bins as a table", _bins(facts)),
    )


def _drawn(feature: Feature, facts: ReportFacts) -> Element:
    caption: list[Children] = [
        e("strong", formatting.clipped(feature.name, 80)),
        f" · {_kind(feature)}{_missing(feature, facts)}",
    ]
    if isinstance(feature.seen, Categories):
        return figure(_categories(feature, feature.seen, facts), *caption)
    shape = facts.observed.shapes[feature.name]
    edges = feature.seen.edges
    return figure(histogram(shape.held_out, feature.name, training=shape.training, edges=edges), *caption)


def _categories(feature: Feature, seen: Categories, facts: ReportFacts) -> Element:
    names = [str(value) for value in seen.values[:MOST_BARS]]
    counts = list(seen.counts[:MOST_BARS])
    training = facts.observed.training.get(feature.name, ())
    before = list(training[:MOST_BARS][: len(names)])
    rest, rest_before = sum(seen.counts[MOST_BARS:]) + seen.other, sum(training[len(names) :])
    if rest or rest_before:
        names.append("others")
        counts.append(rest)
        before.append(rest_before)
    return categories(names, counts, feature.name, training=before if training else ())


def _kind(feature: Feature) -> str:
    return "text, by its length in characters" if feature.kind == "text" else feature.kind


def _missing(feature: Feature, facts: ReportFacts) -> str:
    return f" · {formatting.share(feature.missing, facts.baseline.rows)} missing" if feature.missing else ""


def _bins(facts: ReportFacts) -> Element:
    rows = [
        (feature.name, feature.kind, formatting.share(feature.missing, facts.baseline.rows), _counted(feature.seen))
        for feature in facts.baseline.features[:MOST_LISTED]
    ]
    return table(("input", "kind", "missing", "bins and their rows"), rows)


def _counted(seen: Numbers | Categories) -> str:
    if isinstance(seen, Categories):
        named = [
            f"{formatting.clipped(str(value), 40)}: {count:,}"
            for value, count in zip(seen.values, seen.counts, strict=True)
        ]
        return " · ".join([*named, *([f"others: {seen.other:,}"] if seen.other else [])]) or "none"
    if not seen.edges:
        return f"all: {sum(seen.counts):,}"
    bounds = [formatting.figure(edge) for edge in seen.edges]
    names = [f"< {bounds[0]}", *(f"{low} to {high}" for low, high in itertools.pairwise(bounds)), f"≥ {bounds[-1]}"]
    return " · ".join(f"{name}: {count:,}" for name, count in zip(names, seen.counts, strict=True))
