"""The rules of checks on evidence made by hand: what passes, warns, fails, and what is not known."""

from typing import Any

import msgspec
import numpy as np
import pytest

from fairlead.errors import SettingsError
from fairlead.gate.checks import CHECKS
from fairlead.gate.evidence import Budget, Champion, Column, Evidence, Folds, Predicted, Probe, Rows
from fairlead.gate.findings import Finding
from fairlead.gate.judge import judge
from fairlead.gate.policy import Condition, Metrics, NamedSlice, Policy, Privacy, Slices
from fairlead.gate.policy_file import parse
from fairlead.model.manifest import Certificate, Engine
from fairlead.model.signature import Field, Output, Signature

OUTPUT = Output(task="classification", classes=("no", "yes"))
SIGNATURE = Signature(inputs=(Field(name="age", kind="number"),), output=OUTPUT, layout="frame")


def facts(*, rows: int = 400, wrong: int = 40, **others: Any) -> Evidence:
    """A classifier that is wrong on the first `wrong` rows of each class."""
    target = (np.arange(rows) % 2).astype(np.int32)
    labels = target.copy()
    labels[: 2 * wrong] ^= 1
    age = Column(name="age", kind="number", values=np.random.default_rng(1).normal(size=rows))
    held_out = Rows(count=rows, columns=(age,), target=target)
    return Evidence(signature=SIGNATURE, held_out=held_out, predicted=Predicted(labels=labels), **others)


def live(wrong: Any, *, trained_on: Any = None, rows: int = 400) -> Champion:
    """A champion that is wrong on these rows."""
    labels = (np.arange(rows) % 2).astype(np.int32)
    labels[wrong] ^= 1
    return Champion(version=3, signature=SIGNATURE, predicted=Predicted(labels=labels), trained_on=trained_on)


def found(family: str, evidence: Evidence, policy: Policy | None = None) -> list[Finding]:
    return CHECKS[family](evidence, policy or Policy())


def test_every_finding_belongs_to_its_family_and_every_family_has_one() -> None:
    verdict = judge(facts(), Policy())
    assert {finding.check for finding in verdict.findings} == set(CHECKS)
    assert verdict.verdict == "pass"
    assert verdict.policy == Policy().digest()
    assert verdict.metrics["accuracy"].value == pytest.approx(0.8)
    assert verdict.refused == ()


@pytest.mark.parametrize(
    ("bound", "verdict", "refuses"), [(0.70, "pass", False), (0.79, "inconclusive", True), (0.90, "fail", True)]
)
def test_floors_are_compared_with_the_interval_not_the_point(bound: float, verdict: str, refuses: bool) -> None:
    """Accuracy is 0.80 with an interval of 0.76 to 0.84."""
    policy = Policy(metrics=Metrics(at_least={"accuracy": bound}))
    line = next(line for line in found("metrics", facts(), policy) if line.finding == "accuracy")
    assert (line.verdict, line.refuses) == (verdict, refuses)
    assert ("rows would decide" in line.detail) == (verdict == "inconclusive")


def test_an_undecided_floor_passes_if_the_policy_allows_it() -> None:
    policy = Policy(metrics=Metrics(at_least={"accuracy": 0.79}, undecided="go on"))
    verdict = judge(facts(), policy)
    assert verdict.verdict == "warn"
    assert verdict.refused == ()


def test_a_floor_for_a_figure_the_model_lacks_is_no_pass() -> None:
    policy = Policy(metrics=Metrics(at_least={"roc_auc": 0.5}))
    assert [line.finding for line in judge(facts(), policy).refused] == ["roc_auc"]


def test_answers_that_are_not_numbers_are_refused() -> None:
    output = Output(task="regression")
    values = np.where(np.arange(100) < 3, np.nan, 1.0)[:, None]
    evidence = Evidence(
        signature=msgspec.structs.replace(SIGNATURE, output=output),
        held_out=Rows(count=100, target=np.ones((100, 1))),
        predicted=Predicted(values=values),
    )
    refused = [line for line in found("metrics", evidence) if line.refuses]
    assert [(line.finding, line.figure) for line in refused] == [("answers that are not finite", "3")]


