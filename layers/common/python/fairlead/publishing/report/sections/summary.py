"""The first screen: which version, the verdict, and the few figures that most readers come for."""

from collections import Counter
from xml.etree.ElementTree import Element

from fairlead.html import formatting
from fairlead.html.blocks import slug
from fairlead.html.elements import Children, e
from fairlead.model.manifest import Metric
from fairlead.publishing.report.facts import ReportFacts

HEADLINE = ("accuracy", "mae")
SECOND = ("roc_auc", "balanced_accuracy", "r2")
SIGNS = {"pass": "✓", "warn": "!", "fail": "✕"}


def opening(facts: ReportFacts, titles: list[str]) -> Element:
    """The header, with links to the sections."""
    manifest = facts.manifest
    return e(
        "header",
        e("p", "Fairlead version report", class_="kicker"),
        e("h1", f"{manifest.model}, version {manifest.version}"),
        e("p", formatting.purpose(manifest.signature)),
        _verdict(facts),
        e("dl", [e("div", e("dt", name), e("dd", said)) for name, said in _key(facts)], class_="key"),
        e("nav", [(e("a", title, href=f"#{slug(title)}"), " ") for title in titles], aria_label="Sections"),
    )


def _verdict(facts: ReportFacts) -> Element:
    verdict = facts.verdict
    refused = [one.finding for one in verdict.refused]
    counts = Counter(one.verdict for one in verdict.findings)
    tally = ", ".join(
        f"{counts[kind]} {kind}" for kind in ("pass", "warn", "inconclusive", "fail", "not applicable") if counts[kind]
    )
    titles = {"pass": "The gate passed this version", "warn": "The gate passed this version, with findings to read"}
    title = titles.get(verdict.verdict, "The gate refused this version")
    said: Children = f"{formatting.several(len(verdict.findings), 'finding')}: {tally}."
    if refused:
        said = [f"Refused by: {'; '.join(refused)}. ", said]
    if facts.forced:
        title = f"{title}; {facts.forced.by} published it all the same"
        said = [e("b", f"Reason given: {facts.forced.reason}"), ". ", said]
    return e(
        "div",
        e("span", SIGNS[verdict.verdict], class_="sign", aria_hidden="true"),
        e("strong", title),
        e("p", said, class_="soft"),
        class_=f"verdict {verdict.verdict}",
    )


def _key(facts: ReportFacts) -> list[tuple[str, Children]]:
    """At most four figures: two metrics, the comparison, the engine."""
    measured = facts.verdict.metrics
    found = [_metric(name, measured[name]) for name in (*HEADLINE, *SECOND) if name in measured][:2]
    return [*found, _champion(facts), _engine(facts), _rows(facts)][:4]


def _metric(name: str, one: Metric) -> tuple[str, Children]:
    return formatting.metric(name), [formatting.figure(one.value), e("span", f"interval {formatting.interval(one)}")]


def _champion(facts: ReportFacts) -> tuple[str, Children]:
    found = next((one for one in facts.verdict.findings if one.check == "champion"), None)
    if found is None or found.verdict == "not applicable":
        return "Against the live version", ["–", e("span", found.detail if found else "not compared")]
    word = {"pass": found.detail.partition(";")[0], "fail": "worse"}.get(found.verdict, found.verdict)
    return "Against the live version", [word, e("span", f"{found.finding}: {found.figure}")]


def _engine(facts: ReportFacts) -> tuple[str, Children]:
    manifest = facts.manifest
    proved = manifest.parity
    said = f"parity on {formatting.several(proved.rows, 'row')}" if proved else manifest.engine.reason
    if facts.observed.budget and not facts.observed.budget.failure:
        said += f"; one row takes {formatting.figure(facts.observed.budget.one_row_ms)} ms"
    return "Engine", [manifest.engine.name, e("span", said)]


def _rows(facts: ReportFacts) -> tuple[str, Children]:
    training = facts.observed.training_rows
    trained = f"{formatting.several(training, 'training row')} at hand" if training else "training rows were not given"
    return "Held-out rows", [f"{facts.baseline.rows:,}", e("span", trained)]
