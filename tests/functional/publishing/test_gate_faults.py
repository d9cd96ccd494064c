"""Faults planted in real data, each caught by the check that is there for it; the clean case beside it passes."""

from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest

from fairlead.errors import DataError
from fairlead.gate.evidence import Champion
from fairlead.gate.judge import judge
from fairlead.gate.policy import Policy, Split
from testkit.gate_cases import Table, evidence, findings, model, refused, table

SETS = ["iris", "wine", "breast_cancer", "digits", "diabetes", "penguins"]


def fitted(name: str, training: Table) -> Any:
    return model(name).fit(training.X, training.y)


@pytest.mark.parametrize("name", SETS)
def test_a_clean_split_of_real_data_passes(name: str) -> None:
    training, held_out = table(name).split(1)
    verdict = judge(evidence(fitted(name, training), held_out, training, probed=True), Policy())
    assert refused(verdict) == []
    assert verdict.verdict in {"pass", "warn"}


@pytest.mark.parametrize("name", ["breast_cancer", "penguins", "diabetes"])
def test_a_leaked_column_is_named(name: str) -> None:
    """The outcome, written into a column after the fact, with a little noise."""
    X, y = table(name)
    noise = np.random.default_rng(1).normal(scale=0.01, size=len(y))
    codes = y.astype("category").cat.codes if y.dtype.kind not in "if" else y / y.std()
    leaked = Table(X.assign(status=codes + noise), y)
    training, held_out = leaked.split(1, share=0.5)
    estimator = model("diabetes" if name == "diabetes" else "breast_cancer")
    columns = [*X.select_dtypes("number").columns, "status"]
    training, held_out = (Table(part.X[columns].fillna(0), part.y) for part in (training, held_out))
    found = findings(evidence(estimator.fit(training.X, training.y), held_out, training), "leakage")
    assert refused(found) == ["status alone gives the target"]


def test_leak_by_missing_values_is_named() -> None:
    """A column that is only filled in for one outcome, and with noise."""
    X, y = table("breast_cancer")
    generator = np.random.default_rng(2)
    X = X.assign(therapy=np.where(y == 0, generator.normal(size=len(y)), np.nan))
    training, held_out = Table(X, y).split(1, share=0.5)
    from sklearn.ensemble import HistGradientBoostingClassifier

    estimator = HistGradientBoostingClassifier(max_iter=20).fit(training.X, training.y)
    assert refused(findings(evidence(estimator, held_out, training), "leakage")) == ["therapy alone gives the target"]


def test_held_out_rows_that_were_trained_on_are_counted() -> None:
    """Rows were split, but a tenth of the training rows went into both files."""
    training, held_out = table("breast_cancer").split(1)
    both = Table(pd.concat([held_out.X, training.X[:40]], ignore_index=True), pd.concat([held_out.y, training.y[:40]]))
    found = findings(evidence(fitted("breast_cancer", training), both, training), "leakage")
    assert refused(found) == ["held-out rows that were trained on"]
    assert found[0].figure == "40 of 268"


def test_rows_duplicated_before_the_split_are_warned_of() -> None:
    """Oversampling before the split puts equal rows on both sides. Discrete data does too, so this only warns."""
    X, y = table("breast_cancer")
    twice = Table(pd.concat([X, X], ignore_index=True), pd.concat([y, y], ignore_index=True))
    training, held_out = twice.split(1)
    found = findings(evidence(fitted("breast_cancer", training), held_out, training), "leakage")
    assert found[0].verdict == "warn"
    assert "rows duplicated before the split" in found[0].detail


def test_a_split_of_sorted_rows_is_caught_by_its_shift() -> None:
    """Sorted by a feature, the last 40 % are another population."""
    X, y = table("breast_cancer")
    order = X["mean radius"].sort_values().index
    rows = Table(X.loc[order], y.loc[order])
    training, held_out = rows.take(slice(0, 341)), rows.take(slice(341, None))
    facts = evidence(fitted("breast_cancer", training), held_out, training)
    assert refused(findings(facts, "split")) == ["held-out rows like the training rows"]
    later = Policy(split=Split(time="mean radius"))
    found = next(
        line for line in findings(facts, "split", later) if line.finding == "held-out rows like the training rows"
    )
    assert found.verdict == "warn"


def test_a_split_of_rows_sorted_by_class_holds_out_an_unknown_class() -> None:
    """The signature refuses it before the gate could."""
    rows = table("penguins")
    order = rows.y.sort_values(kind="stable").index
    rows = Table(rows.X.loc[order], rows.y.loc[order])
    training, held_out = rows.take(slice(0, 220)), rows.take(slice(180, None))
    with pytest.raises(DataError, match="labels the estimator does not know: 'Gentoo'"):
        evidence(fitted("penguins", training), held_out, training)


@pytest.mark.parametrize("name", ["breast_cancer", "penguins", "wine", "iris"])
def test_swapped_labels_are_refused_by_the_baselines(name: str) -> None:
    """Two classes are exchanged in the held-out file."""
    training, held_out = table(name).split(1)
    classes = sorted(training.y.unique())
    swapped = held_out.y.map({classes[0]: classes[1], classes[1]: classes[0]} | {one: one for one in classes[2:]})
    found = findings(evidence(fitted(name, training), Table(held_out.X, swapped), training), "baselines")
    assert "labels mean the same as in training" in refused(found)


def test_labels_exchanged_in_a_circle_are_named() -> None:
    training, held_out = table("wine").split(1)
    turned = Table(held_out.X, (held_out.y + 1) % 3)
    lines = findings(evidence(fitted("wine", training), turned), "baselines")
    assert lines[-1].detail == "exchanged: 0 → 2 → 1 → 0"


