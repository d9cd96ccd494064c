"""MLflow models: imported from a folder as mlflow writes it, and exported as a folder that it loads.

`make test-clients` does both with the package mlflow itself.
"""

import json
import pickle
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pandas as pd
import pytest
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from fairlead.engines.sklearn import SklearnEngine
from fairlead.errors import DataError, FairleadError, IntegrityError, ModelFileError, NotFoundError, SettingsError
from fairlead.publishing.input import mlflow_model
from fairlead.publishing.input.mlflow_model import open_mlflow
from fairlead.publishing.mlflow_export import export_mlflow
from fairlead.publishing.publish import Published, PublishOptions, publish_file
from fairlead.registry import connection
from fairlead.registry.store import Registry
from testkit.memory import Memory
from tests.functional.command_line import result

COLUMNS = [
    {"type": "long", "name": "age", "required": True},
    {"type": "double", "name": "income", "required": True},
    {"type": "string", "name": "city", "required": True},
]
EXAMPLE: dict[str, Any] = {
    "columns": ["age", "income", "city"],
    "data": [[70, 24143.42, "Oslo"], [57, 25274.12, "Bergen"]],
}


def people(count: int = 600, seed: int = 0) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "age": random.integers(18, 80, count),
            "income": random.normal(3e4, 1e4, count).round(2),
            "city": random.choice(["Oslo", "Bergen"], count),
        }
    )
    score = frame.age + frame.income / 1e3 + (frame.city == "Oslo") * 10 + random.normal(0, 5, count)
    return frame.assign(buys=(score > 85).astype(int), row_id=np.arange(count))


@pytest.fixture(scope="module")
def fitted() -> Any:
    frame = people()
    encode = make_column_transformer((StandardScaler(), ["age", "income"]), (OneHotEncoder(), ["city"]))
    return make_pipeline(encode, LogisticRegression()).fit(frame[["age", "income", "city"]], frame.buys)


@pytest.fixture
def held_out(tmp_path: Path) -> Path:
    people(500, seed=1).to_csv(tmp_path / "held_out.csv", index=False)
    return tmp_path / "held_out.csv"


@pytest.fixture
def folder(tmp_path: Path, fitted: Any) -> Path:
    """A model as mlflow 3.17 saves it; test_mlflow of `make test-clients` compares it with the package's."""
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "model.pkl").write_bytes(pickle.dumps(fitted))
    (folder / "input_example.json").write_text(json.dumps(EXAMPLE))
    describe(folder)
    return folder


def describe(folder: Path, **changed: Any) -> None:
    description = {
        "flavors": {
            "python_function": {"loader_module": "mlflow.sklearn", "model_path": "model.pkl"},
            "sklearn": {"code": None, "pickled_model": "model.pkl", "serialization_format": "cloudpickle"},
        },
        "saved_input_example_info": {
            "artifact_path": "input_example.json",
            "pandas_orient": "split",
            "type": "dataframe",
        },
        "signature": {"inputs": json.dumps(COLUMNS), "outputs": None, "params": None},
    }
    (folder / "MLmodel").write_text(json.dumps(description | changed))


def published(source: Path | str, held_out: Path, registry: Registry) -> Published:
    options = PublishOptions(name="buys", registry=registry)
    return publish_file(source, options, data=held_out, target=["buys"])


def refused(source: str, held_out: Path) -> FairleadError:
    memory = Memory()
    with pytest.raises(FairleadError) as caught:
        published(source, held_out, Registry(memory))
    assert not list(memory.keys(""))
    return caught.value


def test_a_folder_is_published_with_the_columns_of_its_signature_and_its_example(folder: Path, held_out: Path) -> None:
    registry = Registry(Memory())
    made = published(f"mlflow:{folder}", held_out, registry).manifest
    assert [field.name for field in made.signature.inputs] == ["age", "income", "city"]
    assert made.source == f"mlflow:{folder}"
    assert "files" in made.walls
    golden = json.loads(registry.blob(made.blobs["golden"]))
    assert golden["rows"][0] == EXAMPLE["data"][0]


def test_a_folder_without_signature_and_example_is_published_as_its_file_is(folder: Path, held_out: Path) -> None:
    describe(folder, signature=None, saved_input_example_info=None)
    people(500, seed=1).drop(columns="row_id").to_csv(held_out, index=False)
    registry = Registry(Memory())
    named = published(f"mlflow:{folder}", held_out, registry).manifest
    file = published(folder / "model.pkl", held_out, registry).manifest
    assert named.signature == file.signature
    assert named.blobs["estimator"] == file.blobs["estimator"]


def test_a_table_without_a_column_of_the_signature_is_refused_by_its_name(folder: Path, held_out: Path) -> None:
    people(500, seed=1).drop(columns="income").to_csv(held_out, index=False)
    error = refused(f"mlflow:{folder}", held_out)
    assert isinstance(error, DataError)
    assert "held_out.csv has no column income" in str(error)


def test_a_column_of_another_kind_than_the_signatures_is_refused(folder: Path, held_out: Path) -> None:
    people(500, seed=1).assign(city=range(500)).to_csv(held_out, index=False)
    error = refused(f"mlflow:{folder}", held_out)
    assert "column city holds numbers, and the MLflow signature says string" in str(error)
    assert "Parquet" in error.hint


