"""Evidence as it is gathered: answers block by block, digests, the champion's own rows, fresh processes, folds."""

import functools
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline

from fairlead.engines.sklearn import SklearnEngine
from fairlead.errors import DataError, IntegrityError, SettingsError
from fairlead.gate.evidence import Evidence
from fairlead.gate.judge import judge
from fairlead.gate.policy import Policy, Split
from fairlead.gate.policy_file import parse
from fairlead.model import manifest
from fairlead.model.answers import Answers
from fairlead.model.golden import Golden
from fairlead.model.signature import Output, Signature
from fairlead.publishing.estimator_files.convert import from_live
from fairlead.publishing.evidence import (
    Candidate,
    Data,
    Folding,
    LiveModel,
    columns,
    cross_validate,
    digests_of,
    gather,
    measure_budget,
    pack,
    unpack,
)
from fairlead.publishing.parity.choose_engine import Choice, choose_engine
from fairlead.publishing.signature.infer import infer, to_rows
from testkit.gate_cases import Table, findings, model, refused, table

pytestmark = pytest.mark.budget


@functools.cache
def chosen(name: str) -> tuple[Table, Table, Any, Choice]:
    """A model of a real data set with the engine that would serve it."""
    training, held_out = table(name).split(1)
    estimator = model(name).fit(training.X, training.y)
    signature = infer(estimator, held_out.X, held_out.y, target="target", train=training.X)
    return training, held_out, estimator, choose_engine(estimator, signature, to_rows(signature, held_out.X))


def candidate(choice: Choice, *, golden: Golden | None = None) -> Candidate:
    return Candidate(
        signature=choice.signature,
        serving=choice.serving,
        engine=choice.engine,
        blob=choice.blob,
        parity=choice.parity,
        golden=golden,
    )


@functools.cache
def gathered(name: str) -> Evidence:
    training, held_out, _, choice = chosen(name)
    rows = to_rows(choice.signature, held_out.X)[:10]
    golden = Golden(rows=rows, answers=choice.serving.answer(rows))
    data = Data(X=held_out.X, y=held_out.y, train=training.X, train_y=training.y)
    return gather(candidate(choice, golden=golden), data, Policy())


@pytest.mark.parametrize("name", ["penguins", "diabetes"])
def test_a_clean_model_passes_the_whole_gate_on_the_engine_that_serves(name: str) -> None:
    facts = gathered(name)
    verdict = judge(facts, Policy())
    assert facts.engine is not None
    assert facts.engine.name == "onnx"
    assert refused(verdict) == []
    by_finding = {line.finding: line.verdict for line in verdict.findings}
    assert by_finding["a fresh process gives the golden answers"] == "pass"
    assert by_finding["engine answers as the estimator"] == "pass"
    assert by_finding["held-out rows like the training rows"] == "pass"


def test_measurements_of_the_fresh_process_are_plausible() -> None:
    spent = gathered("penguins").budget
    assert spent is not None
    assert spent.failure == ""
    assert 20 << 20 < spent.memory_bytes < 2 << 30
    assert 0 < spent.one_row_ms < spent.cold_load_ms
    assert spent.artifact_bytes == len(chosen("penguins")[3].blob)


def test_the_sklearn_engine_is_measured_too_and_wrong_golden_answers_are_seen() -> None:
    _, held_out, estimator, choice = chosen("penguins")
    choice = choose_engine(estimator, choice.signature, to_rows(choice.signature, held_out.X), demanded="sklearn")
    rows = to_rows(choice.signature, held_out.X)[:5]
    right = Golden(rows=rows, answers=choice.serving.answer(rows))
    wrong = Golden(rows=rows, answers=Answers(labels=["Dodo"] * 5))
    found = [
        measure_budget(choice.engine, choice.signature, choice.blob, rows, golden=golden) for golden in (right, wrong)
    ]
    assert [one.golden for one in found] == [True, False]


def test_the_memory_measured_is_the_engines_not_the_publishers() -> None:
    """On Linux a new process starts with the peak of its parent, so the peak of a publisher's table must not count."""
    ballast = np.ones(100_000_000)
    _, held_out, _, choice = chosen("penguins")
    found = measure_budget(choice.engine, choice.signature, choice.blob, to_rows(choice.signature, held_out.X)[:1])
    assert found.memory_bytes < ballast.nbytes / 2


def test_a_blob_that_does_not_load_is_a_finding_not_an_exception() -> None:
    _, held_out, _, choice = chosen("penguins")
    found = measure_budget(choice.engine, choice.signature, b"not a model", to_rows(choice.signature, held_out.X)[:1])
    assert found.failure


