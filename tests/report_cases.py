"""Reports of real models of every task, as publish would make them: shared by the report's and the card's tests."""

import functools
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import numpy as np
import pandas as pd

from fairlead.engines import Engine
from fairlead.engines.sklearn import SklearnEngine
from fairlead.gate.evidence import Budget, Evidence
from fairlead.gate.judge import judge
from fairlead.gate.policy import Condition, Metrics, NamedSlice, Policy, Slices
from fairlead.model import manifest
from fairlead.model.manifest import SCHEMA, Blob, Certificate, Manifest, Parent
from fairlead.publishing import report
from fairlead.publishing.baseline import baseline_of
from fairlead.publishing.environment import environment
from fairlead.publishing.evidence import Candidate, Data, LiveModel, gather
from fairlead.publishing.recipe import recipe
from fairlead.publishing.report import ReportFacts
from fairlead.publishing.signature.infer import infer
from testkit.gate_cases import Table, model, table

SPENT = Budget(
    artifact_bytes=20_480, memory_bytes=90 << 20, cold_load_ms=412.0, one_row_ms=0.21, hundred_rows_ms=1.3, golden=True
)


def facts(
    estimator: Any,
    training: Table,
    held_out: Table,
    *,
    name: str,
    policy: Policy | None = None,
    champion: Any = None,
    version: int = 1,
) -> ReportFacts:
    """Facts of a fitted estimator, judged and measured, with the sklearn engine and costs that were measured before."""
    policy = policy or Policy()
    y = held_out.y if len(held_out.y.columns if held_out.y.ndim == 2 else [1]) else None
    signature = infer(estimator, held_out.X, y, target="target", train=training.X)
    engine = SklearnEngine(estimator, signature)
    spec = manifest.Engine(name="onnx", blob="onnx")
    parity = Certificate(rows=1_240, boundary_rows=1_100, label_differences=0, largest_difference=3e-16, tolerance=1e-5)
    live = (
        None
        if champion is None
        else LiveModel(version=version - 1, sha256="", signature=signature, engine=SklearnEngine(champion, signature))
    )
    evidence = _gathered(engine, spec, parity, signature, held_out, training, policy, live)
    verdict = judge(evidence, policy)
    reference = baseline_of(signature, evidence.held_out, evidence.predicted)
    return ReportFacts(
        manifest=Manifest(
            schema=SCHEMA,
            model=name,
            version=version,
            created=datetime(2026, 11, 23, 12, 0, tzinfo=UTC),
            created_by="arn:aws:iam::123456789012:user/ada",
            git_commit="0c2f6f7d0d0f4c4d8f6d1d9f0d8c7b6a5f4e3d2c",
            parent=Parent(version=version - 1, sha256="ab" * 32) if version > 1 else None,
            signature=signature,
            engine=spec,
            parity=parity,
            metrics=verdict.metrics,
            rows={"held_out": len(held_out.X), "train": len(training.X)},
            blobs={"onnx": Blob(sha256="c0" * 32, size=20_480), "baseline": Blob(sha256="ba" * 32, size=4_096)},
            environment=environment(),
            recipe=recipe(estimator),
        ),
        verdict=verdict,
        baseline=reference,
        observed=report.gather(evidence, reference, engine),
    )


def _gathered(
    engine: Engine, spec: Any, parity: Any, signature: Any, held_out: Table, training: Table, policy: Policy, live: Any
) -> Evidence:
    candidate = Candidate(signature=signature, serving=engine, engine=spec, blob=b"", parity=parity)
    data = Data(X=held_out.X, y=held_out.y, train=training.X, train_y=training.y)
    return gather(candidate, data, policy, live=live, measure=lambda *_, **__: SPENT)


@functools.cache
def case(name: str) -> ReportFacts:
    """Return one of the reports, by name."""
    return CASES[name]()


def _penguins() -> ReportFacts:
    training, held_out = table("penguins").split(1)
    early, _ = training.split(3, share=0.8)
    policy = Policy(
        metrics=Metrics(at_least={"accuracy": 0.9, "recall:Gentoo": 0.97}),
        slices=Slices(named=[NamedSlice(name="light females", where=[Condition(field="sex", equals=["female"])])]),
    )
    estimator = model("penguins").fit(training.X, training.y)
    champion = model("penguins").fit(early.X, early.y)
    return facts(estimator, training, held_out, name="penguins", policy=policy, champion=champion, version=7)


