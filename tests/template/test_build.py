"""The layers that `sam build` made, as Lambda unpacks them. Run `make build` first."""

import hashlib
import importlib.util
import json
import marshal
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType

import pyarrow as pa
import pytest
from pyarrow import parquet

from fairlead_local.cloudformation import templates
from tests.template.stack import ROOT

BUILD = ROOT / ".aws-sam" / "build"
LAYERS = {
    "CommonLayer": "common",
    "OnnxLayer": "onnx",
    "SklearnLayer": "sklearn",
    "AwsLayer": "aws",
    "ParquetLayer": "parquet",
}
FUNCTIONS = ("PredictFunction", "VerifyFunction", "RecordFunction", "MoveFunction", "BatchFunction")
LAMBDA_LIMIT = 262_144_000  # bytes, unzipped, function and layers together
SERVING_LIMIT = 135_000_000
ROOM = 8_000_000
UNCHECKED_HASH = 1  # PEP 552: the pyc is used without a look at its source


@pytest.fixture(autouse=True)
def built() -> None:
    missing = [name for name in (*LAYERS, *FUNCTIONS) if not (BUILD / name).is_dir()]
    assert not missing, f"{missing} are not in .aws-sam/build: run `make build` first"


def files(*names: str) -> Iterator[Path]:
    return (path for name in names for path in sorted((BUILD / name).rglob("*")) if path.is_file())


def size(*names: str) -> int:
    return sum(path.stat().st_size for path in files(*names))