def test_blocks_of_rows_join_to_the_evidence_of_all_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = gathered("penguins")
    monkeypatch.setattr(columns, "BLOCK", 17)
    training, held_out, _, choice = chosen("penguins")
    data = Data(X=held_out.X, y=held_out.y, train=training.X, train_y=training.y)
    again = gather(candidate(choice), data, Policy())
    assert again.held_out.digests is not None
    assert np.array_equal(again.held_out.digests, whole.held_out.digests)  # type: ignore[arg-type]  # not None
    assert np.array_equal(again.predicted.labels, whole.predicted.labels)  # type: ignore[arg-type]  # not None
    for before, after in zip(whole.held_out.columns, again.held_out.columns, strict=True):
        assert before.levels == after.levels
        assert np.array_equal(before.values, after.values, equal_nan=before.levels is None)


def test_digests_know_a_row_whatever_its_order_format_or_type() -> None:
    _, held_out, _, choice = chosen("penguins")
    there = digests_of(choice.signature, held_out.X)
    X = held_out.X[held_out.X.columns[::-1]].copy()
    X["body_mass_g"] = X["body_mass_g"].astype("float32")
    X["island"] = X["island"].astype("category")
    assert np.array_equal(digests_of(choice.signature, X), there)
    X.loc[3, "bill_length_mm"] = 99.0
    assert np.flatnonzero(digests_of(choice.signature, X) != there).tolist() == [3]
    swapped = held_out.X.rename(columns={"bill_length_mm": "bill_depth_mm", "bill_depth_mm": "bill_length_mm"})
    assert not np.isin(digests_of(choice.signature, swapped.dropna()), there).any()


def test_digests_are_kept_as_a_blob() -> None:
    training, _, _, choice = chosen("penguins")
    digests = digests_of(choice.signature, training.X)
    assert set(unpack(pack(digests)).tolist()) == set(digests.tolist())
    with pytest.raises(IntegrityError, match="eight bytes each"):
        unpack(b"123456789")


def against(live: LiveModel, name: str = "penguins") -> Evidence:
    _, held_out, _, choice = chosen(name)
    return gather(candidate(choice), Data(X=held_out.X, y=held_out.y), Policy(), live=live)


def test_the_same_model_again_is_not_refused() -> None:
    training, _, _, choice = chosen("penguins")
    live = LiveModel(
        version=4,
        sha256="",
        signature=choice.signature,
        engine=choice.serving,
        trained_on=digests_of(choice.signature, training.X),
    )
    facts = against(live)
    assert facts.champion is not None
    assert facts.champion.trained_on is not None
    assert not facts.champion.trained_on.any()
    assert refused(judge(facts, Policy())) == []
    assert findings(facts, "contract")[0].figure == "identical"


def test_a_champion_with_more_inputs_or_other_classes_still_compares() -> None:
    """It was trained with the classes in another order, one missing, and on one column less."""
    training, held_out, _, _ = chosen("penguins")
    two = training.y != "Chinstrap"
    names = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g", "island", "sex"]
    old = model("penguins").fit(training.X.loc[two, names], training.y[two])
    signature = infer(old, held_out.X[(held_out.y != "Chinstrap")], None)
    engine = SklearnEngine(old, signature)
    known = digests_of(signature, held_out.X.iloc[:50])
    facts = against(LiveModel(version=4, sha256="", signature=signature, engine=engine, trained_on=known))
    assert facts.champion is not None
    predicted, trained_on = facts.champion.predicted, facts.champion.trained_on
    assert predicted is not None
    assert predicted.probabilities is not None
    assert predicted.probabilities.shape == (138, 3)
    assert (predicted.probabilities[:, 1] == 0).all()
    assert trained_on is not None
    assert trained_on.sum() == 50
    line = findings(facts, "champion")[0]
    assert line.verdict == "pass"
    assert "without 50 that it was trained on" in line.detail


def test_a_champion_that_needs_a_missing_column_is_not_compared_and_names_it() -> None:
    training, held_out, _, _ = chosen("penguins")
    more = training.X.assign(weather=1.0)
    columns = make_column_transformer((SimpleImputer(), ["bill_length_mm", "weather"]))
    old = make_pipeline(columns, LogisticRegression()).fit(more, training.y)
    signature = infer(old, held_out.X.assign(weather=1.0), held_out.y)
    facts = against(LiveModel(version=4, sha256="", signature=signature, engine=SklearnEngine(old, signature)))
    line = findings(facts, "champion")[0]
    assert line.verdict == "not applicable"
    assert "weather" in line.detail
    assert "input 'weather' was removed" in refused(findings(facts, "contract"))