def test_a_dummy_classifier_is_refused_by_the_baselines() -> None:
    from sklearn.dummy import DummyClassifier

    training, held_out = table("breast_cancer").split(1)
    for strategy in ("stratified", "prior", "most_frequent"):
        blind = DummyClassifier(strategy=strategy, random_state=0).fit(training.X, training.y)
        assert refused(findings(evidence(blind, held_out, training), "baselines")) == ["roc_auc against a dummy"]


def test_a_broken_slice_is_named() -> None:
    """Half the labels of one island are wrong."""
    training, held_out = table("penguins").split(1, share=0.6)
    X = held_out.X.copy()
    broken = X["island"] == "Dream"
    X.loc[broken, ["bill_length_mm", "bill_depth_mm"]] = X.loc[broken, ["bill_depth_mm", "bill_length_mm"]].to_numpy()
    found = findings(evidence(fitted("penguins", training), Table(X, held_out.y), training), "slices")
    assert "island = Dream" in refused(found)


def test_a_broken_quantile_of_a_regression_is_named() -> None:
    """The model answers the heaviest quarter with the sign wrong."""
    training, held_out = table("diabetes").split(1, share=0.5)
    facts = evidence(fitted("diabetes", training), held_out, training)
    values = facts.predicted.values
    assert values is not None
    heavy = (held_out.X["bmi"] > held_out.X["bmi"].quantile(0.75)).to_numpy()[:, None]
    predicted = msgspec.structs.replace(facts.predicted, values=np.where(heavy, -values, values))
    found = findings(msgspec.structs.replace(facts, predicted=predicted), "slices")
    assert any(name.startswith("bmi ≥") for name in refused(found))


def test_breaking_signature_is_refused_with_the_change_for_callers() -> None:
    training, held_out = table("penguins").split(1)
    facts = evidence(fitted("penguins", training), held_out, training)
    fewer = [column for column in training.X.columns if column != "sex"]
    from sklearn.compose import make_column_transformer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    smaller = make_pipeline(make_column_transformer((OneHotEncoder(), ["island"])), LogisticRegression())
    new = evidence(smaller.fit(training.X[fewer], training.y), Table(held_out.X[fewer], held_out.y))
    found = findings(msgspec.structs.replace(new, champion=Champion(version=1, signature=facts.signature)), "contract")
    assert "input 'sex' was removed" in refused(found)
    assert any(line.detail == "callers must: stop sending it" for line in found)


def test_pipeline_that_fails_on_missing_values_is_caught() -> None:
    """It answers each missing value alone, because rows with one were seen, and NaN where all are missing."""
    training, held_out = table("penguins").split(1)

    class Fragile:
        """A fitted pipeline with a step that divides by the number of values that are there."""

        def __init__(self, inner: Any) -> None:
            self.inner, self.classes_ = inner, inner.classes_
            self.feature_names_in_ = inner.feature_names_in_

        def predict(self, X: pd.DataFrame) -> Any:
            return self.inner.predict(X)

        def predict_proba(self, X: pd.DataFrame) -> Any:
            there = X.select_dtypes("number").notna().sum(axis=1).to_numpy()[:, None]
            with np.errstate(invalid="ignore"):
                return self.inner.predict_proba(X) * np.where(there == 0, np.nan, 1.0)

    from fairlead.engines.sklearn import SklearnEngine
    from fairlead.publishing.evidence.probes import probe
    from fairlead.publishing.signature.infer import to_rows

    estimator = fitted("penguins", training)
    facts = evidence(estimator, held_out, training)
    rows = to_rows(facts.signature, held_out.X)[:100]
    probes = probe(SklearnEngine(Fragile(estimator), facts.signature), facts.signature, rows)
    found = findings(msgspec.structs.replace(facts, probes=probes), "robustness")
    assert refused(found) == ["missing values where they are allowed"]
    assert "all inputs" in found[0].detail


@pytest.mark.parametrize("fault", ["order", "size"])
def test_answers_that_depend_on_other_rows_are_caught(fault: str) -> None:
    """A model that scales by the batch's own mean, and one that uses the row before."""
    from fairlead.engines.sklearn import SklearnEngine
    from fairlead.publishing.evidence.probes import probe
    from fairlead.publishing.signature.infer import to_rows

    training, held_out = table("diabetes").split(1)
    estimator = fitted("diabetes", training)

    class Leaky:
        feature_names_in_ = estimator.feature_names_in_

        def predict(self, X: pd.DataFrame) -> Any:
            answers = estimator.predict(X)
            return answers + (np.arange(len(X)) if fault == "order" else len(X))

    facts = evidence(estimator, held_out, training)
    rows = to_rows(facts.signature, held_out.X)[:100]
    probes = probe(SklearnEngine(Leaky(), facts.signature), facts.signature, rows)
    words = {
        "order": "answers do not depend on the order of rows",
        "size": "answers do not depend on the size of the batch",
    }
    assert words[fault] in refused(findings(msgspec.structs.replace(facts, probes=probes), "robustness"))


def test_columns_that_say_nothing_or_the_same_are_listed() -> None:
    training, held_out = table("wine").split(1)
    training, held_out = (
        Table(part.X.assign(site=1.0, strength=part.X["alcohol"]), part.y) for part in (training, held_out)
    )
    found = {line.finding: line for line in findings(evidence(fitted("wine", training), held_out), "leakage")}
    assert found["inputs of one value only"].detail.startswith("site:")
    assert found["inputs that repeat another"].detail.startswith("strength = alcohol:")
