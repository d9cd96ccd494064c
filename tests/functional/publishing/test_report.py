"""Reports of real models: every task, whole and well-formed, small, readable without sight of the drawings, inert."""

import re
from collections import Counter
from html.parser import HTMLParser
from typing import Any

import msgspec
import numpy as np
import pytest

from fairlead.gate.findings import failed
from fairlead.html.axes import ticks
from fairlead.model.manifest import Forced
from fairlead.publishing import report
from fairlead.publishing.report import model_card
from tests.report_cases import CASES, HOSTILE, case

VOID = {"meta", "link", "br", "img", "hr", "input"}
NAMES = list(CASES)


class Page(HTMLParser):
    """A page as a browser's parser sees it: elements with attributes, text, and whether all were closed."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.children: dict[int, list[str]] = {}
        self.texts: list[str] = []
        self.open: list[tuple[str, int]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: Any) -> None:
        if self.open:
            self.children.setdefault(self.open[-1][1], []).append(tag)
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append((tag, len(self.elements) - 1))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> closes nothing"
        assert self.open.pop()[0] == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def tags(self) -> set[str]:
        return {tag for tag, _ in self.elements}


def page(name: str) -> Page:
    return Page(report.render(case(name)))


@pytest.mark.parametrize("name", NAMES)
def test_a_report_is_well_formed_with_ids_that_are_unique_and_found(name: str) -> None:
    found = page(name)
    assert found.open == []
    ids = Counter(str(attributes["id"]) for _, attributes in found.elements if "id" in attributes)
    assert [one for one, count in ids.items() if count > 1] == []
    wanted = {word for _, a in found.elements for word in str(a.get("aria-labelledby") or "").split()}
    wanted |= {str(a["href"])[1:] for tag, a in found.elements if tag == "a"}
    assert wanted <= set(ids)


@pytest.mark.parametrize("name", NAMES)
def test_every_chart_has_a_text_alternative(name: str) -> None:
    found = page(name)
    drawings = [at for at, (tag, _) in enumerate(found.elements) if tag == "svg"]
    assert len(drawings) > 5
    for at in drawings:
        assert found.elements[at][1]["role"] == "img"
        assert found.children[at][:2] == ["title", "desc"]


@pytest.mark.parametrize("name", NAMES)
def test_no_drawing_holds_a_coordinate_that_is_no_number(name: str) -> None:
    text = report.render(case(name))
    assert not re.search(r'="[^"]*\b(nan|inf|None)\b[^"]*"', text.partition("</style>")[2])


@pytest.mark.parametrize("name", NAMES)
def test_a_report_loads_nothing_from_the_network_and_runs_no_script(name: str) -> None:
    text, found = report.render(case(name)), page(name)
    assert found.tags() & {"script", "iframe", "object", "embed", "img", "form", "base"} == set()
    links = [
        a.get(key) for _, a in found.elements for key in ("src", "href", "xlink:href", "srcset", "data") if key in a
    ]
    assert all(str(link).startswith(("#", "data:,")) for link in links)
    assert "url(" not in text
    assert "@import" not in text
    assert "default-src 'none'" in text
    assert not [key for _, a in found.elements for key in a if key.startswith("on")]


@pytest.mark.parametrize("name", NAMES)
def test_reports_and_cards_stay_small_and_are_made_the_same_again(name: str) -> None:
    text = report.render(case(name))
    assert len(text.encode()) < 400_000
    assert report.render(case(name)) == text
    assert len(model_card.render(case(name)).encode()) < 20_000


def test_names_categories_and_labels_stay_text_whatever_they_hold() -> None:
    facts = case("hostile")
    forced = Forced(by=HOSTILE, reason="</p><script>alert(5)</script>\u202egnp.\x00")
    text = report.render(msgspec.structs.replace(facts, forced=forced))
    found = Page(text)
    assert found.open == []
    assert found.tags() & {"script", "img"} == set()
    shown = "".join(found.texts)
    for said in (HOSTILE, "</title></svg><script>alert(2)</script>", "<b onmouseover=alert(3)>", "'\"><img src=x>"):
        assert said in shown
    assert "<script" not in text.lower()
    assert "\u202e" not in text
    assert "\x00" not in text


def test_a_card_holds_no_markup_of_others() -> None:
    text = model_card.render(
        msgspec.structs.replace(case("hostile"), forced=Forced(by=HOSTILE, reason="x\n# Injected"))
    )
    assert "<" not in text
    assert re.findall(r"^#+ .*$", text, re.MULTILINE)[1:] == [
        "## Model details",
        "## Intended use",
        "## Factors",
        "## Metrics",
        "## Evaluation data",
        "## Training data",
        "## Quantitative analyses",
        "## Ethical considerations",
        "## Caveats and recommendations",
    ]
    assert "[click](" not in text
    widths = [len(re.findall(r"(?<!\\)\|", line)) for line in text.splitlines() if line.startswith("|")]
    assert set(widths) <= {3, 4, 5}


SHOWN = {
    "penguins": [
        "Against the live version",
        "Confusion matrix",
        "ROC curve of Gentoo",
        "Reliability of",
        "light females",
    ],
    "cancer": ["ROC curve of 1", "Precision and recall of 1", "Importance of inputs"],
    "diabetes": ["Residuals", "Errors of target by answer", "Mean absolute error", "Value of target"],
    "several": ["Errors of Weight", "Errors of Waist", "Errors of Pulse", "Value of Pulse"],
    "anomaly": ["ROC curve of outlier (−1)", "Score: outliers", "inlier (1)"],
    "clustering": ["cluster 3", "Share of answers that change", "None on 71 held-out rows"],
    "text": ["text, by its length in characters", "Probability of praise", "Confusion matrix"],
    "digits": ["of 6 of 10 classes", "Drawn are the first 60 of 64"],
    "hostile": ["Confusion matrix"],
}
ALWAYS = ["Metrics", "Answers", "Inputs", "Parity and robustness", "Latency and cost", "Signature", "Environment"]
ALWAYS += ["Lineage", "All findings of the gate", "beside thresholds and edges"]


@pytest.mark.parametrize("name", NAMES)
def test_report_shows_the_sections_of_its_task(name: str) -> None:
    shown = " ".join(page(name).texts)
    assert [words for words in [*SHOWN[name], *ALWAYS] if words not in shown] == []


def test_the_verdict_is_first_and_names_refusals_and_force() -> None:
    facts = case("diabetes")
    passed = "".join(Page(report.render(facts)).texts)
    assert passed.index("The gate passed this version") < passed.index("Metrics")
    line = failed("metrics", "r2", figure="0.45", threshold="≥ 0.9", detail="the whole interval lies outside")
    verdict = msgspec.structs.replace(facts.verdict, verdict="fail", findings=(line, *facts.verdict.findings))
    refused = msgspec.structs.replace(facts, verdict=verdict, forced=Forced(by="ada", reason="the old one is down"))
    shown = "".join(Page(report.render(refused)).texts)
    assert "The gate refused this version; ada published it with --force" in shown
    assert "Refused by: r2." in shown
    assert "the old one is down" in shown
    assert "the old one is down" in model_card.render(refused)


def test_figures_agree_with_the_gates_and_with_scikit_learns() -> None:
    facts = case("cancer")
    confusion, curve = facts.observed.confusion, facts.observed.curves[0]
    assert confusion is not None
    right = sum(confusion.counts[code][code] for code in range(2))
    assert right / facts.baseline.rows == pytest.approx(facts.verdict.metrics["accuracy"].value)
    assert curve.auc == pytest.approx(facts.verdict.metrics["roc_auc"].value)
    assert curve.roc[0] == (0.0, 0.0)
    assert curve.roc[-1] == (1.0, 1.0)


def test_curves_are_scikit_learns_before_they_are_thinned() -> None:
    from sklearn.metrics import average_precision_score, roc_auc_score

    from fairlead.gate.evidence import Evidence, Predicted, Rows
    from fairlead.model.signature import Output, Signature
    from fairlead.publishing.report.curves import MOST_POINTS, curves

    random = np.random.default_rng(5)
    target = random.integers(0, 2, 5000).astype(np.int32)
    score = np.round(np.clip(random.normal(0.4 + 0.2 * target, 0.2), 0, 1), 2)  # with ties
    probabilities = np.column_stack([1 - score, score])
    output = Output(task="classification", classes=("no", "yes"), probabilities=True)
    evidence = Evidence(
        signature=Signature(inputs=(), output=output, layout="frame"),
        held_out=Rows(count=5000, target=target),
        predicted=Predicted(labels=(score > 0.5).astype(np.int32), probabilities=probabilities),
    )
    (found,) = curves(evidence)
    assert found.auc == pytest.approx(roc_auc_score(target, score))
    assert found.average_precision == pytest.approx(average_precision_score(target, score))
    assert len(found.roc) <= MOST_POINTS


def test_importance_finds_the_models_inputs_and_is_reproducible() -> None:
    found = case("penguins").observed.importances
    assert found is not None
    assert found.inputs[0].name == "bill_length_mm"
    assert all(one.least <= one.mean <= one.most for one in found.inputs)
    assert CASES["penguins"]().observed.importances == found


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 0.9, [0, 0.5]),
        (-3, 17, [0, 5, 10, 15]),
        (1e-15, 3e-15, [1e-15, 1.5e-15, 2e-15, 2.5e-15, 3e-15]),
        (5, 5, [5]),
    ],
)
def test_ticks_are_round_and_inside(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high) == pytest.approx(expected, abs=0)