def test_bias_is_bounded_on_both_sides() -> None:
    output = Output(task="regression")
    truth = np.random.default_rng(2).normal(size=(300, 1))
    signature = msgspec.structs.replace(SIGNATURE, output=output)
    for shift, verdict in ((0.0, "pass"), (-1.0, "fail"), (1.0, "fail")):
        noise = np.random.default_rng(3).normal(shift, 0.5, size=(300, 1))
        evidence = Evidence(
            signature=signature, held_out=Rows(count=300, target=truth), predicted=Predicted(values=truth + noise)
        )
        lines = found("metrics", evidence, Policy(metrics=Metrics(at_most={"bias": 0.2})))
        assert next(line for line in lines if line.finding == "bias").verdict == verdict


def test_the_first_version_has_a_finding_that_there_is_no_champion() -> None:
    lines = found("champion", facts()) + found("contract", facts())
    assert [line.verdict for line in lines] == ["not applicable", "not applicable"]
    assert "no other version of this model is in service" in lines[0].detail


def test_a_champion_that_is_right_more_often_wins() -> None:
    line = found("champion", facts(champion=live(slice(0, 20))))[0]
    assert (line.verdict, line.refuses) == ("fail", True)
    assert line.detail.startswith("worse; right alone: new 0, live 60 rows, McNemar p = ")


def test_a_better_candidate_passes() -> None:
    line = found("champion", facts(champion=live(slice(0, 140))))[0]
    assert line.verdict == "pass"
    assert line.detail.startswith("better")


@pytest.mark.parametrize(("inconclusive", "refuses"), [("go on", False), ("refuse", True)])
def test_equals_on_few_rows_are_inconclusive_and_the_policy_decides(inconclusive: str, refuses: bool) -> None:
    """Both are wrong on 80 rows, 20 of them different ones."""
    policy = parse(f"[champion]\ninconclusive = '{inconclusive}'")
    line = found("champion", facts(champion=live(slice(20, 100))), policy)[0]
    assert (line.verdict, line.refuses) == ("inconclusive", refuses)
    assert "if the two are equal, about 6," in line.detail


def test_rows_the_champion_was_trained_on_are_left_out() -> None:
    """The champion is right on exactly the rows it was trained on; on the others it is no better than chance."""
    known = np.arange(400) >= 200
    champion = live(np.arange(0, 200), trained_on=known)
    line = found("champion", facts(champion=champion))[0]
    assert line.verdict == "pass"
    assert "without 200 that it was trained on" in line.detail
    assert found("champion", facts(champion=live(np.arange(0, 20), trained_on=known)))[0].verdict == "fail"


def test_a_champion_that_knows_all_rows_decides_nothing() -> None:
    line = found("champion", facts(champion=live([], trained_on=np.ones(400, dtype=np.bool_))))[0]
    assert line.verdict == "inconclusive"


def test_a_champion_that_cannot_answer_says_why() -> None:
    champion = Champion(version=3, signature=SIGNATURE, unanswered="it lacks the column 'sex'")
    line = found("champion", facts(champion=champion))[0]
    assert (line.verdict, line.detail) == ("not applicable", "it lacks the column 'sex'")


def test_a_breaking_signature_is_refused_unless_asked_for() -> None:
    old = Signature(inputs=(*SIGNATURE.inputs, Field(name="sex", kind="text")), output=OUTPUT, layout="frame")
    champion = Champion(version=3, signature=old)
    lines = found("contract", facts(champion=champion))
    assert [line.refuses for line in lines] == [True, True]
    assert lines[1].finding == "input 'sex' was removed"
    assert lines[1].detail == "callers must: stop sending it"
    allowed = found("contract", facts(champion=champion, allow_breaking=True))
    assert [line.verdict for line in allowed] == ["warn", "warn"]


def test_a_useless_model_is_refused_whatever_its_accuracy() -> None:
    """Nine of ten rows are of one class and the model always answers it."""
    target = (np.arange(500) % 10 == 0).astype(np.int32)
    evidence = Evidence(
        signature=SIGNATURE,
        held_out=Rows(count=500, target=target),
        predicted=Predicted(labels=np.zeros(500, dtype=np.int32)),
    )
    lines = found("baselines", evidence)
    assert [line.verdict for line in lines] == ["fail", "pass", "pass"]