def _cancer() -> ReportFacts:
    training, held_out = table("breast_cancer").split(1)
    return facts(model("breast_cancer").fit(training.X, training.y), training, held_out, name="tumours")


def _diabetes() -> ReportFacts:
    training, held_out = table("diabetes").split(1)
    return facts(model("diabetes").fit(training.X, training.y), training, held_out, name="diabetes")


def _several() -> ReportFacts:
    from sklearn.datasets import load_linnerud
    from sklearn.linear_model import Ridge

    loaded = load_linnerud(as_frame=True)
    order = np.random.default_rng(0).choice(len(loaded.data), 200)  # twenty rows, repeated with noise
    noise = np.random.default_rng(1).normal(size=(200, 3))
    X, y = loaded.data.iloc[order].reset_index(drop=True) + noise, loaded.target.iloc[order].reset_index(drop=True)
    training, held_out = Table(X, y).split(1)
    return facts(Ridge().fit(training.X, training.y), training, held_out, name="exercise")


def _anomaly() -> ReportFacts:
    from sklearn.ensemble import IsolationForest

    X = table("penguins").X[["bill_length_mm", "body_mass_g"]].dropna().reset_index(drop=True)
    far = X.sample(20, random_state=1) * [1.6, 0.5]
    X = pd.concat([X, far], ignore_index=True)
    y = pd.Series([1] * (len(X) - 20) + [-1] * 20, name="strange")
    training, held_out = Table(X, y).split(2)
    estimator = IsolationForest(n_estimators=40, contamination=0.06, random_state=0).fit(training.X)
    return facts(estimator, training, held_out, name="strange-penguins")


def _clustering() -> ReportFacts:
    from sklearn.cluster import KMeans
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    training, held_out = table("wine").split(1)
    estimator = make_pipeline(StandardScaler(), KMeans(4, n_init=3, random_state=0)).fit(training.X)
    return facts(estimator, training, held_out, name="cellar")


def _text() -> ReportFacts:
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    random = np.random.default_rng(3)
    words = np.array(["late", "refund", "broken", "great", "thanks", "love", "slow", "again", "never", "fast", "kind"])
    wants = random.random(400) < 0.4
    bad, good = words[[0, 1, 2, 6, 7, 8]], words[[3, 4, 5, 7, 9, 10]]
    texts = [" ".join(random.choice(bad if one ^ (random.random() < 0.15) else good, 6)) for one in wants]
    rows = Table(pd.DataFrame({"message": texts}), pd.Series(np.where(wants, "complaint", "praise"), name="target"))
    training, held_out = rows.split(1)
    estimator = make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(training.X["message"], training.y)
    return facts(estimator, training, held_out, name="mailbox")


def _digits() -> ReportFacts:
    from sklearn.ensemble import RandomForestClassifier

    training, held_out = table("digits").split(1)
    estimator = RandomForestClassifier(20, random_state=0).fit(training.X, training.y)
    return facts(estimator, training, held_out, name="digits")


HOSTILE = '<script>alert("1")</script>'


def _hostile() -> ReportFacts:
    """Names, categories and labels that try to become markup."""
    rows = table("penguins")
    X = rows.X.rename(columns={"bill_length_mm": HOSTILE, "body_mass_g": "a|b`c`\n# heading", "sex": "'\"><img src=x>"})
    X["island"] = X["island"].replace({"Dream": "</title></svg><script>alert(2)</script>"})
    y = rows.y.replace({"Adelie": "<b onmouseover=alert(3)>", "Gentoo": "[click](javascript:alert(4))"})
    training, held_out = Table(X, y).split(1)
    from sklearn.compose import make_column_selector, make_column_transformer
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    numbers = make_pipeline(SimpleImputer(), StandardScaler())
    texts = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
    estimator = make_pipeline(
        make_column_transformer(
            (numbers, make_column_selector(dtype_include="number")),
            (texts, make_column_selector(dtype_exclude="number")),
        ),
        LogisticRegression(max_iter=500),
    )
    return facts(estimator.fit(training.X, training.y), training, held_out, name="hostile")


CASES: dict[str, Callable[[], ReportFacts]] = {
    "penguins": _penguins,
    "cancer": _cancer,
    "diabetes": _diabetes,
    "several": _several,
    "anomaly": _anomaly,
    "clustering": _clustering,
    "text": _text,
    "digits": _digits,
    "hostile": _hostile,
}
