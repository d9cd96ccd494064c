"""Verdicts and intervals where classes are rare or many."""

import itertools

import numpy as np
import pytest

from fairlead.gate import metrics
from fairlead.gate.checks.baselines import baselines
from fairlead.gate.evidence import Evidence, Floats, Predicted, Rows
from fairlead.gate.findings import Finding
from fairlead.gate.independence import hypergeometric_tail
from fairlead.gate.policy import Baselines, Policy
from fairlead.model.signature import Field, Output, Signature

SIZES = {
    "two rare": (3, 3),
    "two, one rare": (3, 2_000),
    "two, one very rare": (3, 300_000),
    "ten, three rare": (3, 3, 4, *[200] * 7),
    "a hundred rare": (3,) * 100,
    "three hundred, mixed": (*[3] * 150, *[30] * 150),
}


def judged(counts: tuple[int, ...], kind: str, *, probabilities: bool = True, seed: int = 0) -> Finding:
    """Return the first finding of `baselines` for a model that is perfect, or whose answers are random."""
    generator = np.random.default_rng(seed)
    target = np.repeat(np.arange(len(counts), dtype=np.int32), counts)
    shares = np.full((len(target), len(counts)), 0.1 / len(counts))
    known = target if kind == "perfect" else generator.permutation(target)
    shares[np.arange(len(target)), known] += 0.9
    shares += generator.random(shares.shape) * 0.01
    shares /= shares.sum(axis=1, keepdims=True)
    output = Output(task="classification", classes=tuple(range(len(counts))), probabilities=probabilities)
    signature = Signature(inputs=(Field(name="x", kind="number"),), output=output, layout="array")
    answers = Predicted(labels=shares.argmax(axis=1).astype(np.int32), probabilities=shares if probabilities else None)
    evidence = Evidence(signature=signature, held_out=Rows(count=len(target), target=target), predicted=answers)
    return baselines(evidence, Policy())[0]


@pytest.mark.parametrize("probabilities", [True, False])
@pytest.mark.parametrize("counts", [sizes for name, sizes in SIZES.items() if name != "two rare"])
def test_a_perfect_classifier_beats_a_dummy_however_rare_its_classes_are(
    counts: tuple[int, ...], probabilities: bool
) -> None:
    assert judged(counts, "perfect", probabilities=probabilities).verdict == "pass"


def test_six_rows_of_two_classes_do_not_decide_and_the_line_asks_for_more_rows() -> None:
    found = judged(SIZES["two rare"], "perfect")

    assert found.verdict == "inconclusive"
    assert "about 7 rows would decide" not in found.detail


@pytest.mark.parametrize("counts", [(3, 300), (3,) * 40, (3, 3, 200, 200)])
def test_a_random_classifier_passes_at_most_as_often_as_the_confidence_allows(counts: tuple[int, ...]) -> None:
    verdicts = [judged(counts, "knows nothing", seed=seed).verdict for seed in range(40)]

    assert verdicts.count("pass") <= 4  # 2.5 % are 1 of 40; more than 4 have a chance of 0.3 %


def test_a_margin_is_held_against_the_interval_alone() -> None:
    counts = SIZES["two, one rare"]
    target = np.repeat(np.arange(2, dtype=np.int32), counts)
    shares: Floats = np.stack([1 - target, target], axis=1).astype(np.float64)
    output = Output(task="classification", classes=(0, 1), probabilities=True)
    signature = Signature(inputs=(Field(name="x", kind="number"),), output=output, layout="array")
    evidence = Evidence(
        signature=signature,
        held_out=Rows(count=len(target), target=target),
        predicted=Predicted(labels=target, probabilities=shares),
    )

    found = baselines(evidence, Policy(baselines=Baselines(margin=0.3)))[0]

    assert found.verdict == "inconclusive"


@pytest.mark.parametrize("name", ["balanced_accuracy", "f1", "roc_auc"])
def test_a_macro_average_is_as_wide_as_its_rarest_class_deserves(name: str) -> None:
    """One class of three rows is right: Wilson's interval from 0.44 on counts for one of as many classes."""
    widths = []
    for classes in (2, 10):
        target = np.repeat(np.arange(classes, dtype=np.int32), [3, *[500] * (classes - 1)])
        shares = np.eye(classes)[target]
        output = Output(task="classification", classes=tuple(range(classes)), probabilities=True)
        answers = Predicted(labels=target, probabilities=shares)
        found = metrics.measure(Rows(count=len(target), target=target), answers, output)[name]
        assert found.high == 1.0
        widths.append(1.0 - (found.low or 0.0))
    parts = 1 if name == "roc_auc" else 2  # two classes have one AUC
    assert widths[0] == pytest.approx(0.56 / parts, abs=0.01)
    assert widths[1] == pytest.approx(0.056, abs=0.003)


def test_the_hypergeometric_tail_is_scipys() -> None:
    from scipy.stats import hypergeom

    cases = itertools.product((0, 1, 3, 17), (40, 5_000), (3, 20), (3, 30))
    for least, total, marked, drawn in cases:
        if least <= min(marked, drawn):
            expected = hypergeom.sf(least - 1, total, marked, drawn)
            found = hypergeometric_tail(least, total, marked, drawn)
            assert found == pytest.approx(expected, rel=1e-9) or (found == 1.0 and least * total <= marked * drawn)
