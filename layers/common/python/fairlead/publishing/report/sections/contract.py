"""The section on the signature: the inputs of a row and its answer."""

from xml.etree.ElementTree import Element

from fairlead.html import formatting
from fairlead.html.blocks import facts as listed
from fairlead.html.blocks import section, table
from fairlead.model.signature import Field, Output
from fairlead.publishing.report.facts import ReportFacts

MOST_NAMED = 12
MOST_INPUTS = 500


def signature(facts: ReportFacts) -> Element:
    """Return the section with the answer's fields and a table of the inputs."""
    found = facts.manifest.signature
    rows = [
        (one.name, one.kind, "allowed" if one.nullable else "no", one.precision, _seen(one)) for one in found.inputs
    ]
    some = f" (the first {MOST_INPUTS})" if len(rows) > MOST_INPUTS else ""
    return section(
        "Signature",
        listed(_answer(found.output)),
        table((f"input{some}", "kind", "missing", "precision", "seen"), rows[:MOST_INPUTS]),
    )


def _answer(output: Output) -> list[tuple[str, str]]:
    pairs: list[tuple[str, str]] = [("task", output.task)]
    if output.target:
        pairs.append(("target", output.target))
    if output.classes:
        pairs.append(("answers", f"label: {_named([str(label) for label in output.classes])}"))
        pairs.append(("probabilities", "by class" if output.probabilities else "none"))
    elif output.task == "regression":
        pairs.append(("answers", f"value of {_named(list(output.names))}" if output.names else "value"))
    elif output.task == "anomaly":
        pairs.append(("answers", "label, 1 for inliers and -1 for outliers, and score, lower is more abnormal"))
    else:
        pairs.append(("answers", "label: the index of the cluster"))
    return pairs


def _seen(one: Field) -> str:
    if one.categories is not None:
        names = _named([str(value) for value in one.categories])
        return f"{names} (others are refused)" if one.closed else names
    if one.minimum is None and one.maximum is None:
        return ""
    return f"{formatting.figure(one.minimum)} to {formatting.figure(one.maximum)}"


def _named(names: list[str]) -> str:
    shown = ", ".join(formatting.clipped(name, 60) for name in names[:MOST_NAMED])
    return f"{shown} and {len(names) - MOST_NAMED:,} more" if len(names) > MOST_NAMED else shown
