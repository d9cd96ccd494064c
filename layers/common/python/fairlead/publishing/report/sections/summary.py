"""The report's header: the version, the gate's verdict, and at most four key figures."""

from collections import Counter
from xml.etree.ElementTree import Element

from fairlead.html import formatting
from fairlead.html.blocks import slug
from fairlead.html.elements import Children, e
from fairlead.model.manifest import Metric
from fairlead.model.principal import named
from fairlead.publishing.report.facts import ReportFacts

HEADLINE = ("accuracy", "mae")
SECOND = ("roc_auc", "balanced_accuracy", "r2")
SIGNS = {"pass": "✓", "warn": "!", "fail": "✕"}


def summary(facts: ReportFacts, titles: list[str]) -> Element:
    """Return the header with links to the sections."""
    manifest = facts.manifest
    return e(
        "header",
        e("p", "Fairlead version report", class_="kicker"),
        e("h1", f"{manifest.model}, version {manifest.version}"),
        e("p", formatting.purpose(manifest.signature)),
        _verdict(facts),
        e("dl", [e("div", e("dt", name), e("dd", value)) for name, value in _key_figures(facts)], class_="key"),
        e("nav", [(e("a", title, href=f"#{slug(title)}"), " ") for title in titles], aria_label="Sections"),
    )


def _verdict(facts: ReportFacts) -> Element:
    verdict = facts.verdict
    refused = [one.finding for one in verdict.refused]
    counts = Counter(one.verdict for one in verdict.findings)
    counted = ", ".join(
        f"{counts[kind]} {kind}" for kind in ("pass", "warn", "inconclusive", "fail", "not applicable") if counts[kind]
    )
    titles = {"pass": "The gate passed this version", "warn": "The gate passed this version, with warnings"}
    title = titles.get(verdict.verdict, "The gate refused this version")
    detail: Children = f"{formatting.plural(len(verdict.findings), 'finding')}: {counted}."
    if refused:
        detail = [f"Refused by: {'; '.join(refused)}. ", detail]
    if facts.forced:
        title = f"{title}; {named(facts.forced.by)} published it with --force"
        detail = [e("b", f"Reason given: {facts.forced.reason}"), ". ", detail]
    return e(
        "div",
        e("span", SIGNS[verdict.verdict], class_="sign", aria_hidden="true"),
        e("strong", title),
        e("p", detail, class_="soft"),
        class_=f"verdict {verdict.verdict}",
    )


def _key_figures(facts: ReportFacts) -> list[tuple[str, Children]]:
    """Return at most four figures: two metrics, the comparison with the live version, the engine, the rows."""
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
    detail = f"parity on {formatting.plural(proved.rows, 'row')}" if proved else manifest.engine.reason
    if facts.observed.budget and not facts.observed.budget.failure:
        detail += f"; one row takes {formatting.figure(facts.observed.budget.one_row_ms)} ms"
    return "Engine", [manifest.engine.name, e("span", detail)]


def _rows(facts: ReportFacts) -> tuple[str, Children]:
    training = facts.observed.training_rows
    trained = f"{formatting.plural(training, 'training row')} given" if training else "no training rows given"
    return "Held-out rows", [f"{facts.baseline.rows:,}", e("span", trained)]
