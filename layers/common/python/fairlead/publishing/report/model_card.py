"""The model card: model_card.md with the headings of Mitchell et al., "Model Cards for Model Reporting" (FAT* 2019).

It has the same facts as the report. Entries that only the model's owner knows are marked `to be written`.
"""

import re
from collections.abc import Sequence

from fairlead.gate.findings import Finding
from fairlead.html import formatting
from fairlead.html.elements import clean
from fairlead.model.baseline import Categories, Feature
from fairlead.model.manifest import Metric
from fairlead.model.principal import named
from fairlead.publishing.report.facts import ReportFacts
from fairlead.publishing.report.sections.lineage import own_code

MOST_ROWS = 40
MOST_VALUES = 6
PLACEHOLDER = "*to be written*"
SPECIAL = re.compile(r"[\\`*_{}\[\]#|~$]|^[-+]|(?<=^\d)[.)]")


def render(facts: ReportFacts) -> str:
    """Return model_card.md. Names and categories stay text whatever characters they have."""
    manifest = facts.manifest
    parts = [
        f"# Model card: {_text(manifest.model)}, version {manifest.version}",
        f"Written by Fairlead when the version was published. The model's owner completes lines marked {PLACEHOLDER}.",
        *_details(facts),
        *_use(facts),
        *_factors(facts),
        *_metrics(facts),
        *_evaluation_data(facts),
        *_training_data(facts),
        *_analyses(facts),
        *_ethics(facts),
        *_caveats(facts),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _details(facts: ReportFacts) -> list[str]:
    manifest = facts.manifest
    parent = manifest.parent
    packages = ", ".join(f"{name} {version}" for name, version in manifest.environment.items())
    engine = manifest.engine.name + (f" ({manifest.engine.reason})" if manifest.engine.reason else "")
    return [
        "## Model details",
        _list(
            [
                f"Estimator: {_text(manifest.recipe.estimator)}, served by the {_text(engine)} engine",
                f"Created {manifest.created:%Y-%m-%d} by {_text(named(manifest.created_by))}",
                f"Commit: {_text(manifest.git_commit)}" if manifest.git_commit else "",
                f"Follows version {parent.version}" if parent else "First version",
                f"Packages: {_text(packages)}",
                f"Code of its publisher: {_text(own_code(manifest))}" if manifest.package else "",
                f"Gate: {_verdict(facts)}",
                f"Licence, citation, contact: {PLACEHOLDER}",
            ]
        ),
    ]


def _verdict(facts: ReportFacts) -> str:
    result = {"pass": "passed", "warn": "passed, with warnings"}.get(facts.verdict.verdict, "refused")
    if facts.forced is None:
        return result
    return f"{result}; published with --force by {_text(named(facts.forced.by))}: {_text(facts.forced.reason)}"


def _use(facts: ReportFacts) -> list[str]:
    return [
        "## Intended use",
        _text(formatting.purpose(facts.manifest.signature)),
        _list(
            [
                f"Primary intended uses: {PLACEHOLDER}",
                f"Primary intended users: {PLACEHOLDER}",
                f"Out-of-scope uses: {PLACEHOLDER}",
            ]
        ),
    ]


def _factors(facts: ReportFacts) -> list[str]:
    rows = [
        (field.name, field.kind, "may be missing" if field.nullable else "", _seen(feature))
        for field, feature in zip(facts.manifest.signature.inputs, facts.baseline.features, strict=True)
    ]
    return [
        "## Factors",
        "The model's inputs. The gate compared its answers between groups of rows by each input.",
        _table(("input", "kind", "missing", "held-out rows show"), rows),
        f"Relevant groups that no input identifies: {PLACEHOLDER}",
    ]


def _metrics(facts: ReportFacts) -> list[str]:
    judged = {one.finding: one for one in facts.verdict.findings if one.check == "metrics"}
    found = facts.verdict.metrics
    if not found:
        return ["## Metrics", "None: the held-out rows have no target, or the answers do not predict it."]
    rows = [(formatting.metric(name), _value(one), *_bound(judged.get(name))) for name, one in found.items()]
    return [
        "## Metrics",
        "Metrics on the held-out rows with bootstrap intervals. The gate compared intervals with the policy's bounds.",
        _table(("figure", "value (interval)", "bound", "verdict"), rows),
        f"Why these metrics, and which matters most: {PLACEHOLDER}",
    ]


def _value(one: Metric) -> str:
    return formatting.figure(one.value) + (f" ({formatting.interval(one)})" if one.low is not None else "")


def _bound(judged: Finding | None) -> tuple[str, str]:
    return (judged.threshold, judged.verdict) if judged and judged.threshold else ("none", "")


def _evaluation_data(facts: ReportFacts) -> list[str]:
    split = [one for one in facts.verdict.findings if one.check in {"split", "leakage"} and one.verdict != "pass"]
    lines = [f"{one.finding}: {one.verdict}{_because(one)}" for one in split if one.verdict != "not applicable"]
    return [
        "## Evaluation data",
        f"{formatting.plural(facts.baseline.rows, 'held-out row')}, given by the publisher.",
        _list([_text(line) for line in lines]) if lines else "The gate has no warning about the split.",
        f"Source of the rows, and why they represent the use: {PLACEHOLDER}",
    ]


def _training_data(facts: ReportFacts) -> list[str]:
    rows = facts.observed.training_rows
    given = f"{formatting.plural(rows, 'row')}, given for comparison." if rows else "Not given."
    return ["## Training data", given, f"Source of the rows, and how they were prepared: {PLACEHOLDER}"]


def _analyses(facts: ReportFacts) -> list[str]:
    slices = [one for one in facts.verdict.findings if one.check == "slices" and "rows" in one.figures]
    champion = [one for one in facts.verdict.findings if one.check == "champion" and one.figures]
    importances = facts.observed.importances
    parts = ["## Quantitative analyses"]
    if slices:
        rows = [(one.finding, f"{one.figures['rows']:,.0f}", one.figure, one.verdict) for one in slices]
        parts += ["Worst groups of rows:", _table(("group", "rows", "figure", "verdict"), rows)]
    if champion:
        compared = [(one.finding, one.figure, one.verdict) for one in champion]
        parts += ["Gain over the live version; positive is better:", _table(("figure", "gain", "verdict"), compared)]
    if importances and importances.inputs:
        ranked = [(one.name, formatting.figure(one.mean)) for one in importances.inputs[:10]]
        parts += [f"Permutation importance, {importances.measure}:", _table(("input", "mean"), ranked)]
    parts.append("Curves, the confusion matrix, residuals and every finding are in the version's report.html.")
    return parts


def _ethics(facts: ReportFacts) -> list[str]:
    found = [one for one in facts.verdict.findings if one.check == "privacy" and one.verdict in {"warn", "fail"}]
    lines = [f"{one.finding}: {one.figure}{_because(one)}" for one in found]
    return [
        "## Ethical considerations",
        _list([_text(line) for line in lines]) if lines else "The gate found no input that looks like personal data.",
        _list(
            [
                f"People whom the answers affect, and how: {PLACEHOLDER}",
                f"Risks and mitigations: {PLACEHOLDER}",
            ]
        ),
    ]


def _caveats(facts: ReportFacts) -> list[str]:
    grave = {"warn", "fail", "inconclusive"}
    found = [f"{one.finding}: {one.verdict}{_because(one)}" for one in facts.verdict.findings if one.verdict in grave]
    return [
        "## Caveats and recommendations",
        _list([_text(line) for line in found]) if found else "The gate has no warning.",
        f"Further recommendations: {PLACEHOLDER}",
    ]


def _because(one: Finding) -> str:
    return f" ({one.detail})" if one.detail else ""


def _seen(feature: Feature) -> str:
    seen, rows = feature.seen, feature.missing
    holes = f"; {formatting.plural(rows, 'row')} without it" if rows else ""
    if isinstance(seen, Categories):
        named = ", ".join(formatting.clipped(str(value), 40) for value in seen.values[:MOST_VALUES])
        more = len(seen.values) - MOST_VALUES
        return f"{named}{f' and {more:,} more' if more > 0 else ''}{holes}"
    unit = " characters" if feature.kind == "text" else ""
    return f"{formatting.figure(seen.low)} to {formatting.figure(seen.high)}{unit}{holes}"


def _list(lines: Sequence[str]) -> str:
    return "\n".join(f"- {line}" for line in lines if line)


def _table(headings: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    shown = rows[:MOST_ROWS]
    lines = [
        f"| {' | '.join(headings)} |",
        f"|{'---|' * len(headings)}",
        *(f"| {' | '.join(_text(cell) for cell in row)} |" for row in shown),
    ]
    more = f"\n\n{len(rows) - len(shown):,} more are in the report." if len(rows) > len(shown) else ""
    return "\n".join(lines) + more


def _text(text: str) -> str:
    """Return a text on one line, with the characters of Markdown and HTML escaped."""
    escaped = SPECIAL.sub(r"\\\g<0>", " ".join(clean(text).split()))
    return escaped.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
