"""Real data sets and models fitted on them, for the gate's tests and benchmarks."""

import functools
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from fairlead.engines.sklearn import SklearnEngine
from fairlead.gate.checks import CHECKS
from fairlead.gate.evidence import Evidence, Rows
from fairlead.gate.findings import Finding, Verdict
from fairlead.gate.policy import Policy
from fairlead.publishing.evidence.columns import Columns, blocks, joined, predicted, target_of
from fairlead.publishing.evidence.digests import row_digests
from fairlead.publishing.evidence.gather import training_rows
from fairlead.publishing.evidence.probes import BATCH, probe
from fairlead.publishing.signature.infer import infer, to_rows


class Table(NamedTuple):
    """Rows with their target."""

    X: pd.DataFrame
    y: pd.Series

    def take(self, rows: Any) -> "Table":
        return Table(self.X.iloc[rows].reset_index(drop=True), self.y.iloc[rows].reset_index(drop=True))

    def split(self, seed: int = 0, *, share: float = 0.4) -> tuple["Table", "Table"]:
        """Training and held-out rows, at random."""
        order = np.random.default_rng(seed).permutation(len(self.y))
        held_out = round(share * len(order))
        return self.take(order[held_out:]), self.take(order[:held_out])


@functools.cache
def table(name: str) -> Table:
    """Return a real data set, by name."""
    if name == "penguins":
        return _penguins()
    from sklearn import datasets

    frame = getattr(datasets, f"load_{name}")(as_frame=True).frame
    return Table(frame.drop(columns="target"), frame["target"])


def _penguins() -> Table:
    from palmerpenguins import load_penguins

    frame = load_penguins()
    return Table(frame.drop(columns=["species", "year"]), frame["species"])


def model(name: str) -> Any:
    """Return an unfitted model that suits the data set."""
    from sklearn.compose import make_column_transformer
    from sklearn.ensemble import RandomForestRegressor
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder, StandardScaler

    if name == "diabetes":
        return RandomForestRegressor(n_estimators=30, min_samples_leaf=3, random_state=0)
    if name == "penguins":
        numbers = make_pipeline(SimpleImputer(), StandardScaler())
        texts = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
        columns = ["bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g"]
        return make_pipeline(
            make_column_transformer((numbers, columns), (texts, ["island", "sex"])), LogisticRegression(max_iter=500)
        )
    return make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))


def evidence(estimator: Any, held_out: Table, training: Table | None = None, *, probed: bool = False) -> Evidence:
    """Return the facts about a fitted estimator, as the sklearn engine answers; without a fresh process."""
    signature = infer(
        estimator, held_out.X, held_out.y, target="target", train=None if training is None else training.X
    )
    engine = SklearnEngine(estimator, signature)
    columns, parts = Columns(signature, len(held_out.y)), []
    for rows in blocks(signature, held_out.X):
        columns.add(rows)
        parts.append(predicted(engine.answer(rows), signature.output))
    finished = columns.done()
    return Evidence(
        signature=signature,
        held_out=Rows(
            count=len(held_out.y),
            columns=finished,
            target=target_of(signature.output, held_out.y, len(held_out.y)),
            digests=row_digests(finished, len(held_out.y)),
        ),
        predicted=joined(parts),
        training=None if training is None else training_rows(signature, training.X, training.y, Policy()),
        probes=probe(engine, signature, to_rows(signature, held_out.X)[:BATCH]) if probed else None,
    )


def findings(facts: Evidence, family: str, policy: Policy | None = None) -> list[Finding]:
    """Return the findings of one family of checks."""
    return CHECKS[family](facts, policy or Policy())


def refused(found: list[Finding] | Verdict) -> list[str]:
    """Names of the findings that refuse."""
    lines = found.findings if isinstance(found, Verdict) else found
    return [line.finding for line in lines if line.refuses]
