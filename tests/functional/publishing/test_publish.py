"""Publishing through the gate, on real data: clean models pass, planted faults do not, the manifest records force."""

from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fairlead.errors import DataError, SettingsError
from fairlead.gate.policy import Policy
from fairlead.gate.refusal import GateError
from fairlead.model import baseline
from fairlead.model.golden import Golden
from fairlead.model.manifest import Manifest
from fairlead.publishing.evidence import digests_of, unpack
from fairlead.publishing.input import training_rows
from fairlead.publishing.publish import Published, publish, validate
from fairlead.publishing.signature.infer import to_rows
from fairlead.registry.retirements import Retirement, retire
from fairlead.registry.store import Registry
from testkit.gate_cases import Table, model, table
from testkit.memory import Memory

SETS = ["iris", "wine", "breast_cancer", "digits", "diabetes", "penguins"]


@pytest.fixture
def memory() -> Memory:
    return Memory()


def material(name: str, *, seed: int = 1) -> dict[str, Any]:
    """A fitted model with its rows, as a notebook hands them over."""
    training, held_out = table(name).split(seed)
    return given(model(name).fit(training.X, training.y), training, held_out)


def given(estimator: Any, training: Table, held_out: Table) -> dict[str, Any]:
    return {
        "estimator": estimator,
        "X": held_out.X,
        "y": held_out.y,
        "train": training.X,
        "train_y": training.y,
        "name": "model",
    }


def published(memory: Memory, brought: dict[str, Any], **terms: Any) -> Published:
    return publish(**brought, registry=Registry(memory), **terms)


def lines(manifest: Manifest, check: str) -> dict[str, str]:
    return {one.finding: one.verdict for one in manifest.findings if one.check == check}


@pytest.mark.parametrize("name", SETS)
def test_a_clean_model_becomes_a_version_with_everything_it_was_judged_by(name: str, memory: Memory) -> None:
    brought = material(name)
    done = published(memory, brought).manifest
    registry = Registry(memory)
    blobs = {key: registry.blob(blob) for key, blob in done.blobs.items()}
    assert set(blobs) == {
        "estimator",
        "golden",
        "baseline",
        "policy",
        "training_rows",
        "report",
        "card",
        "openapi",
        "onnx",
        "explanation",
    }
    assert done.policy == done.blobs["policy"].sha256 == Policy().digest()
    assert msgspec.json.decode(blobs["policy"], type=Policy) == Policy()
    assert done.rows == {"held_out": len(brought["X"]), "train": len(brought["train"])}
    assert len(done.findings) > 20
    assert {one.verdict for one in done.findings} <= {"pass", "warn", "inconclusive", "not applicable"}
    assert done.metrics
    assert done.forced is None
    assert done.champion is None
    reference = baseline.decode(blobs["baseline"])
    assert reference.rows == len(brought["X"])
    assert max(feature.importance or 0.0 for feature in reference.features) > 0
    assert np.array_equal(unpack(blobs["training_rows"]), np.unique(digests_of(done.signature, brought["train"])))
    assert b"model version 1" in blobs["report"]
    assert blobs["card"].startswith(b"#") or b"\n# " in blobs["card"]
    assert len(msgspec.json.decode(blobs["golden"], type=Golden).rows) > 10


def _leaked() -> dict[str, Any]:
    """The outcome, written into a column after the fact."""
    X, y = table("breast_cancer")
    leaked = Table(X.assign(status=y + np.random.default_rng(1).normal(scale=0.01, size=len(y))), y)
    training, held_out = leaked.split(1, share=0.5)
    return given(model("breast_cancer").fit(training.X, training.y), training, held_out)


def _shared() -> dict[str, Any]:
    """Training rows found their way into the held-out file."""
    brought = material("breast_cancer")
    X = pd.concat([brought["X"], brought["train"][:40]], ignore_index=True)
    return brought | {"X": X, "y": pd.concat([brought["y"], brought["train_y"][:40]], ignore_index=True)}


def _shifted() -> dict[str, Any]:
    """Rows were sorted before the split."""
    X, y = table("breast_cancer")
    order = X["mean radius"].sort_values().index
    rows = Table(X.loc[order], y.loc[order])
    training, held_out = rows.take(slice(0, 341)), rows.take(slice(341, None))
    return given(model("breast_cancer").fit(training.X, training.y), training, held_out)


def _swapped() -> dict[str, Any]:
    """Two labels are exchanged in the file."""
    brought = material("breast_cancer")
    return brought | {"y": 1 - brought["y"]}


def _broken_slice() -> dict[str, Any]:
    """The bills of one island are in inches: the model is right elsewhere and wrong there."""
    brought = material("penguins")
    X = pd.concat([brought["X"], brought["train"]], ignore_index=True)
    y = pd.concat([brought["y"], brought["train_y"]], ignore_index=True)
    there = X["island"] == "Dream"
    columns = ["bill_length_mm", "bill_depth_mm"]
    X.loc[there, columns] = X.loc[there, columns] / 25.4
    return brought | {"X": X, "y": y, "train": None, "train_y": None}


