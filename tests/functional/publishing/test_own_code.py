"""A publisher's own package is part of the version: packed, proved, and imported by the sklearn engine alone."""

import pickle
import re
import sys
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import FunctionTransformer

from fairlead import engines
from fairlead.engines.model_code.package import decode
from fairlead.errors import EngineError, ModelCodeError, ModelFileError
from fairlead.publishing.publish import Published, PublishOptions, publish, publish_file
from fairlead.registry.store import Registry
from testkit.memory import Memory
from tests.functional import own_code

TABLE = own_code.table()
HELD_OUT = own_code.table(seed=1)
X = HELD_OUT.drop(columns="churned")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return own_code.write(tmp_path)


@pytest.fixture
def registry() -> Registry:
    return Registry(Memory())


def saved(folder: Path, estimator: Any) -> Path:
    path = folder.parent / "model.joblib"
    joblib.dump(estimator, path)
    HELD_OUT.to_csv(folder.parent / "held_out.csv", index=False)
    return path


def published(path: Path, registry: Registry, code: Path | None) -> Published:
    options = PublishOptions(name="churn", registry=registry, code=code)
    return publish_file(path, options, data=path.with_name("held_out.csv"), target=["churned"])


@pytest.mark.fresh_layer
def test_a_model_file_is_published_with_its_package_and_answers_from_its_blobs(
    folder: Path, registry: Registry
) -> None:
    with own_code.imported(folder) as module:
        model = own_code.fitted(module, TABLE)
        expected = model.predict_proba(X).tolist()
        path = saved(folder, model)
    facts = published(path, registry, folder).manifest
    assert (facts.engine.name, facts.engine.code, facts.package) == ("sklearn", "code", "churn_features")
    packed = registry.blob(facts.blobs["code"])
    assert set(decode(packed).files) == {f"churn_features/{name}.py" for name in ("__init__", "clip", "limits")}
    assert "churn_features" not in sys.modules
    engine = engines.load(facts.engine, facts.signature, registry.blob(facts.blobs["estimator"]), packed)
    answers = engine.answer([tuple(row) for row in X.to_numpy().tolist()])
    forget()
    np.testing.assert_allclose(np.array(answers.probabilities), expected)


def forget() -> None:
    """Unmount what `engines.load` mounted for the process."""
    sys.meta_path[:] = [one for one in sys.meta_path if type(one).__module__ != "fairlead.engines.model_code.importer"]
    for name in [name for name in sys.modules if name.partition(".")[0] == own_code.NAME]:
        del sys.modules[name]


def test_a_notebooks_estimator_is_proved_with_the_packed_code(folder: Path, registry: Registry) -> None:
    with own_code.imported(folder) as module:
        model = own_code.fitted(module, TABLE)
        done = publish(model, name="churn", X=X, y=HELD_OUT.churned, registry=registry, code=folder)
        assert sys.modules["churn_features.clip"] is module
    assert done.manifest.engine.code == "code"


def test_a_notebook_whose_package_was_edited_since_is_refused(folder: Path, registry: Registry) -> None:
    """GIVEN a kernel with an older package, WHEN the estimator is published, THEN other answers refuse it."""
    with own_code.imported(folder) as module:
        model = own_code.fitted(module, TABLE)
        model.predict(X)
        own_code.write(folder.parent, limits="LOW, HIGH = -0.1, 0.1\n")
        with pytest.raises(ModelFileError, match="gives other answers after conversion"):
            publish(model, name="churn", X=X, y=HELD_OUT.churned, registry=registry, code=folder)


def test_a_model_of_an_unpacked_package_is_refused_with_the_option(folder: Path, registry: Registry) -> None:
    with own_code.imported(folder) as module:
        path = saved(folder, own_code.fitted(module, TABLE))
    with pytest.raises(ModelFileError, match="needs the package churn_features") as refused:
        published(path, registry, None)
    assert "--code PACKAGE_DIR" in refused.value.hint


def test_a_package_that_the_model_does_not_use_is_refused(folder: Path, registry: Registry) -> None:
    with own_code.imported(folder) as module:
        model = own_code.fitted(module, TABLE)
    path = saved(folder, model[-1].fit(X, HELD_OUT.churned))
    with pytest.raises(ModelCodeError, match="uses nothing of the package churn_features"):
        published(path, registry, folder)


