"""Tables that failed for publishers: each is published and served from its own rows, or refused with the cause."""

import time
from collections.abc import Iterator
from typing import Any

import msgspec
import numpy as np
import pandas as pd
import pytest
import sklearn
from sklearn.compose import ColumnTransformer, make_column_transformer
from sklearn.feature_extraction import DictVectorizer
from sklearn.impute import KNNImputer, SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

import fairlead
from fairlead.api.instances import RequestReader
from fairlead.errors import DataError, EngineError, FairleadError, ModelFileError
from fairlead.publishing.evidence import measure_main
from fairlead.publishing.signature.infer import to_rows
from fairlead.registry.store import Registry
from testkit.memory import Memory

rng = np.random.default_rng(0)
ROWS, HALF = 800, 400


def published(estimator: Any, X: Any, y: Any, **more: Any) -> Any:
    fitted = estimator.fit(X[:HALF], y[:HALF])
    return fairlead.publish(
        fitted, name="m", X=X[HALF:], y=y[HALF:], train=X[:HALF], registry=Registry(Memory()), by="me", **more
    )


def encoded(column: str, **options: Any) -> Any:
    encoder = OneHotEncoder(handle_unknown="ignore")
    return make_pipeline(
        make_column_transformer((encoder, [column]), **(options or {"remainder": "passthrough"})),
        LogisticRegression(max_iter=2000),
    )


def check_reads_its_own_rows(done: Any, table: Any) -> None:
    """Check that the version's own reader accepts the publisher's rows as JSON."""
    signature = done.manifest.signature
    names = [field.name for field in signature.inputs]
    rows = to_rows(signature, table)
    body = msgspec.json.encode({"instances": [dict(zip(names, row, strict=True)) for row in rows]})
    assert RequestReader(signature).rows(body) == rows


@pytest.mark.parametrize("handle_unknown", ["ignore", "error"])
def test_categories_beyond_doubles_are_refused_by_name(handle_unknown: str) -> None:
    stores = 2**60 + 7 * rng.integers(0, 5, ROWS)
    X = pd.DataFrame({"a": rng.normal(size=ROWS), "store": stores})
    encoder = OneHotEncoder(handle_unknown=handle_unknown)
    estimator = make_pipeline(make_column_transformer((encoder, ["store"]), remainder="passthrough"))
    estimator.steps.append(("model", LogisticRegression()))
    with pytest.raises(DataError, match=r"column 'store' has categories beyond ±2\*\*53, such as 11529") as refusal:
        published(estimator, X, (X.a > 0).astype(int))
    assert refusal.value.hint == "fit on strings: X['store'].astype(str)"


def test_whole_numbers_in_float_columns_are_an_integer_category() -> None:
    a, year = rng.normal(size=ROWS), rng.choice([2007.0, 2008.0, 2009.0], ROWS)
    X = pd.DataFrame(
        {"a": a, "year": np.where(rng.random(ROWS) < 0.1, np.nan, year), "rooms": rng.integers(1, 6, ROWS)}
    )
    y = (a + (year - 2008) + X.rooms * 0.2 + rng.normal(size=ROWS) * 0.4 > 0.6).astype(int)
    done = published(encoded("year"), X, y)
    assert done.manifest.signature.inputs[1].categories == (2007, 2008, 2009)
    check_reads_its_own_rows(done, X)
    assert to_rows(done.manifest.signature, X.assign(rooms=X.rooms.astype(float))) == to_rows(
        done.manifest.signature, X
    )


def test_objects_of_whole_numbers_with_none_are_published() -> None:
    rooms = np.where(rng.random(ROWS) < 0.1, np.nan, rng.integers(1, 5, ROWS).astype(float))
    raw = pd.DataFrame({"a": rng.normal(size=ROWS), "rooms": rooms})
    y = (raw.a + raw.rooms.fillna(2) * 0.5 + rng.normal(size=ROWS) * 0.3 > 1.2).astype(int)
    X = raw.astype(object).where(raw.notna(), None)
    encoder = OneHotEncoder(handle_unknown="ignore")
    estimator = make_pipeline(
        make_column_transformer((encoder, ["rooms"]), (SimpleImputer(), ["a"])), LogisticRegression()
    )
    done = published(estimator, X, y)
    assert done.manifest.signature.inputs[1].categories == (1, 2, 3, 4)
    check_reads_its_own_rows(done, X)


@pytest.fixture
def _pandas_output() -> Iterator[None]:
    sklearn.set_config(transform_output="pandas")
    yield
    sklearn.set_config(transform_output="default")


def by_name() -> Any:
    """A pipeline whose second step finds its column by name, which needs frames between the steps."""
    columns = ColumnTransformer([("scale", StandardScaler(), ["a"])], remainder="passthrough")
    return make_pipeline(KNNImputer(), columns, LogisticRegression())