def _fragile() -> dict[str, Any]:
    """Training rows show that a value may be missing; the pipeline was fitted without such rows."""
    brought = material("breast_cancer")
    train = brought["train"].copy()
    train.loc[train.index[::7], "mean area"] = np.nan
    return brought | {"train": train}


def _no_target() -> dict[str, Any]:
    return material("iris") | {"y": None}


FAULTS: dict[str, tuple[Callable[[], dict[str, Any]], str]] = {
    "leaked column": (_leaked, "leakage: status alone gives the target"),
    "shared rows": (_shared, "leakage: held-out rows that were trained on"),
    "shifted split": (_shifted, "split: held-out rows like the training rows"),
    "swapped labels": (_swapped, "baselines: labels mean the same as in training"),
    "broken slice": (_broken_slice, "slices: "),
    "NaN-fragile pipeline": (_fragile, "robustness: missing values"),
    "no target": (_no_target, "metrics: held-out figures"),
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_refused_by_name_and_nothing_is_stored(fault: str, memory: Memory) -> None:
    make, named = FAULTS[fault]
    brought = make()
    with pytest.raises(GateError) as caught:
        published(memory, brought)
    assert caught.value.exit_code == 3
    assert named in str(caught.value)
    assert memory.objects == {}
    assert [one for one in caught.value.verdict.findings if one.refuses]


def test_validate_gives_the_verdict_of_publish_and_stores_nothing(memory: Memory) -> None:
    clean, leaked = material("iris"), _leaked()
    verdict = validate(**clean, registry=Registry(memory))
    assert verdict.refused == ()
    assert validate(**leaked, registry=Registry(memory)).refused
    assert memory.objects == {}
    stored = published(memory, clean).manifest
    timeless = [one for one in verdict.findings if one.check != "budget"]
    assert [one for one in stored.findings if one.check != "budget"] == timeless
    assert stored.metrics == verdict.metrics


def test_force_publishes_a_refused_model_and_stores_the_reason(memory: Memory) -> None:
    done = published(memory, _leaked(), force=True, reason="the column\n is known at  the time", by="ada")
    again, _ = Registry(memory).manifest("model", done.manifest.version)
    assert again.forced
    assert (again.forced.by, again.forced.reason) == ("ada", "the column is known at the time")
    assert [one.finding for one in again.findings if one.refuses] == ["status alone gives the target"]
    assert b"the column is known at the time" in Registry(memory).blob(again.blobs["report"])


def test_force_that_was_not_needed_is_not_recorded(memory: Memory) -> None:
    assert published(memory, material("iris"), force=True, reason="in a hurry").manifest.forced is None


@pytest.mark.parametrize("terms", [{"force": True}, {"reason": "why not"}, {"force": True, "reason": " \n"}])
def test_force_and_reason_come_together(terms: dict[str, Any], memory: Memory) -> None:
    with pytest.raises(SettingsError, match="reason"):
        published(memory, material("iris"), **terms)
    assert memory.objects == {}


def test_a_breaking_signature_needs_to_be_allowed(memory: Memory) -> None:
    brought = material("breast_cancer")
    published(memory, brought)
    training, held_out = table("breast_cancer").split(1)
    renamed = [Table(part.X.rename(columns={"mean radius": "radius"}), part.y) for part in (training, held_out)]
    breaking = given(model("breast_cancer").fit(renamed[0].X, renamed[0].y), *renamed)
    before = dict(memory.objects)
    with pytest.raises(GateError, match=r"contract: .*radius") as caught:
        published(memory, breaking)
    assert "--allow-breaking" in caught.value.hint
    assert memory.objects == before
    done = published(memory, breaking, allow_breaking=True).manifest
    assert (done.version, done.champion, done.forced) == (2, 1, None)
    assert lines(done, "contract")["against version 1"] == "warn"


def test_the_champion_is_asked_about_rows_it_was_not_trained_on(memory: Memory) -> None:
    first = material("digits", seed=1)
    published(memory, first)
    other = material("digits", seed=2)  # another split: many of its held-out rows trained version 1
    done = published(memory, other).manifest
    line = next(one for one in done.findings if one.check == "champion")
    assert "trained on; it is the registry's latest" in line.detail
    assert "without" in line.detail


def test_a_worse_model_than_the_champion_is_refused(memory: Memory) -> None:
    brought = material("digits")
    published(memory, brought)
    worse = brought | {"estimator": LogisticRegression(C=1e-6).fit(brought["train"], brought["train_y"])}
    with pytest.raises(GateError, match="champion: accuracy against version 1"):
        published(memory, worse)


def test_a_champion_of_the_sklearn_engine_is_read_as_a_strangers_file(memory: Memory) -> None:
    brought = material("iris")
    published(memory, brought, engine="sklearn")
    done = published(memory, brought).manifest
    assert done.champion == 1
    assert lines(done, "champion")["accuracy against version 1"] in {"pass", "inconclusive"}
    assert done.engine.name == "onnx"


def test_a_retired_version_is_no_champion(memory: Memory) -> None:
    brought = material("iris")
    published(memory, brought)
    done = published(memory, brought).manifest
    retire(
        Registry(memory),
        Retirement(model="model", version=done.version, retired=done.created, retired_by="ada", reason="wrong"),
    )
    assert published(memory, brought).manifest.champion == 1


def test_cross_validation_is_asked_for_by_folds_and_needs_the_training_rows(memory: Memory) -> None:
    brought = material("penguins")
    done = published(memory, brought, cv=3).manifest
    assert list(lines(done, "cross_validation").values()) != ["not applicable"]
    with pytest.raises(DataError, match="cross-validation needs the training rows"):
        published(Memory(), brought | {"train_y": None}, cv=3)


def test_folds_are_fitted_as_the_estimator_was(memory: Memory) -> None:
    """On a bare array, with columns of groups that are no input of a frame."""
    X, y = table("breast_cancer")
    rows = Table(X.assign(ward=np.arange(len(y)) % 40), y)
    training, held_out = rows.split(3)
    columns = list(X.columns)
    estimator = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)).fit(training.X[columns], training.y)
    done = published(memory, given(estimator, training, held_out), cv=3).manifest
    assert "ward" not in [field.name for field in done.signature.inputs]
    bare = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)).fit(
        training.X[columns].to_numpy(), training.y
    )
    alone = [Table(part.X[columns], part.y) for part in (training, held_out)]
    assert published(Memory(), given(bare, *alone), cv=3).manifest.signature.layout == "array"


