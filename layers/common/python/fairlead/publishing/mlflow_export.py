"""Write a version as an MLflow model: a folder that mlflow.sklearn and mlflow.pyfunc load.

Format: https://mlflow.org/docs/latest/ml/model/. MLmodel is written as JSON, which is YAML. The estimator is built from
the version's data form and must repeat the version's golden answers before a file is written.
"""

import os
import pickle
import shutil
import tempfile
from pathlib import Path
from typing import Any

import msgspec

from fairlead.engines.estimator_data.reader import read
from fairlead.engines.sklearn import SklearnEngine
from fairlead.errors import IntegrityError, SettingsError
from fairlead.model.digest import prefixed
from fairlead.model.golden import Golden
from fairlead.model.manifest import Manifest
from fairlead.model.signature import Field, Output, Signature, with_ignored
from fairlead.publishing.input.estimator_checks import libraries
from fairlead.registry.store import Registry

MODEL, EXAMPLE = "model.pkl", "input_example.json"
EXAMPLE_ROWS = 5
REQUIRED = ("scikit-learn", "numpy", "scipy", "pandas")
"""Distributions that the estimator needs, in the versions that it was published with."""


def export_mlflow(registry: Registry, name: str, version: int, folder: Path) -> Path:
    """Write the version to a new folder and return it.

    Raises SettingsError where the folder exists or cannot be written, and for a version with a booster or own code,
    which MLflow could not load; IntegrityError where the estimator gives other
    answers here than when it was published, and as reading a version does. Nothing half-written remains.
    """
    if folder.exists():
        raise SettingsError(f"{folder} exists", hint="name a new folder")
    manifest, sha256 = registry.manifest(name, version)
    if manifest.package:
        raise SettingsError(
            f"{name} version {version} has code of its publisher ({manifest.package}), which no export writes",
            hint="export it from the program that fitted it, with mlflow's code_paths",
        )
    estimator = read(registry.blob(manifest.blobs["estimator"])).estimator
    if held := libraries(estimator):
        raise SettingsError(
            f"{name} version {version} has a model of {', '.join(held)}: only Fairlead could load what is written",
            hint="log the estimator from the program that fitted it, with mlflow.sklearn.log_model",
        )
    golden = msgspec.json.decode(registry.blob(manifest.blobs["golden"]), type=Golden)
    engine = SklearnEngine(estimator, manifest.signature)
    _check_answers(manifest, engine, golden)
    files = _files(manifest, sha256, estimator, engine.inputs(golden.rows[:EXAMPLE_ROWS]))
    _write(folder, files)
    return folder


def _check_answers(manifest: Manifest, engine: SklearnEngine, golden: Golden) -> None:
    if not golden.agrees(engine.answer(golden.rows)):
        raise IntegrityError(
            f"{manifest.model} version {manifest.version} gives other answers here than when it was published",
            hint="install the packages that `fairlead show` lists as its environment",
        )


def _files(manifest: Manifest, sha256: str, estimator: Any, example: Any) -> dict[str, bytes]:
    environment = manifest.environment
    packages = [f"{name}=={environment[name]}" for name in REQUIRED if name in environment]
    files = {
        MODEL: pickle.dumps(estimator, protocol=5),
        "requirements.txt": "".join(f"{line}\n" for line in ["mlflow", *packages]).encode(),
        "python_env.yaml": msgspec.json.encode(
            {"python": environment["python"], "dependencies": ["-r requirements.txt"]}
        ),
    }
    if manifest.signature.layout == "frame":
        files[EXAMPLE] = example.to_json(orient="split", index=False).encode()
    description = _description(manifest, sha256, example=EXAMPLE in files)
    return files | {"MLmodel": msgspec.json.format(msgspec.json.encode(description), indent=2)}


def _description(manifest: Manifest, sha256: str, *, example: bool) -> dict[str, Any]:
    python, sklearn = manifest.environment["python"], manifest.environment["scikit-learn"]
    described = {
        "flavors": {
            "python_function": {
                "env": {"virtualenv": "python_env.yaml"},
                "loader_module": "mlflow.sklearn",
                "model_path": MODEL,
                "predict_fn": "predict",
                "python_version": python,
            },
            "sklearn": {
                "code": None,
                "pickled_model": MODEL,
                "serialization_format": "pickle",
                "sklearn_version": sklearn,
            },
        },
        "signature": {
            "inputs": _text(_inputs(manifest.signature)),
            "outputs": _text(_outputs(manifest.signature.output)),
            "params": None,
        },
        "utc_time_created": f"{manifest.created:%Y-%m-%d %H:%M:%S.%f}",
        "metadata": {
            "fairlead_model": manifest.model,
            "fairlead_version": manifest.version,
            "fairlead_digest": prefixed(sha256),
        },
    }
    if example:
        described["saved_input_example_info"] = {
            "artifact_path": EXAMPLE,
            "pandas_orient": "split",
            "type": "dataframe",
        }
    return described


def _text(specs: list[dict[str, Any]]) -> str:
    return msgspec.json.encode(specs).decode()


def _inputs(signature: Signature) -> list[dict[str, Any]]:
    fields = with_ignored(signature).inputs
    if signature.layout == "frame":
        return [{"type": _type(field), "name": field.name, "required": True} for field in fields]
    if signature.layout == "column":
        return [_tensor("str", [-1])]
    return [_tensor("float64", [-1, len(fields)])]


def _type(field: Field) -> str:
    """Return MLflow's type of a field; "any" where MLflow's own type has no missing values."""
    if field.kind == "number":
        return "double"
    if field.kind == "text" or (field.categories and isinstance(field.categories[0], str)):
        return "string"
    if field.nullable:
        return "any"
    return "boolean" if field.kind == "boolean" else "long"


def _outputs(output: Output) -> list[dict[str, Any]]:
    if output.names is not None:
        return [_tensor("float64", [-1, len(output.names)])]
    if output.task == "regression":
        return [_tensor("float64", [-1])]
    first = (output.classes or (0,))[0]
    return [_tensor("bool" if isinstance(first, bool) else "str" if isinstance(first, str) else "int64", [-1])]


def _tensor(dtype: str, shape: list[int]) -> dict[str, Any]:
    return {"type": "tensor", "tensor-spec": {"dtype": dtype, "shape": shape}}


def _write(folder: Path, files: dict[str, bytes]) -> None:
    """Write the files to a folder beside it, which then takes its name."""
    try:
        folder.parent.mkdir(parents=True, exist_ok=True)
        half = Path(tempfile.mkdtemp(prefix=f".{folder.name}-", dir=folder.parent))
        try:
            for name, content in files.items():
                (half / name).write_bytes(content)
            half.chmod(0o777 & ~_umask())
            half.rename(folder)
        except BaseException:
            shutil.rmtree(half, ignore_errors=True)
            raise
    except OSError as error:
        raise SettingsError(f"cannot write {folder}: {error.strerror}", hint="name another folder") from error


def _umask() -> int:
    """Return the process's umask: a temporary folder is for its owner only, an exported one as any other."""
    mask = os.umask(0o022)
    os.umask(mask)
    return mask