@pytest.mark.usefixtures("_pandas_output")
def test_a_global_option_that_the_endpoint_lacks_is_named_as_the_cause() -> None:
    X = pd.DataFrame(rng.normal(size=(ROWS, 2)), columns=["a", "b"])
    y = (X.a + X.b > 0).astype(int)
    with pytest.raises((DataError, EngineError)) as refusal:
        published(by_name(), X, y)
    assert "sklearn.set_config(transform_output='pandas') is set in this process but not at the endpoint" in str(
        refusal.value
    )
    assert "set_output" in refusal.value.hint
    assert sklearn.get_config()["transform_output"] == "pandas"


@pytest.mark.usefixtures("_pandas_output")
def test_a_global_option_that_changes_no_answer_refuses_nothing() -> None:
    X = pd.DataFrame(rng.normal(size=(ROWS, 2)), columns=["a", "b"])
    y = (X.a + X.b + rng.normal(size=ROWS) * 0.4 > 0).astype(int)
    assert published(make_pipeline(StandardScaler(), LogisticRegression()), X, y).manifest.engine.name == "onnx"


def test_the_option_on_the_pipeline_itself_travels_with_it() -> None:
    X = pd.DataFrame(rng.normal(size=(ROWS, 2)), columns=["a", "b"])
    y = (X.a + X.b + rng.normal(size=ROWS) * 0.4 > 0).astype(int)
    assert published(by_name().set_output(transform="pandas"), X.mask(rng.random(X.shape) < 0.1), y).manifest.version


@pytest.mark.parametrize("as_frame", [False, True], ids=["dictionaries", "frame"])
def test_dict_vectorizer_is_refused_with_an_alternative(as_frame: bool) -> None:
    a, c = rng.normal(size=ROWS), rng.choice(["x", "y"], ROWS)
    rows = [{"a": float(v), "c": str(w)} for v, w in zip(a, c, strict=True)]
    estimator = make_pipeline(DictVectorizer(), LogisticRegression()).fit(rows, c)
    with pytest.raises(ModelFileError, match="a DictVectorizer reads dictionaries, which are not served") as refusal:
        fairlead.validate(estimator, name="m", X=pd.DataFrame(rows) if as_frame else rows, y=c)
    assert "ColumnTransformer" in refusal.value.hint


class Raising(LogisticRegression):  # type: ignore[misc]  # scikit-learn has no types
    """Raises where `raises` says, as a user's estimator may."""

    def __init__(self, raises: str = "") -> None:
        super().__init__()
        self.raises = raises

    def __getattribute__(self, name: str) -> Any:
        if name == object.__getattribute__(self, "__dict__").get("raises") and "coef_" in self.__dict__:
            raise RuntimeError(f"no {name} today")
        return super().__getattribute__(name)


@pytest.mark.parametrize(
    "name", ["predict", "predict_proba", "classes_", "n_features_in_", "feature_names_in_", "steps"]
)
def test_an_exception_of_a_probe_is_a_refusal_never_a_traceback(name: str) -> None:
    X = pd.DataFrame(rng.normal(size=(ROWS, 2)), columns=["a", "b"])
    estimator = Raising(name).fit(X, X.a > 0)
    with pytest.raises(FairleadError):
        fairlead.publish(estimator, name="m", X=X, y=X.a > 0, registry=Registry(Memory()), by="me", engine="sklearn")


def test_a_cost_is_the_cpu_time_of_the_engine_not_the_time_that_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(measure_main, "LONGEST_WAIT", 0.1)

    class Waiting:
        """Waits as a process waits for a busy machine."""

        def answer(self, _: Any) -> None:
            time.sleep(0.02)

    assert measure_main._cost(Waiting(), []) < 10  # type: ignore[arg-type]  # an engine as far as it is asked


OBJECTS: dict[str, tuple[Any, Any, int]] = {
    "NumPy strings": (lambda code: np.str_("abc"[code]), None, 0),
    "NumPy strings with None": (lambda code: np.str_("abc"[code]), None, 7),
    "floats": (float, None, 0),
    "whole numbers": (int, None, 0),
    "NumPy integers with NaN": (np.int64, np.nan, 7),
}


@pytest.mark.parametrize("held", OBJECTS)
def test_column_of_objects_is_published_and_reads_its_own_rows(held: str) -> None:
    make, missing, every = OBJECTS[held]
    a, codes = rng.normal(size=ROWS), rng.integers(0, 3, ROWS)
    cells = [missing if every and row % every == 0 else make(int(code)) for row, code in enumerate(codes)]
    X = pd.DataFrame({"a": a, "c": pd.Series(cells, dtype=object)})
    done = published(encoded("c"), X, (a + codes > 1).astype(int), force=True, reason="few rows")
    assert done.manifest.engine.name == "onnx"
    check_reads_its_own_rows(done, X)


def test_labels_that_are_numpy_strings_are_published_as_strings() -> None:
    a = rng.normal(size=ROWS)
    y = np.array([np.str_("yes" if value > 0 else "no") for value in a], dtype=object)
    X = pd.DataFrame({"a": a, "b": rng.normal(size=ROWS)})
    done = published(LogisticRegression(), X, y, force=True, reason="few rows")
    assert done.manifest.signature.output.classes == ("no", "yes")
    assert done.manifest.engine.name == "onnx"