def test_held_out_rows_of_an_unknown_class_fail_unless_they_are_few() -> None:
    for unknown, verdict in ((0, "pass"), (4, "warn"), (40, "fail")):
        evidence = facts()
        target = np.where(np.arange(400) < unknown, -1, evidence.held_out.target).astype(np.int32)
        rows = msgspec.structs.replace(evidence.held_out, target=target)
        assert found("split", msgspec.structs.replace(evidence, held_out=rows))[0].verdict == verdict


def test_group_split_and_time_split_are_checked_as_the_policy_names() -> None:
    policy = parse("[split]\ntime = 'day'\ngroup = 'patient'")
    day, patient = np.arange(400.0), np.arange(400, dtype=np.uint64)
    evidence = facts()
    held_out = msgspec.structs.replace(evidence.held_out, order=day, groups=patient)
    for shift, verdict in ((400, "pass"), (200, "fail")):
        training = Rows(count=400, order=day - shift, groups=patient + np.uint64(shift))
        lines = found("split", msgspec.structs.replace(evidence, held_out=held_out, training=training), policy)
        assert [line.verdict for line in lines if "by day" in line.finding or "by patient" in line.finding] == [
            verdict
        ] * 2
    lines = found("split", msgspec.structs.replace(evidence, training=Rows(count=3)), policy)
    assert len([line for line in lines if line.refuses]) == 2


def test_a_slice_that_the_policy_names_is_held_to_the_gap() -> None:
    evidence = facts(wrong=30)
    age = Column(name="age", kind="number", values=np.where(np.arange(400) < 80, 20.0, 50.0))
    evidence = msgspec.structs.replace(evidence, held_out=msgspec.structs.replace(evidence.held_out, columns=(age,)))
    young = NamedSlice(name="young", where=[Condition(field="age", below=30)])
    lines = found("slices", evidence, Policy(slices=Slices(automatic=False, named=[young])))
    assert [(line.finding, line.verdict) for line in lines] == [("slices", "fail"), ("young", "fail")]
    assert lines[1].figures["accuracy"] == pytest.approx(0.25)
    nobody = NamedSlice(name="nobody", where=[Condition(field="age", at_least=90)])
    lines = found("slices", evidence, Policy(slices=Slices(automatic=False, named=[nobody])))
    assert {line.verdict for line in lines} == {"not applicable"}


def test_a_slice_at_the_decision_boundary_is_hard_and_not_broken() -> None:
    """The true model on 10,000 rows, of which a quarter has probabilities of one half."""
    generator = np.random.default_rng(5)
    x = generator.normal(size=10_000)
    p = 1 / (1 + np.exp(-3 * x))
    target = (generator.random(10_000) < p).astype(np.int32)
    column = Column(name="x", kind="number", values=x)
    for probabilities in (np.c_[1 - p, p], None):
        evidence = Evidence(
            signature=SIGNATURE,
            held_out=Rows(count=10_000, columns=(column,), target=target),
            predicted=Predicted(labels=(p > 0.5).astype(np.int32), probabilities=probabilities),
        )
        lines = found("slices", evidence)
        assert [line for line in lines if line.refuses] == []
        assert any("hard rather than broken" in line.detail for line in lines)


def test_a_slice_of_an_input_that_does_not_exist_is_the_policys_mistake() -> None:
    policy = Policy(slices=Slices(named=[NamedSlice(name="x", where=[Condition(field="aeg", below=1)])]))
    with pytest.raises(SettingsError, match="slice 'x' names an unknown input 'aeg'"):
        judge(facts(), policy)


def test_parity_is_reported_as_proved() -> None:
    onnx = Engine(name="onnx", blob="onnx")
    good = Certificate(rows=9, boundary_rows=4, label_differences=0, largest_difference=1e-7, tolerance=1e-5)
    bad = msgspec.structs.replace(good, label_differences=1)
    sklearn = Engine(name="sklearn", blob="estimator", reason="no converter")
    verdicts = [
        found("parity", facts(engine=engine, parity=proof))[0].verdict
        for engine, proof in ((onnx, good), (onnx, bad), (onnx, None), (sklearn, None))
    ]
    assert verdicts == ["pass", "fail", "fail", "not applicable"]


