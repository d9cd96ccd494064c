"""Write a version as an MLflow model: a folder that mlflow.pyfunc loads, and mlflow.sklearn where it is scikit-learn's.

Format: https://mlflow.org/docs/latest/ml/model/. MLmodel is written as JSON, which is YAML. The estimator is built from
the version's data form. One with a booster is written as its ONNX graph with a loader: a pickle of the data form would
need Fairlead. Either must repeat the version's golden answers before a file is written.
"""

import os
import pickle
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import msgspec

from fairlead.engines import Engine
from fairlead.engines.estimator_data.reader import read
from fairlead.engines.onnx import OnnxEngine
from fairlead.engines.sklearn import SklearnEngine
from fairlead.engines.text_counts import MISSING, read_countings
from fairlead.errors import IntegrityError, SettingsError
from fairlead.model.digest import prefixed
from fairlead.model.golden import Golden
from fairlead.model.manifest import Manifest
from fairlead.model.signature import Field, Output, Signature, with_ignored
from fairlead.publishing import mlflow_graph
from fairlead.publishing.input.estimator_checks import libraries
from fairlead.registry.store import Registry

MODEL, EXAMPLE, LOADER = "model.pkl", "input_example.json", "fairlead_graph.py"
EXAMPLE_ROWS = 5
REQUIRED = ("scikit-learn", "numpy", "scipy", "pandas")
"""Distributions that the estimator needs, in the versions that it was published with."""


def export_mlflow(registry: Registry, name: str, version: int, folder: Path) -> Path:
    """Write the version to a new folder and return it.

    Raises SettingsError where the folder exists or cannot be written, and for a version with own code, which MLflow
    could not load; IntegrityError where the version gives other answers here than when it was published, and as reading
    a version does. Nothing half-written remains.
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
    golden = msgspec.json.decode(registry.blob(manifest.blobs["golden"]), type=Golden)
    reader = SklearnEngine(estimator, manifest.signature)
    example = reader.inputs(golden.rows[:EXAMPLE_ROWS])
    if libraries(estimator):  # the pickle would need Fairlead
        blob = registry.blob(manifest.blobs[manifest.engine.blob])
        _check_answers(manifest, OnnxEngine(manifest.engine, manifest.signature, blob), golden)
        _write(folder, _graph_files(manifest, sha256, blob, example))
        return folder
    _check_answers(manifest, reader, golden)
    _write(folder, _estimator_files(manifest, sha256, estimator, example))
    return folder


def _check_answers(manifest: Manifest, engine: Engine, golden: Golden) -> None:
    if not golden.agrees(engine.answer(golden.rows)):
        raise IntegrityError(
            f"{manifest.model} version {manifest.version} gives other answers here than when it was published",
            hint="install the packages that `fairlead show` lists as its environment",
        )


def _estimator_files(manifest: Manifest, sha256: str, estimator: Any, example: Any) -> dict[str, bytes]:
    flavours = {
        "python_function": {"loader_module": "mlflow.sklearn", "model_path": MODEL, "predict_fn": "predict"},
        "sklearn": {
            "code": None,
            "pickled_model": MODEL,
            "serialization_format": "pickle",
            "sklearn_version": manifest.environment["scikit-learn"],
        },
    }
    model = {MODEL: pickle.dumps(estimator, protocol=5)}
    return model | _description_files(manifest, sha256, flavours, example, REQUIRED)


def _graph_files(manifest: Manifest, sha256: str, blob: bytes, example: Any) -> dict[str, bytes]:
    """Return the files of the graph with its loader, for `mlflow.pyfunc` alone."""
    import onnx

    metadata = {one.key: one.value for one in onnx.load_model_from_string(blob).metadata_props}
    if read_countings(metadata):
        raise SettingsError(
            f"{manifest.model} version {manifest.version} counts words outside of its graph, which no export writes",
            hint="log the estimator from the program that fitted it, with mlflow.sklearn.log_model",
        )
    facts = {
        "fields": [field.name for field in manifest.signature.inputs],
        "inputs": manifest.engine.inputs,
        "outputs": manifest.engine.outputs,
        "classes": manifest.signature.output.classes or (),
        "missing": MISSING,
    }
    flavours = {"python_function": {"loader_module": Path(LOADER).stem, "code": "code", "data": "data"}}
    model = {
        f"data/{mlflow_graph.GRAPH}": blob,
        f"data/{mlflow_graph.FACTS}": msgspec.json.encode(facts),
        f"code/{LOADER}": Path(mlflow_graph.__file__).read_bytes(),
    }
    return model | _description_files(manifest, sha256, flavours, example, ("numpy", "onnxruntime", "pandas"))


def _description_files(
    manifest: Manifest, sha256: str, flavours: dict[str, Any], example: Any, needed: Sequence[str]
) -> dict[str, bytes]:
    environment = manifest.environment
    packages = [f"{name}=={environment[name]}" for name in needed if name in environment]
    files = {
        "requirements.txt": "".join(f"{line}\n" for line in ["mlflow", *packages]).encode(),
        "python_env.yaml": msgspec.json.encode(
            {"python": environment["python"], "dependencies": ["-r requirements.txt"]}
        ),
    }
    if manifest.signature.layout == "frame":
        files[EXAMPLE] = example.to_json(orient="split", index=False).encode()
    described = {"env": {"virtualenv": "python_env.yaml"}, "python_version": environment["python"]}
    flavours["python_function"] |= described
    description = _description(manifest, sha256, flavours, example=EXAMPLE in files)
    return files | {"MLmodel": msgspec.json.format(msgspec.json.encode(description), indent=2)}


def _description(manifest: Manifest, sha256: str, flavours: dict[str, Any], *, example: bool) -> dict[str, Any]:
    described = {
        "flavors": flavours,
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
                (half / name).parent.mkdir(exist_ok=True)
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
