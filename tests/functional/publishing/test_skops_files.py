""".skops files: read by skops in the closed process, with types trusted by our rules and never by the file's."""

import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import sklearn
from sklearn.compose import make_column_transformer
from sklearn.ensemble import GradientBoostingRegressor, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer, OrdinalEncoder, StandardScaler
from sklearn.svm import SVC
from skops import io as skops_io

from fairlead.engines.estimator_data.reader import read
from fairlead.errors import ModelFileError
from fairlead.publishing.estimator_files import skops_file
from fairlead.publishing.estimator_files.convert import from_file
from fairlead.publishing.input.model_file import read_model

RANDOM = np.random.default_rng(0)
X = RANDOM.normal(size=(120, 4))
Y = (X[:, 0] + X[:, 1] > 0).astype(int)
TEXTS = np.array(["red fish", "blue fish", "old red boat", "new boat"] * 30)

ESTIMATORS: dict[str, tuple[Any, Any]] = {
    "logistic": (make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y), X),
    "forest": (RandomForestClassifier(5, random_state=0).fit(X, Y), X),
    "boosting": (GradientBoostingRegressor(n_estimators=5, random_state=0).fit(X, X[:, 0]), X),
    "histogram boosting": (HistGradientBoostingClassifier(max_iter=5).fit(X, Y), X),
    "support vectors": (SVC(probability=False).fit(X, Y), X),
    "neighbours": (KNeighborsClassifier().fit(X, Y), X),
    "search": (GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}).fit(X, Y), X),
    "function": (make_pipeline(FunctionTransformer(np.abs), LogisticRegression()).fit(X, Y), X),
    "columns": (make_pipeline(make_column_transformer((OrdinalEncoder(), [0])), LogisticRegression()).fit(X, Y), X),
    "text": (make_pipeline(TfidfVectorizer(), LogisticRegression()).fit(TEXTS, Y), TEXTS),
}


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_an_estimator_answers_as_before_it_was_saved(kind: str) -> None:
    estimator, rows = ESTIMATORS[kind]
    built = read(from_file(skops_io.dumps(estimator), "model.skops")).estimator
    np.testing.assert_array_equal(built.predict(rows), estimator.predict(rows))


def test_the_closed_process_opens_it(tmp_path: Path) -> None:
    estimator, rows = ESTIMATORS["columns"]
    skops_io.dump(estimator, tmp_path / "model.skops")
    opened = read_model(tmp_path / "model.skops")
    np.testing.assert_array_equal(opened.estimator.predict(rows), estimator.predict(rows))
    assert {"files", "network"} <= set(opened.walls)
    (tmp_path / "model.skops").write_bytes(_function("os", "system"))
    with pytest.raises(ModelFileError, match=r"would run os\.system"):
        read_model(tmp_path / "model.skops")


def _changed(change: Callable[[str], str]) -> bytes:
    """A file whose schema was changed after skops wrote it."""
    written, made = io.BytesIO(skops_io.dumps(ESTIMATORS["function"][0])), io.BytesIO()
    with zipfile.ZipFile(written) as before, zipfile.ZipFile(made, "w") as after:
        for member in before.namelist():
            content = before.read(member)
            if member == "schema.json":
                text = content.decode()
                assert change(text) != text
                content = change(text).encode()
            after.writestr(member, content)
    return made.getvalue()


def _function(module: str, name: str) -> bytes:
    """A file whose transformer calls another function: `ufunc` and functions are stored by module and name."""

    def change(text: str) -> str:
        schema = json.loads(text)

        def walk(node: Any) -> None:
            if isinstance(node, dict):
                if node.get("__class__") == "absolute":
                    node.update({"__class__": name, "__module__": module})
                for child in node.values():
                    walk(child)
            if isinstance(node, list):
                for child in node:
                    walk(child)

        walk(schema)
        return json.dumps(schema)

    return _changed(change)


def refused(content: bytes) -> ModelFileError:
    with pytest.raises(ModelFileError) as caught:
        from_file(content, "model.skops")
    return caught.value


@pytest.mark.parametrize(
    ("module", "name", "message"),
    [
        ("os", "system", "would run os.system"),
        ("subprocess", "Popen", "would run subprocess.Popen"),
        ("builtins", "eval", "would run builtins.eval"),
        ("xgboost", "XGBClassifier", "needs the package xgboost"),
        ("mine", "clean", "needs the package mine"),
        ("__main__", "clean", "clean"),
    ],
)
def test_a_function_that_no_estimator_needs_is_refused_by_name(module: str, name: str, message: str) -> None:
    assert message in str(refused(_function(module, name)))


def test_another_version_of_scikit_learn_is_named() -> None:
    content = _changed(lambda text: text.replace(sklearn.__version__, "1.2.3"))
    error = refused(content)
    assert "was fitted with scikit-learn 1.2.3" in str(error)
    assert "notebook that fitted it" in error.hint


@pytest.mark.parametrize("end", [20, 200, -200, -1])
def test_a_truncated_file_is_refused(end: int) -> None:
    error = refused(skops_io.dumps(ESTIMATORS["logistic"][0])[:end])
    assert "model.skops" in str(error)


@pytest.mark.parametrize("schema", ["", "{}", "[]", "null", '{"__class__": 1}', "[" * 100_000])
def test_a_schema_that_is_not_skops_is_refused(schema: str) -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("schema.json", schema)
    assert "truncated, damaged or not a model file" in str(refused(made.getvalue()))


def test_a_file_that_unpacks_to_a_huge_one_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(skops_file, "LARGEST_MODEL", 1000)
    with pytest.raises(ModelFileError, match="unpacks to more than"):
        skops_file.as_pickle(skops_io.dumps(ESTIMATORS["logistic"][0]), "model.skops")


def test_without_skops_the_message_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    content = skops_io.dumps(ESTIMATORS["logistic"][0])
    monkeypatch.setitem(__import__("sys").modules, "skops", None)
    with pytest.raises(ModelFileError, match="skops is not installed here") as caught:
        skops_file.as_pickle(content, "model.skops")
    assert "fairlead[skops]" in caught.value.hint