def test_probes_that_broke_are_named() -> None:
    probes = (
        Probe(kind="missing", field="age", rows=10, broken=10, example="ValueError: NaN"),
        Probe(kind="extreme", field="age", rows=10, broken=1),
        Probe(kind="far extreme", field="age", rows=10, broken=3),
        Probe(kind="row order", rows=100, changed=2),
        Probe(kind="batch size", rows=100),
    )
    by_words = {line.finding: line for line in found("robustness", facts(probes=probes))}
    assert by_words["missing values where they are allowed"].verdict == "fail"
    detail = 'age: ValueError: NaN (policy: robustness.warn_only = ["missing"] only warns)'
    assert by_words["missing values where they are allowed"].detail == detail
    assert "a larger radius or KNeighbors" in by_words["numbers ten ranges outside"].detail
    assert by_words["numbers a million ranges outside"].detail == "age"
    assert by_words["numbers a million ranges outside"].verdict == "warn"
    assert by_words["answers do not depend on the order of rows"].refuses
    assert by_words["answers do not depend on the size of the batch"].verdict == "pass"
    assert by_words["categories never seen"].verdict == "not applicable"


def test_budgets_are_limits() -> None:
    spent = Budget(artifact_bytes=300 << 20, memory_bytes=1 << 20, one_row_ms=1e6, golden=False)
    refused = [line.finding for line in found("budget", facts(budget=spent)) if line.refuses]
    assert refused == ["artifact", "one row", "a fresh process gives the golden answers"]
    dead = found("budget", facts(budget=Budget(artifact_bytes=1, failure="no such module")))
    assert (dead[-1].verdict, dead[-1].detail) == ("fail", "no such module")


def test_folds_that_disagree_with_the_held_out_rows_are_warned_of() -> None:
    near = Folds(how="stratified", figures={"accuracy": (0.78, 0.82, 0.81)})
    far = Folds(how="stratified", figures={"accuracy": (0.99, 0.98, 0.99)})
    assert found("cross_validation", facts(folds=near))[0].verdict == "pass"
    line = found("cross_validation", facts(folds=far))[0]
    assert line.verdict == "warn"
    assert "standard errors away" in line.detail
    assert line.figures["mean"] == pytest.approx(0.98667, abs=1e-4)


def test_personal_data_is_named_and_never_shown() -> None:
    mails = Column(
        name="note", kind="text", values=np.arange(60, dtype=np.int32), levels=tuple(f"u{n}@x.org" for n in range(60))
    )
    keys = Column(
        name="key", kind="category", values=np.arange(60, dtype=np.int32), levels=tuple(f"k{n}" for n in range(60))
    )
    lengths = Column(name="length", kind="number", values=np.random.default_rng(4).random(60))
    evidence = facts(rows=60, wrong=5)
    rows = msgspec.structs.replace(evidence.held_out, columns=(mails, keys, lengths))
    evidence = msgspec.structs.replace(evidence, held_out=rows)
    lines = found("privacy", evidence)
    assert [line.finding for line in lines] == ["note looks like an e-mail address", "key looks like an identifier"]
    assert "@" not in "".join(line.detail + line.figure for line in lines)
    strict = Policy(privacy=Privacy(verdict="fail", ignore=["key"]))
    assert [line.finding for line in judge(evidence, strict).refused] == ["note looks like an e-mail address"]


@pytest.mark.parametrize(
    ("severity", "verdict", "lines"), [("fail", "fail", 2), ("warn", "warn", 2), ("off", "pass", 1)]
)
def test_the_policy_softens_a_family_or_switches_it_off(severity: str, verdict: str, lines: int) -> None:
    old = Signature(inputs=(*SIGNATURE.inputs, Field(name="sex", kind="text")), output=OUTPUT, layout="frame")
    policy = parse(f"[checks]\ncontract = '{severity}'\nchampion = 'off'")
    judged = judge(facts(champion=Champion(version=3, signature=old)), policy)
    assert judged.verdict == verdict
    assert len([line for line in judged.findings if line.check == "contract"]) == lines


def test_verdicts_survive_json() -> None:
    """They are kept in the manifest."""
    verdict = judge(facts(champion=live(slice(0, 20))), Policy())
    assert msgspec.json.decode(msgspec.json.encode(verdict), type=type(verdict)) == verdict