def test_a_class_that_the_packed_code_lacks_is_refused(folder: Path, registry: Registry) -> None:
    with own_code.imported(folder) as module:
        path = saved(folder, own_code.fitted(module, TABLE))
    own_code.write(folder.parent, clip="from sklearn.preprocessing import StandardScaler as Clip\n")
    with pytest.raises(ModelFileError, match=r"churn_features.clip defines no class or function Clip"):
        published(path, registry, folder)


def test_a_module_that_fails_or_ends_the_process_never_enters_the_parent(folder: Path, registry: Registry) -> None:
    with own_code.imported(folder) as module:
        path = saved(folder, own_code.fitted(module, TABLE))
    own_code.write(folder.parent, limits="import socket\nsocket.socket()\n")
    with pytest.raises(ModelFileError, match=r"cannot be imported: PermissionError.*churn_features/limits.py, line 2"):
        published(path, registry, folder)
    own_code.write(folder.parent, limits="raise SystemExit\n")
    with pytest.raises(ModelFileError, match="ended without an answer"):
        published(path, registry, folder)


class Call:
    """Pickles as a call of a function of the package."""

    def __init__(self, function: Any) -> None:
        self.function = function

    def __reduce__(self) -> Any:
        return self.function, ("argument",)


def test_a_pickle_that_calls_the_packages_functions_is_refused(folder: Path, registry: Registry) -> None:
    with own_code.imported(folder) as module:
        model = own_code.fitted(module, TABLE)
        model[0].extra = Call(module.doubled)
        path = saved(folder, model)
    with pytest.raises(ModelFileError, match=r"churn_features.clip.doubled that is made by a call"):
        published(path, registry, folder)


def test_classes_without_plain_state_are_refused(folder: Path, registry: Registry) -> None:
    reduced = own_code.CLIP + "\n    def __getnewargs__(self):\n        return ()\n"
    own_code.write(folder.parent, clip=reduced.replace("\n\ndef doubled(X):\n    return np.asarray(X) * 2\n", ""))
    with own_code.imported(folder) as module:
        path = saved(folder, own_code.clipped(module, TABLE))
    with pytest.raises(ModelFileError, match="is made by a call, of its __getnewargs__"):
        published(path, registry, folder)


def test_state_is_restored_by_the_classs_own_setstate(folder: Path, registry: Registry) -> None:
    state = """
    def __getstate__(self):
        return {"both": [self.low_, self.high_], "share": self.share, "n": self.n_features_in_}

    def __setstate__(self, state):
        (self.low_, self.high_), self.share, self.n_features_in_ = state["both"], state["share"], state["n"]
"""
    own_code.write(folder.parent, clip=own_code.CLIP.replace("\n\ndef doubled", f"{state}\n\ndef doubled"))
    with own_code.imported(folder) as module:
        path = saved(folder, own_code.clipped(module, TABLE))
    assert published(path, registry, folder).manifest.engine.name == "sklearn"


@pytest.mark.fresh_layer
def test_code_that_needs_what_the_layer_lacks_is_refused(folder: Path, registry: Registry) -> None:
    """GIVEN an import that the rule cannot see, THEN the layer process finds it."""
    hidden = "import importlib\nimportlib.import_module('skl2onnx')\nLOW, HIGH = -2.0, 2.0\n"
    own_code.write(folder.parent, limits=hidden)
    with own_code.imported(folder) as module:
        model = own_code.fitted(module, TABLE)
        with pytest.raises(EngineError, match=r"No module named 'skl2onnx'.*churn_features/limits.py, line 2"):
            publish(model, name="churn", X=X, y=HELD_OUT.churned, registry=registry, code=folder)


NAMED = """
import numpy as np
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import validate_data


class Ratio(TransformerMixin, BaseEstimator):
    def fit(self, X, y=None):
        validate_data(self, X, skip_check_array=True)
        return self

    def transform(self, X):
        return X[["age", "calls"]].assign(ratio=X["bill"] / (1 + X["calls"].abs()))


def scaled(X, top, shift=0.0):
    return np.asarray(X) / top + shift
"""


def test_a_class_that_takes_columns_by_name_gets_a_frame_and_functions_get_their_arguments(
    tmp_path: Path, registry: Registry
) -> None:
    folder = own_code.write(tmp_path, clip=NAMED)
    with own_code.imported(folder) as module:
        scale = FunctionTransformer(module.scaled, kw_args={"top": 3.0, "shift": 1.0})
        model = make_pipeline(module.Ratio(), scale, LogisticRegression())
        path = saved(folder, model.fit(TABLE.drop(columns="churned"), TABLE.churned))
    facts = published(path, registry, folder).manifest
    assert (facts.signature.layout, facts.engine.code) == ("frame", "code")


