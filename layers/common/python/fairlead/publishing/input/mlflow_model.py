"""Read an MLflow model: a folder with the file MLmodel, or a URI that the package mlflow can download.

Fairlead reads the folder itself. Nothing of the model is opened here: its file goes to the closed process as any model
file does, and no code of the folder is imported. Format: https://mlflow.org/docs/latest/ml/model/
"""

import contextlib
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from fairlead.errors import ModelFileError, NotFoundError, SettingsError, one_line
from fairlead.publishing.input import mlflow_boosters
from fairlead.publishing.input.mlflow_columns import Columns, columns_of

PREFIX = "mlflow:"
SCHEMES = ("models:/", "runs:/", "s3:/", "file:/", "dbfs:/", "gs:/", "wasbs:/", "abfss:/", "mlflow-artifacts:/")
"""Stores that MLflow downloads folders from: https://mlflow.org/docs/latest/tracking/artifact-stores."""
FILE = "MLmodel"
LARGEST_DESCRIPTION = 1 << 20
LARGEST_EXAMPLE = 1 << 24
"""Bytes of the files MLmodel and input_example.json."""
INSTALL = "pip install 'fairlead[mlflow]'"
FLAVOURS = {"sklearn": "pickled_model", "lightgbm": "data", "xgboost": "data", "catboost": "data"}
"""The flavours that Fairlead reads, with the member of MLmodel that names the model's file."""


class MlflowModel(NamedTuple):
    """The file of the estimator, the columns of the model's signature (None: no signature), and rows of its example.

    `example` is a DataFrame, or None if the model has no example that is a table.
    """

    path: Path
    columns: Columns | None
    example: Any


class _Description(msgspec.Struct):
    flavors: dict[str, dict[str, Any]]
    signature: dict[str, Any] | None = None
    saved_input_example_info: dict[str, Any] | None = None


@contextlib.contextmanager
def open_mlflow(uri: str) -> Iterator[MlflowModel]:
    """Yield the model of `mlflow:FOLDER` or of `mlflow:URI`, which is downloaded for the block.

    URIs are MLflow's: models:/NAME/VERSION, models:/NAME@ALIAS, runs:/RUN/PATH, s3://…; the registry is the one in
    MLFLOW_TRACKING_URI. Raises ModelFileError, NotFoundError and SettingsError, each with a hint.
    """
    where = uri.removeprefix(PREFIX)
    if not where or not uri.startswith(PREFIX):
        raise SettingsError(f"{uri!r} is no source of a model", hint="use mlflow:FOLDER or mlflow:models:/NAME/VERSION")
    with tempfile.TemporaryDirectory() as scratch:
        folder = _download(where, scratch) if ":/" in where else Path(where)
        yield _read(folder, where, Path(scratch))


def _download(uri: str, folder: str) -> Path:
    try:
        from mlflow import artifacts
    except ImportError as error:
        raise SettingsError(f"{uri} needs the package mlflow to be downloaded", hint=INSTALL) from error
    if not uri.startswith(SCHEMES):
        known = ", ".join(SCHEMES)
        raise SettingsError(
            f"{uri} is no address of a model; MLflow's begin with {known}", hint="give such an address, or a folder"
        )
    try:
        return Path(artifacts.download_artifacts(artifact_uri=uri, dst_path=folder))
    except Exception as error:  # mlflow and its stores raise exceptions of many packages
        raise NotFoundError(
            f"mlflow cannot download {uri}: {one_line(error)}",
            hint="check the URI, and MLFLOW_TRACKING_URI, which names the registry",
        ) from error


def _read(folder: Path, name: str, scratch: Path) -> MlflowModel:
    description = _description(folder, name)
    info = description.saved_input_example_info or {}
    return MlflowModel(
        path=_model_file(folder, description.flavors, name, scratch),
        columns=columns_of(description.signature),
        example=_example(folder, info, name),
    )


def _description(folder: Path, name: str) -> _Description:
    path = folder / FILE
    if not path.is_file():
        raise NotFoundError(f"{name} has no file {FILE}", hint="give the folder that mlflow.sklearn.save_model wrote")
    if path.stat().st_size > LARGEST_DESCRIPTION:
        raise ModelFileError(f"{path} is larger than {LARGEST_DESCRIPTION:,} bytes, so it is no description of a model")
    try:
        return msgspec.yaml.decode(path.read_bytes(), type=_Description)
    except ImportError as error:
        raise SettingsError(f"{path} is YAML, and PyYAML is not installed here", hint=INSTALL) from error
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise ModelFileError(f"{path} cannot be read: {one_line(error)}") from error


def _model_file(folder: Path, flavours: dict[str, dict[str, Any]], name: str, scratch: Path) -> Path:
    flavour = next((one for one in FLAVOURS if one in flavours), None)
    if flavour is None:
        raise ModelFileError(
            f"{name} has the flavours {', '.join(sorted(flavours)) or 'none'}; Fairlead reads {', '.join(FLAVOURS)}",
            hint="log the model with mlflow.sklearn.log_model",
        )
    path = _inside(folder, flavours[flavour].get(FLAVOURS[flavour]), name)
    if flavour in mlflow_boosters.KINDS:
        return mlflow_boosters.write_stand_in(flavour, flavours[flavour], path, scratch)
    return path


def _inside(folder: Path, named: Any, name: str) -> Path:
    """Return a file that MLmodel names; raises ModelFileError where it is missing or outside of the folder."""
    path = folder / str(named or "")
    if not named or not path.resolve().is_relative_to(folder.resolve()):
        raise ModelFileError(f"{name}: {FILE} names no file inside its folder: {str(named)[:100]!r}")
    if not path.is_file():
        raise ModelFileError(f"{name} has no file {str(named)[:100]}, which its {FILE} names")
    return path


def _example(folder: Path, info: dict[str, Any], name: str) -> Any:
    """Return the input example as a DataFrame; None where there is none, or it is no table of named columns."""
    import pandas as pd

    if info.get("type") != "dataframe" or info.get("pandas_orient") != "split":
        return None
    path = _inside(folder, info.get("artifact_path"), name)
    if path.stat().st_size > LARGEST_EXAMPLE:
        return None
    try:
        table = msgspec.json.decode(path.read_bytes())
        return pd.DataFrame(table["data"], columns=table.get("columns"))
    except (msgspec.MsgspecError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise ModelFileError(f"{path.name} of {name} cannot be read: {one_line(error, named=True)}") from error