@pytest.mark.parametrize(
    ("changed", "message"),
    [
        ({"flavors": {"pytorch": {}, "python_function": {}}}, "has the flavours python_function, pytorch"),
        ({"flavors": {"sklearn": {"pickled_model": "../outside.pkl"}}}, "no file inside its folder: '../outside.pkl'"),
        ({"flavors": {"sklearn": {"pickled_model": "/etc/passwd"}}}, "no file inside its folder: '/etc/passwd'"),
        ({"flavors": {"sklearn": {"pickled_model": "gone.pkl"}}}, "has no file gone.pkl"),
        ({"flavors": {"sklearn": {}}}, "names no file inside its folder"),
        ({"flavors": 7}, "MLmodel cannot be read"),
        ({"signature": {"inputs": "{"}}, "the signature in MLmodel cannot be read"),
        ({"saved_input_example_info": {"type": "dataframe", "pandas_orient": "split"}}, "names no file inside"),
    ],
)
def test_a_wrong_description_is_refused_with_its_fault(
    folder: Path, held_out: Path, changed: dict[str, Any], message: str
) -> None:
    joblib.dump(1, folder.parent / "outside.pkl")
    describe(folder, **changed)
    error = refused(f"mlflow:{folder}", held_out)
    assert isinstance(error, ModelFileError)
    assert message in str(error)


def test_a_link_out_of_the_folder_is_refused(folder: Path, held_out: Path) -> None:
    (folder / "model.pkl").rename(folder.parent / "elsewhere.pkl")
    (folder / "model.pkl").symlink_to(folder.parent / "elsewhere.pkl")
    assert "no file inside its folder" in str(refused(f"mlflow:{folder}", held_out))


@pytest.mark.parametrize("text", ["{", "a: [", "\x00", "&a [*a]", "- 1", "!!python/object/apply:os.getcwd []"])
def test_a_description_that_is_no_yaml_of_a_model_is_refused(folder: Path, held_out: Path, text: str) -> None:
    (folder / "MLmodel").write_text(text)
    assert "MLmodel cannot be read" in str(refused(f"mlflow:{folder}", held_out))


@pytest.mark.parametrize("text", ["", "[]", '{"data": 3}', '{"columns": ["a"], "data": [[1, 2]]}'])
def test_a_damaged_example_is_refused(folder: Path, held_out: Path, text: str) -> None:
    (folder / "input_example.json").write_text(text)
    assert "input_example.json" in str(refused(f"mlflow:{folder}", held_out))


def test_a_description_that_is_too_large_is_refused(
    folder: Path, held_out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mlflow_model, "LARGEST_DESCRIPTION", 100)
    assert "larger than 100 bytes" in str(refused(f"mlflow:{folder}", held_out))


def test_a_folder_that_is_no_model_names_the_file_it_lacks(tmp_path: Path, held_out: Path) -> None:
    error = refused(f"mlflow:{tmp_path}", held_out)
    assert isinstance(error, NotFoundError)
    assert "has no file MLmodel" in str(error)


@pytest.mark.parametrize("uri", ["", "mlflow:", "models:/buys/1", "https://example.com/model"])
def test_a_source_that_is_not_mlflows_is_refused(uri: str) -> None:
    with pytest.raises(SettingsError, match="is no source of a model"), open_mlflow(uri):
        pass


def test_a_registrys_uri_without_the_package_says_what_to_install() -> None:
    with pytest.raises(SettingsError, match="needs the package mlflow") as caught, open_mlflow("mlflow:models:/buys/1"):
        pass
    assert "fairlead[mlflow]" in caught.value.hint


def test_an_exported_version_is_imported_again_with_the_same_answers(
    folder: Path, held_out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = Registry(Memory())
    first = published(f"mlflow:{folder}", held_out, registry).manifest
    monkeypatch.setattr(connection, "open_registry", lambda _: registry)
    monkeypatch.chdir(tmp_path)
    assert result("export", "buys", first.version, "exported", "--to", "mlflow")["folder"] == "exported"
    exported = tmp_path / "exported"
    description = json.loads((exported / "MLmodel").read_text())
    assert description["metadata"]["fairlead_version"] == first.version
    again = published(f"mlflow:{exported}", held_out, registry).manifest
    assert again.signature == first.signature
    assert again.blobs["estimator"] == first.blobs["estimator"]


def test_a_version_with_other_answers_here_is_not_exported(
    folder: Path, held_out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = Registry(Memory())
    first = published(folder / "model.pkl", _inputs_only(held_out), registry).manifest

    answer = SklearnEngine.answer
    monkeypatch.setattr(SklearnEngine, "answer", lambda engine, rows: answer(engine, rows[::-1]))
    with pytest.raises(IntegrityError, match="other answers here"):
        export_mlflow(registry, "buys", first.version, tmp_path / "exported")
    assert not (tmp_path / "exported").exists()


def _inputs_only(held_out: Path) -> Path:
    people(500, seed=1).drop(columns="row_id").to_csv(held_out, index=False)
    return held_out


def test_an_export_replaces_no_folder_and_leaves_none_half_written(
    folder: Path, held_out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    registry = Registry(Memory())
    first = published(f"mlflow:{folder}", held_out, registry).manifest
    with pytest.raises(SettingsError, match="exists"):
        export_mlflow(registry, "buys", first.version, folder)
    before = sorted(tmp_path.iterdir())

    def full(_: Path, __: bytes) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(SettingsError, match="No space left"):
        export_mlflow(registry, "buys", first.version, tmp_path / "exported")
    assert sorted(tmp_path.iterdir()) == before
