"""The section on answers: shares of labels or clusters, and the distribution of scores."""

from xml.etree.ElementTree import Element

from fairlead.html import formatting
from fairlead.html.blocks import figure, paragraph, section
from fairlead.html.elements import e
from fairlead.model.baseline import Baseline, Categories
from fairlead.model.signature import Output
from fairlead.publishing.report.facts import ReportFacts
from fairlead.publishing.report.plots.bars import categories, histogram

MOST_BARS = 10
TALL = 190.0


def answers(facts: ReportFacts) -> Element:
    """Return the section with the distribution of answers, which later answers are compared with."""
    output = facts.manifest.signature.output
    labels = facts.baseline.predictions.labels
    drawings = [] if labels is None else [_labels(labels, output)]
    edges = _edges(facts.baseline)
    for name, shape in facts.observed.scores.items():
        title = _title(name, output)
        drawn = histogram(shape, title, edges=edges.get(name, ()), zero=output.task == "anomaly", height=TALL)
        drawings.append(figure(drawn, e("strong", title)))
    return section(
        "Answers",
        paragraph("Answers to the held-out rows; drift of later answers is measured against these distributions."),
        e("div", drawings, class_="row"),
    )


def _labels(labels: Categories, output: Output) -> Element:
    prefix = "cluster " if output.task == "clustering" else ""
    names = [f"{prefix}{formatting.class_name(label, output)}" for label in labels.values[:MOST_BARS]]
    counts = list(labels.counts[:MOST_BARS])
    rest = sum(labels.counts[MOST_BARS:]) + labels.other
    if rest:
        names.append("others")
        counts.append(rest)
    return figure(categories(names, counts, "Shares of the labels answered"), e("strong", "Labels"))


def _edges(baseline: Baseline) -> dict[str, tuple[float, ...]]:
    return {str(score.of): score.seen.edges for score in baseline.predictions.scores}


def _title(name: str, output: Output) -> str:
    if output.task == "anomaly":
        return "Score: outliers lie left of the dashed line"
    return f"Probability of {name}" if output.task == "classification" else f"Value of {name}"