def test_a_notebook_without_a_package_is_refused_as_before(folder: Path, registry: Registry) -> None:
    with own_code.imported(folder) as module:
        model = own_code.fitted(module, TABLE)
        assert pickle.dumps(model)
        with pytest.raises(ModelFileError, match="needs the package churn_features"):
            publish(model, name="churn", X=X, y=HELD_OUT.churned, registry=registry)


def test_a_class_with_a_converter_is_proved_on_onnx_and_its_code_serves_nothing(tmp_path: Path) -> None:
    folder, memory = own_code.write(tmp_path, converter=True), Memory()
    with own_code.imported(folder) as module:
        done = publish(
            own_code.clipped(module, TABLE),
            name="churn",
            X=X,
            y=HELD_OUT.churned,
            registry=Registry(memory),
            code=folder,
        ).manifest
    assert (done.engine.name, done.engine.code, done.package) == ("onnx", "", "churn_features")
    assert done.parity
    assert done.parity.label_differences == 0
    assert "code" in done.blobs


FUNCTION = """
def log_shares(graph, matrix):
    return graph.add("Log", graph.add("Add", graph.add("Abs", matrix), 1.0))


def doubled(X):
    return np.log(np.abs(np.asarray(X)) + 1)


doubled.fairlead_onnx = log_shares
"""


def test_a_function_with_a_converter_is_proved_on_onnx(tmp_path: Path, registry: Registry) -> None:
    folder = own_code.write(tmp_path, clip=own_code.CLIP.split("\n\ndef doubled", maxsplit=1)[0] + "\n" + FUNCTION)
    with own_code.imported(folder) as module:
        model = make_pipeline(FunctionTransformer(module.doubled), LogisticRegression()).fit(X, HELD_OUT.churned)
        done = publish(model, name="churn", X=X, y=HELD_OUT.churned, registry=registry, code=folder)
    assert done.manifest.engine.name == "onnx"


CLASSIFIER = """
import numpy as np
from sklearn.base import BaseEstimator, ClassifierMixin


class Threshold(ClassifierMixin, BaseEstimator):
    def fit(self, X, y):
        X = np.asarray(X)
        self.n_features_in_, self.classes_ = X.shape[1], np.unique(y)
        self.middle_ = np.median(X[:, 0] + X[:, 1])
        return self

    def predict_proba(self, X):
        X = np.asarray(X)
        share = 1 / (1 + np.exp(self.middle_ - X[:, 0] - X[:, 1]))
        return np.column_stack([1 - share, share])

    def predict(self, X):
        return self.classes_[self.predict_proba(X).argmax(axis=1)]

    def fairlead_onnx(self, graph, matrix):
        total = graph.add("Add", graph.take(matrix, [0]), graph.take(matrix, [1]))
        share = graph.add("Sigmoid", graph.add("Sub", total, float(self.middle_)))
        return graph.concat([graph.add("Sub", 1.0, share), share])
"""


def test_a_classifier_with_a_converter_is_proved_on_onnx(tmp_path: Path, registry: Registry) -> None:
    folder = own_code.write(tmp_path, clip=CLASSIFIER)
    with own_code.imported(folder) as module:
        model = module.Threshold().fit(TABLE.drop(columns="churned"), TABLE.churned)
        done = publish(model, name="churn", X=X, y=HELD_OUT.churned, registry=registry, code=folder)
    assert done.manifest.engine.name == "onnx", done.manifest.engine.reason


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        ('return graph.add("Max", matrix, self.low_[None, :])', r"the ONNX graph of LogisticRegression is not exact"),
        ("return 7", r"Clip.fairlead_onnx returned a int"),
        ("raise KeyError('low')", r"Clip.fairlead_onnx failed \(KeyError: 'low'\)"),
    ],
)
def test_a_wrong_converter_is_never_served(tmp_path: Path, registry: Registry, wrong: str, reason: str) -> None:
    bad = f"\n    def fairlead_onnx(self, graph, matrix):\n        {wrong}\n\n\ndef doubled"
    folder = own_code.write(tmp_path, clip=own_code.CLIP.replace("\n\ndef doubled", bad))
    with own_code.imported(folder) as module:
        done = publish(
            own_code.clipped(module, TABLE), name="churn", X=X, y=HELD_OUT.churned, registry=registry, code=folder
        ).manifest
    assert done.engine.code == "code"
    assert re.search(reason, done.engine.reason), done.engine.reason
