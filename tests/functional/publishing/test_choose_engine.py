"""The chosen engine, its reason, and the publisher's message if no engine can serve."""

import subprocess
import sys
import textwrap
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_breast_cancer, load_wine
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.kernel_approximation import Nystroem
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import KNeighborsClassifier, NearestCentroid
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fairlead import engines
from fairlead.engines import sklearn_layer
from fairlead.errors import DataError, EngineError, ModelFileError
from fairlead.publishing.onnx import compiler
from fairlead.publishing.parity import choose_engine as choosing
from fairlead.publishing.parity import compare, row_scans
from fairlead.publishing.parity.choose_engine import Choice, choose_engine
from fairlead.publishing.signature import infer
from tests.parity_tables import reviews

pytestmark = pytest.mark.fresh_layer

X, Y = load_breast_cancer(return_X_y=True)


def choose(estimator: Any, data: Any = X, target: Any = Y, **demands: Any) -> Choice:
    signature = infer.infer(estimator, data, target, target="y")
    return choose_engine(estimator, signature, infer.to_rows(signature, data), **demands)


def linear() -> Any:
    return make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y)


def test_onnx_serves_a_proved_graph_and_its_blob_answers_equally() -> None:
    steps: list[str] = []
    choice = choose(linear(), progress=steps.append)
    assert choice.engine.name == choice.engine.blob == "onnx"
    assert {field.precision for field in choice.signature.inputs} == {"float64"}
    assert [text.split()[0] for text in steps] == ["compiling", "proving"]
    again = engines.load(choice.engine, choice.signature, choice.blob)
    row = tuple(X[0].tolist())
    assert again.answer([row]) == choice.serving.answer([row])


@pytest.mark.parametrize("bad", [NearestCentroid(), make_pipeline(Nystroem(n_components=5), LogisticRegression())])
def test_estimator_without_a_graph_is_served_by_sklearn_with_the_reason(bad: Any) -> None:
    choice = choose(bad.fit(X, Y))
    assert (choice.engine.name, choice.engine.blob) == ("sklearn", "estimator")
    assert choice.engine.reason.endswith("or accept the sklearn engine")
    assert choice.parity is None
    again = engines.load(choice.engine, choice.signature, choice.blob)
    row = tuple(X[0].tolist())
    assert again.answer([row]) == choice.reference.answer([row])


def test_a_graph_that_differs_is_never_served(monkeypatch: pytest.MonkeyPatch) -> None:
    """GIVEN a converter that is slightly wrong, WHEN the engine is chosen, THEN the reason says how wrong."""
    monkeypatch.setattr(compare, "TOLERANCE", 0.0)
    choice = choose(linear())
    assert choice.engine.name == "sklearn"
    assert "rows differ by more than 0, largest difference" in choice.engine.reason
    with pytest.raises(EngineError, match=r"this model does not run on onnx: .* rows differ"):
        choose(linear(), demanded="onnx")


def test_labels_are_compared_where_the_estimator_lives(monkeypatch: pytest.MonkeyPatch) -> None:
    """GIVEN a graph of another estimator, THEN rows that differ in label are counted."""
    other = RandomForestClassifier(3, max_depth=1, random_state=0).fit(X, Y)
    compiled = compiler.compile_estimator
    monkeypatch.setattr(choosing, "compile_estimator", lambda _, signature: compiled(other, signature))
    assert "rows differ in label" in choose(linear()).engine.reason


def test_a_demand_for_onnx_is_refused_with_the_converters_reason() -> None:
    with pytest.raises(
        EngineError, match="NearestCentroid has no ONNX form: use LinearDiscriminantAnalysis"
    ) as refused:
        choose(NearestCentroid().fit(X, Y), demanded="onnx")
    assert "--engine sklearn" in refused.value.hint


def test_a_demand_for_sklearn_is_met_without_a_graph() -> None:
    choice = choose(linear(), demanded="sklearn")
    assert (choice.engine.name, choice.engine.reason) == ("sklearn", "demanded")