@pytest.mark.parametrize(
    ("name", "how"), [("penguins", "stratified"), ("diabetes", "plain"), ("penguins", "grouped"), ("diabetes", "time")]
)
def test_each_fold_is_refitted_and_agrees_with_the_held_out_rows(name: str, how: str) -> None:
    training, _, estimator, choice = chosen(name)
    folding = Folding(
        folds=3,
        groups=training.X["body_mass_g"].fillna(0) if how == "grouped" else None,
        order=np.arange(len(training.y)) if how == "time" else None,
    )
    said: list[str] = []
    folds = cross_validate(estimator, choice.signature, training.X, training.y, folding, progress=said.append)
    assert folds.how == how
    assert len(said) == 3
    figure = "accuracy" if name == "penguins" else "r2"
    assert all(value > (0.9 if name == "penguins" else 0.1) for value in folds.figures[figure])
    _, held_out, _, _ = chosen(name)
    facts = gather(candidate(choice), Data(X=held_out.X, y=held_out.y), Policy(), folds=folds)
    assert {line.verdict for line in findings(facts, "cross_validation")} <= {"pass", "warn"}


def test_a_champion_that_cannot_be_compared_is_reported_with_the_reason() -> None:
    _, _, _, choice = chosen("diabetes")
    other = Signature(
        inputs=choice.signature.inputs, output=Output(task="regression", names=("a", "b")), layout="frame"
    )
    for live, words in (
        (
            LiveModel(version=4, sha256="", signature=choice.signature, engine=None, unavailable="other versions"),
            "other versions",
        ),
        (LiveModel(version=4, sha256="", signature=other, engine=choice.serving), "it answers another regression"),
    ):
        line = findings(against(live, "diabetes"), "champion")[0]
        assert (line.verdict, line.detail) == ("not applicable", words)


def test_a_policy_that_names_no_input_is_refused_before_any_work() -> None:
    _, held_out, _, choice = chosen("penguins")
    policy = parse("[[slices.named]]\nname = 'x'\nwhere = [{field = 'bill', below = 1}]")
    with pytest.raises(SettingsError, match="slice 'x' names an unknown input 'bill'"):
        gather(candidate(choice), Data(X=held_out.X, y=held_out.y), policy)


def test_too_few_rows_cannot_be_folded() -> None:
    training, _, estimator, choice = chosen("penguins")
    few = training.take(slice(0, 8))
    with pytest.raises(DataError, match="8 training rows are too few for 5 folds"):
        cross_validate(estimator, choice.signature, few.X, few.y, Folding())


def test_a_target_that_does_not_fit_is_refused() -> None:
    _, held_out, _, choice = chosen("diabetes")
    with pytest.raises(DataError, match="the target of a regression is not a number"):
        gather(candidate(choice), Data(X=held_out.X, y=["high"] * len(held_out.y)), Policy())
    with pytest.raises(DataError, match="177 rows have no target"):
        gather(candidate(choice), Data(X=held_out.X, y=held_out.y * np.nan), Policy())
    with pytest.raises(DataError, match="the target has 3 values for 177 rows"):
        gather(candidate(choice), Data(X=held_out.X, y=[1.0, 2.0, 3.0]), Policy())


def test_time_and_groups_come_from_columns_the_policy_names() -> None:
    """They need not be inputs of the model."""
    training, held_out, _, choice = chosen("penguins")
    days = pd.date_range("2024-01-01", periods=len(training.y) + len(held_out.y)).astype(str)
    policy = Policy(split=Split(time="day", group="colony"))
    early = training.X.assign(day=days[: len(training.y)], colony="north")
    late = held_out.X.assign(day=days[len(training.y) :], colony="south")
    apart = gather(candidate(choice), Data(X=late, y=held_out.y, train=early, train_y=training.y), policy)
    assert refused(findings(apart, "split", policy)) == []
    mixed = gather(candidate(choice), Data(X=early, y=training.y, train=late, train_y=held_out.y), policy)
    assert refused(findings(mixed, "split", policy)) == ["held-out rows after the training rows, by day"]


def test_clusters_and_signatures_without_a_target_are_no_reason_to_fail() -> None:
    from sklearn.cluster import KMeans

    X = table("wine").X
    estimator = KMeans(3, n_init=1, random_state=0).fit(X)
    signature: Signature = infer(estimator, X, None)
    engine = manifest.Engine(name="sklearn", blob="estimator")
    serving = SklearnEngine(estimator, signature)
    facts = gather(
        Candidate(signature=signature, serving=serving, engine=engine, blob=from_live(estimator)), Data(X=X), Policy()
    )
    verdict = judge(facts, Policy())
    assert refused(verdict) == []
    assert verdict.metrics == {}