def run_as_lambda(code: str, *layers: str, function: str = "PredictFunction", **env: str) -> str:
    """Run code where only the standard library, the function and these layers can be imported."""
    paths = [BUILD / function, *(BUILD / layer / "python" for layer in layers)]
    done = subprocess.run(
        [sys.executable, "-S", "-B", "-c", code],
        env={"PYTHONPATH": ":".join(map(str, paths)), "HOME": os.environ["HOME"], **env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_serving_is_small() -> None:
    assert size("PredictFunction", "CommonLayer", "OnnxLayer") < SERVING_LIMIT


@pytest.mark.parametrize("engine", ["OnnxLayer", "SklearnLayer"])
def test_function_and_layers_fit_with_room(engine: str) -> None:
    assert size("PredictFunction", "CommonLayer", engine) < LAMBDA_LIMIT - ROOM


def test_batch_fits_with_room() -> None:
    assert size("BatchFunction", "CommonLayer", "OnnxLayer", "ParquetLayer", "AwsLayer") < LAMBDA_LIMIT - ROOM


def test_files_that_lambda_never_reads_are_left_out() -> None:
    unread = re.compile(r"(\.pyi|\.pyx|\.pxd|\.h|\.c|\.cpp|\.a|/py\.typed|/conftest\.py|/RECORD)$|/tests/|/python/bin/")
    found = [str(path) for path in files(*LAYERS) if unread.search(path.relative_to(BUILD).as_posix())]

    assert found == []


def test_a_function_that_calls_aws_has_boto3_in_its_layers() -> None:
    """Lambda's runtime has its own boto3, which AWS changes at any time."""
    wrong = [
        name
        for name, facts in templates.parse((ROOT / "template.yaml").read_text())["Resources"].items()
        if facts["Type"] == "AWS::Serverless::Function"
        and "from fairlead.aws import clients" in (ROOT / facts["Properties"]["CodeUri"] / "app.py").read_text()
        and {"Ref": "AwsLayer"} not in facts["Properties"]["Layers"]
    ]
    assert wrong == []


def test_libraries_keep_their_licences() -> None:
    for layer, package in (
        *(("CommonLayer", "msgspec"), ("OnnxLayer", "numpy"), ("SklearnLayer", "scipy")),
        ("AwsLayer", "botocore"),
        ("ParquetLayer", "pyarrow"),
    ):
        assert list((BUILD / layer / "python").glob(f"{package}-*.dist-info/**/*LICENSE*")), package


def test_every_module_has_byte_code_that_is_used_without_a_check() -> None:
    """`/opt` is read-only: a module without it, or with byte-code that must be checked, costs every cold start."""
    wrong = []
    for source in files(*LAYERS):
        if source.suffix != ".py":
            continue
        compiled = Path(importlib.util.cache_from_source(str(source)))
        header = compiled.read_bytes()[:16] if compiled.exists() else b""
        expected = (
            importlib.util.MAGIC_NUMBER
            + UNCHECKED_HASH.to_bytes(4, "little")
            + importlib.util.source_hash(source.read_bytes())
        )
        if header != expected:
            wrong.append(str(source))

    assert wrong == []


def test_tracebacks_name_the_paths_of_the_runtime() -> None:
    for source in files("CommonLayer"):
        if source.suffix == ".pyc":
            code = marshal.loads(source.read_bytes()[16:])  # noqa: S302  # our own build's output
            assert isinstance(code, CodeType)
            assert code.co_filename.startswith("/opt/python/"), source


def test_all_native_code_is_for_one_architecture() -> None:
    machines = {path.read_bytes()[18:20] for path in files(*LAYERS) if ".so" in path.suffixes}

    assert len(machines) == 1


def test_the_common_layer_has_the_package_unchanged() -> None:
    def digests(folder: Path) -> dict[str, str]:
        sources = sorted(folder.rglob("*.py"))
        return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in sources}

    shipped = digests(BUILD / "CommonLayer" / "python" / "fairlead")
    assert shipped == digests(ROOT / "layers/common/python/fairlead"), "run `make build`: the package has changed since"


@pytest.mark.parametrize("layer", LAYERS)
def test_layer_holds_the_packages_of_its_lock_file(layer: str) -> None:
    lock = (ROOT / "layers" / LAYERS[layer] / "requirements.txt").read_text()
    locked = {
        (name.replace("-", "_"), version)
        for name, version, marker in re.findall(r"^([\w.-]+)==([^\s;]+)( ;.*)?", lock, re.MULTILINE)
        if "win32" not in marker
    }
    folders = (BUILD / layer / "python").glob("*.dist-info")

    assert {tuple(folder.name.removesuffix(".dist-info").lower().split("-")) for folder in folders} == locked


@pytest.mark.parametrize("layer", LAYERS.values())
def test_layers_have_the_tested_package_versions(layer: str) -> None:
    """Parity and the sklearn engine are proved with development's versions: the layers' are the same."""
    pin = re.compile(r"^([\w.-]+==[^\s;]+)", re.MULTILINE)
    developed = set(pin.findall((ROOT / "requirements/dev.txt").read_text()))
    shipped = set(pin.findall((ROOT / "layers" / layer / "requirements.txt").read_text()))

    assert shipped - developed == set()


def test_the_function_starts_on_its_layers_without_the_heavy_packages() -> None:
    code = """
import sys, json, app
print(json.dumps(sorted({name.split(".")[0] for name in sys.modules})))
"""
    loaded = set(json.loads(run_as_lambda(code, "CommonLayer", "OnnxLayer", FAIRLEAD_BUCKET="b")))

    assert {"app", "fairlead", "aws_lambda_powertools", "msgspec"} <= loaded
    assert not loaded & {"boto3", "sklearn", "scipy", "joblib", "pandas", "aws_xray_sdk", "pydantic"}


def test_the_onnx_layer_computes() -> None:
    code = """
import numpy as np, onnxruntime
print(onnxruntime.get_available_providers(), np.linalg.inv(np.eye(2)).sum())
"""
    assert run_as_lambda(code, "CommonLayer", "OnnxLayer").split() == [
        "['AzureExecutionProvider',",
        "'CPUExecutionProvider']",
        "2.0",
    ]


def test_the_parquet_layer_reads_and_writes_all_types(tmp_path: Path) -> None:
    """No column and no result needs the part of pyarrow that is left out."""
    table = pa.table(
        {
            "number": pa.array([1.5, None, 3.5]),
            "decimal": pa.array(["1.25", "2.50", None]).cast(pa.decimal128(9, 2)),
            "integer": pa.array([1, 2, None], type=pa.uint8()),
            "category": pa.array(["a", None, "b"]).dictionary_encode(),
            "time": pa.array([0, 1, None], type=pa.timestamp("us", tz="Europe/Berlin")),
            "parts": pa.array([[1], [], None], type=pa.list_(pa.int8())),
        }
    )
    parquet.write_table(table, tmp_path / "rows.parquet", row_group_size=2, compression="zstd")
    code = f"""
import sys
from pathlib import Path
from fairlead.batch.row_blocks import parquet_blocks
from fairlead.batch.fields import checked
from fairlead.batch.files import LocalFiles
from fairlead.batch.job import Input
from fairlead.batch.input_files import opened_parquet
from fairlead.batch.results import ParquetResult, result_columns
from fairlead.model.answers import Answers
from fairlead.model.signature import Field, Output, Signature
files, pattern = LocalFiles(), {str(tmp_path / "rows.parquet")!r}
output = Output(task="regression")
kinds = dict(number="number", decimal="number", integer="integer", category="category")
fields = tuple(Field(name=name, kind=kind, nullable=True) for name, kind in kinds.items())
signature = Signature(inputs=fields, output=output, layout="frame")
result = ParquetResult(output)
with opened_parquet(files, Input(*next(files.matching(pattern)))) as file:
    for block in parquet_blocks(file, [0, 1], file.schema_arrow.names):
        rows, faults = checked(signature, block.columns, block.rows)
        ids = list(map(str, range(block.rows)))
        result.add(block.columns, result_columns(output, ids, dict(values=[0.5] * block.rows), [None] * block.rows))
Path({str(tmp_path / "scored.parquet")!r}).write_bytes(result.bytes())
print(faults, "pandas" in sys.modules)
"""
    assert run_as_lambda(code, "CommonLayer", "OnnxLayer", "ParquetLayer", function="BatchFunction") == "{} False\n"
    scored = parquet.read_table(tmp_path / "scored.parquet")
    assert scored.select(table.column_names).to_pylist() == table.to_pylist()
    assert scored["value"].to_pylist() == [0.5] * 3


SERVICES = ("cloudformation", "cloudwatch", "codedeploy", "dynamodb", "events", "lambda", "logs", "s3", "sns", "sts")


def test_functions_that_operate_aws_are_small() -> None:
    """boto3 as its wheels unpack takes 30 MB, nearly all of them descriptions of services that nothing here calls."""
    assert size("AwsLayer") < 10_000_000


def test_the_aws_layer_has_the_services_that_functions_call() -> None:
    code = f"""
import boto3
services = {SERVICES!r}
clients = {{name: boto3.Session().client(name, region_name="eu-west-1") for name in services}}
print(boto3.Session().get_available_services() == sorted(services), clients["sts"].meta.endpoint_url)
clients["lambda"].get_waiter("published_version_active")
clients["s3"].get_paginator("list_objects_v2")
"""
    assert run_as_lambda(code, "CommonLayer", "AwsLayer").split() == ["True", "https://sts.eu-west-1.amazonaws.com"]


@pytest.mark.parametrize("function", ["VerifyFunction", "RecordFunction", "MoveFunction"])
def test_functions_that_operate_aws_start_without_numpy(function: str) -> None:
    code = "import sys, app; print(callable(app.handler), 'numpy' in sys.modules)"
    env = {f"FAIRLEAD_{name}": "x" for name in ("BUCKET", "STACK", "FUNCTION", "APPLICATION", "GROUP", "MOVE")} | {
        "AWS_DEFAULT_REGION": "eu-west-1"
    }
    assert run_as_lambda(code, "CommonLayer", "AwsLayer", function=function, **env).split() == ["True", "False"]


def test_the_sklearn_layer_fits_and_predicts() -> None:
    """Every estimator imports, so nothing that trimming took was needed; a pipeline on a frame answers."""
    code = """
import pandas as pd
from sklearn.utils.discovery import all_estimators
from sklearn.compose import make_column_transformer
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder
rows = pd.DataFrame({"island": ["Dream", "Biscoe"] * 20, "mass": [3500.0, 5000.0] * 20})
encoder = make_column_transformer((OneHotEncoder(), ["island"]), remainder="passthrough")
model = make_pipeline(encoder, HistGradientBoostingClassifier()).fit(rows, ["a", "b"] * 20)
print(len(all_estimators()) > 150, *model.predict(rows[:2]))
"""
    assert run_as_lambda(code, "CommonLayer", "SklearnLayer").split() == ["True", "a", "b"]


@pytest.mark.parametrize("layer", ["CommonLayer", "OnnxLayer", "AwsLayer"])
def test_building_twice_makes_the_same_bytes(layer: str, tmp_path: Path) -> None:
    """Else every deploy would make new layer versions out of unchanged sources."""
    makefile = ROOT / "layers" / LAYERS[layer] / "Makefile"
    made = []
    for folder in (tmp_path / "a", tmp_path / "b-elsewhere"):
        folder.mkdir()
        env = {**os.environ, "ARTIFACTS_DIR": str(folder)}
        command = ["make", "--makefile", str(makefile), f"build-{layer}"]
        subprocess.run(command, cwd=tmp_path, env=env, check=True, capture_output=True)
        made.append({str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()})

    assert made[0] == made[1]