def test_nearest_neighbours_go_to_the_faster_engine_by_size_unless_demanded() -> None:
    small = KNeighborsClassifier().fit(X[: row_scans.MOST_VALUES // 30], Y[: row_scans.MOST_VALUES // 30])
    assert row_scans.slower_on_onnx(make_pipeline(StandardScaler().fit(X), small)) == ""
    data, target = np.tile(X, (2, 1)) + np.random.default_rng(0).normal(size=(2 * len(X), 30)), np.tile(Y, 2)
    large = KNeighborsClassifier().fit(data, target)
    choice = choose(large)
    assert choice.engine.name == "sklearn"
    assert "34,140 training values for every row" in choice.engine.reason
    assert choose(large, demanded="onnx").engine.name == "onnx"


def test_other_versions_are_refused_only_where_onnx_cannot_serve(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sklearn_layer.PINS, "scikit-learn", "1.6.0")
    assert choose(linear()).engine.name == "onnx"
    with pytest.raises(
        EngineError, match=r"NearestCentroid has no ONNX form.*scikit-learn 1\..*the layer has 1\.6\.0"
    ) as no:
        choose(NearestCentroid().fit(X, Y))
    assert "scikit-learn==1.6.0" in no.value.hint


class HomeMade(ClassifierMixin, BaseEstimator):  # type: ignore[misc]  # scikit-learn has no types
    """A classifier of the user's own package: the layer has no such thing."""

    def fit(self, X: Any, y: Any) -> "HomeMade":
        self.classes_, self.n_features_in_ = np.unique(y), X.shape[1]
        return self

    def predict(self, X: Any) -> Any:
        return self.classes_[(np.asarray(X)[:, 0] > 15).astype(int)]


def test_a_class_that_the_layer_does_not_have_is_refused_with_a_way_forward() -> None:
    with pytest.raises(ModelFileError, match=r"needs the package tests, and only classes of scikit-learn") as no:
        choose(HomeMade().fit(X, Y))
    assert no.value.hint


def test_a_vectorizer_with_a_function_of_the_users_own_is_refused() -> None:
    """No graph holds the function, and the data form of estimators holds no callables but named ones."""
    texts, labels = reviews()
    own = make_pipeline(TfidfVectorizer(tokenizer=str.split, token_pattern=None), LogisticRegression()).fit(
        texts, labels
    )
    with pytest.raises(ModelFileError, match=r"builtins\.getattr"):
        choose(own, texts, labels)


def test_rows_that_the_estimator_refuses_are_an_error_of_the_data() -> None:
    estimator = linear()
    signature = infer.infer(estimator, X, Y, target="y")
    with pytest.raises(DataError, match="cannot answer the held-out rows: ValueError: Input X contains NaN"):
        choose_engine(estimator, signature, [(None,) * 30])


def test_a_converter_that_fails_anyhow_becomes_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> None:
        raise AttributeError("no\nsuch   thing")

    monkeypatch.setattr("skl2onnx.convert_sklearn", broken)
    reason = choose(linear()).engine.reason
    assert reason.startswith("the converter of LogisticRegression failed (AttributeError): use ")


def test_compiling_says_nothing_and_leaves_skl2onnx_as_it_was(capfd: pytest.CaptureFixture[str]) -> None:
    from skl2onnx.common._registration import get_converter

    before = get_converter("SklearnRandomForestClassifier")
    choose(HistGradientBoostingClassifier(max_iter=3).fit(*load_wine(return_X_y=True)), *load_wine(return_X_y=True))
    assert get_converter("SklearnRandomForestClassifier") is before
    said = capfd.readouterr()
    assert (said.out, said.err) == ("", "")


def test_the_serving_process_needs_neither_scikit_learn_nor_onnx(tmp_path: Any) -> None:
    """A version's blob is answered in a process that cannot import what trains."""
    choice = choose(linear())
    joblib.dump((choice.engine, choice.signature, choice.blob), tmp_path / "choice")
    program = """
        import sys
        for name in ("sklearn", "scipy", "pandas", "skl2onnx", "onnx"):
            sys.modules[name] = None
        import pickle, numpy as np
        from fairlead import engines
        spec, signature, blob = pickle.load(open(sys.argv[1], "rb"))
        print(engines.load(spec, signature, blob).answer([(1.0,) * 30]).labels)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), tmp_path / "choice"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.strip() == str(choice.serving.answer([(1.0,) * 30]).labels)
