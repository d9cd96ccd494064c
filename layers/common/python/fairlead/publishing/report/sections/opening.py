"""The first screen: which version, the verdict, and the few figures that most readers come for."""

from collections import Counter
from xml.etree.ElementTree import Element

from fairlead.gate.findings import Finding
from fairlead.publishing.report import words
from fairlead.publishing.report.facts import ReportFacts
from fairlead.publishing.report.markup import Children, e
from fairlead.publishing.report.sections.blocks import slug

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
        e("p", _purpose(facts)),
        _verdict(facts),
        e("dl", [e("div", e("dt", name), e("dd", said)) for name, said in _key(facts)], class_="key"),
        e("nav", [(e("a", title, href=f"#{slug(title)}"), " ") for title in titles], aria_label="Sections"),
    )


def _purpose(facts: ReportFacts) -> str:
    found, estimator = facts.manifest.signature, facts.manifest.recipe.estimator.rpartition(".")[2]
    inputs = words.several(len(found.inputs), "input")
    output = found.output
    if output.task == "clustering":
        return f"{estimator} puts rows of {inputs} into clusters."
    if output.task == "anomaly":
        return f"{estimator} tells outliers from inliers by {inputs}."
    target = ", ".join(output.names or ()) or output.target or "the target"
    classes = f", one of {len(output.classes)} classes," if output.classes else ""
    return f"{estimator} predicts {target}{classes} from {inputs}."


def _verdict(facts: ReportFacts) -> Element:
    verdict = facts.verdict
    refused = [one.finding for one in verdict.refused]
    counts = Counter(one.verdict for one in verdict.findings)
    tally = ", ".join(
        f"{counts[kind]} {kind}" for kind in ("pass", "warn", "inconclusive", "fail", "not applicable") if counts[kind]
    )
    titles = {"pass": "The gate passed this version", "warn": "The gate passed this version, with findings to read"}
    title = titles.get(verdict.verdict, "The gate refused this version")
    said: Children = f"{words.several(len(verdict.findings), 'finding')}: {tally}."
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
    by_name = {one.finding: one for one in facts.verdict.findings if one.check == "metrics" and "value" in one.figures}
    found = [_metric(by_name[name]) for names in (HEADLINE, SECOND) for name in names if name in by_name][:2]
    return [*found, _champion(facts), _engine(facts), _rows(facts)][:4]


def _metric(one: Finding) -> tuple[str, Children]:
    low, high = one.figures.get("low"), one.figures.get("high")
    interval = "" if low is None or high is None else f"interval {words.figure(low)} to {words.figure(high)}"
    return words.metric(one.finding), [words.figure(one.figures["value"]), e("span", interval)]


def _champion(facts: ReportFacts) -> tuple[str, Children]:
    found = next((one for one in facts.verdict.findings if one.check == "champion"), None)
    if found is None or found.verdict == "not applicable":
        return "Against the live version", ["–", e("span", found.detail if found else "not compared")]
    word = {"pass": found.detail.partition(";")[0], "fail": "worse"}.get(found.verdict, found.verdict)
    return "Against the live version", [word, e("span", f"{found.finding}: {found.figure}")]


def _engine(facts: ReportFacts) -> tuple[str, Children]:
    manifest = facts.manifest
    proved = manifest.parity
    said = f"parity on {words.several(proved.rows, 'row')}" if proved else manifest.engine.reason
    if facts.observed.budget and not facts.observed.budget.failure:
        said += f"; one row takes {words.figure(facts.observed.budget.one_row_ms)} ms"
    return "Engine", [manifest.engine.name, e("span", said)]


def _rows(facts: ReportFacts) -> tuple[str, Children]:
    training = facts.observed.training_rows
    trained = f"{words.several(training, 'training row')} at hand" if training else "training rows were not given"
    return "Held-out rows", [f"{facts.baseline.rows:,}", e("span", trained)]