def test_the_policy_file_decides_and_its_digest_is_kept(memory: Memory, tmp_path: Any) -> None:
    path = tmp_path / "gate.toml"
    path.write_text("[metrics.at_least]\naccuracy = 0.999\n")
    with pytest.raises(GateError, match=r"metrics: accuracy .* \(required: ≥ 0.999\)"):
        published(memory, material("iris"), policy=path)
    path.write_text('[checks]\nprivacy = "off"\n')
    done = published(memory, material("iris"), policy=path).manifest
    assert done.policy == Policy(checks={"privacy": "off"}).digest() == done.blobs["policy"].sha256
    assert lines(done, "privacy") == {"privacy": "not applicable"}


def test_figures_are_kept_where_the_policy_does_not_judge_them(memory: Memory, tmp_path: Any) -> None:
    path = tmp_path / "gate.toml"
    path.write_text('[checks]\nmetrics = "off"\n')
    assert "accuracy" in published(memory, material("iris"), policy=path).manifest.metrics


def test_sparse_rows_are_refused_in_words(memory: Memory) -> None:
    import scipy.sparse

    brought = material("iris")
    with pytest.raises(DataError, match="sparse input"):
        published(memory, brought | {"X": scipy.sparse.csr_matrix(brought["X"].to_numpy())})


def test_parity_of_many_rows_is_proved_on_a_sample_and_all_of_them_are_measured(
    memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    for bound in ("MOST_PROVED", "FEWEST_PROVED"):
        monkeypatch.setattr(f"fairlead.publishing.prove.{bound}", 50)
    brought = material("breast_cancer")
    done = published(memory, brought).manifest
    assert done.parity
    assert done.parity.rows - done.parity.boundary_rows == 50
    assert done.rows["held_out"] == len(brought["X"]) == 228
    again = published(Memory(), brought).manifest
    assert (again.blobs["golden"], again.parity) == (done.blobs["golden"], done.parity)


def test_training_rows_are_kept_only_where_asked_for(memory: Memory) -> None:
    brought = material("penguins")

    without = published(memory, brought).manifest
    done = published(memory, brought, keep_training_rows=True, allow_breaking=True).manifest

    assert training_rows.BLOB not in without.blobs
    kept = training_rows.decode(Registry(memory).blob(done.blobs[training_rows.BLOB]))
    assert kept.fields == tuple(field.name for field in done.signature.inputs)
    assert kept.rows == to_rows(done.signature, brought["train"])
    assert kept.target == brought["train_y"].tolist()
    assert set(kept.ids) == {""}


def test_keeping_rows_that_were_not_brought_is_refused_before_any_work(memory: Memory) -> None:
    brought = material("penguins") | {"train": None, "train_y": None}

    with pytest.raises(DataError, match="no training rows with a target to keep"):
        published(memory, brought, keep_training_rows=True)
