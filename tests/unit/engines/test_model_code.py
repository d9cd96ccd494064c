"""A packed package is what the packer writes, hides no module, and runs from the checked bytes alone."""

import io
import re
import sys
import types
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest

from fairlead.engines.model_code.importer import MountedCode
from fairlead.engines.model_code.package import MOST_BYTES, MOST_FILES, CodePackage, check_package, decode, encode
from fairlead.engines.model_code.reserved_names import SERVING, is_reserved
from fairlead.engines.model_code.source_rules import check_source, offers_converter
from fairlead.errors import ModelCodeError

ROOT = Path(__file__).parents[3]
MODULES = {"scikit-learn": "sklearn", "python-dateutil": "dateutil"}
DISTRIBUTIONS = {"aws-lambda-powertools": "aws_lambda_powertools", "typing-extensions": "typing_extensions"}


def package(files: Mapping[str, str] | None = None, name: str = "churn_features") -> CodePackage:
    given = {f"{name}/__init__.py": "", **(files or {})}
    return CodePackage(name, {path: content.encode() for path, content in sorted(given.items())})


def zipped(entries: Mapping[str, bytes], method: int = zipfile.ZIP_STORED) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", method) as archive:
        for path, content in entries.items():
            archive.writestr(zipfile.ZipInfo(path), content, method)
    return made.getvalue()


def test_equal_files_are_equal_bytes_in_any_order() -> None:
    files = {"churn_features/a.py": b"A = 1\n", "churn_features/__init__.py": b""}
    turned = dict(reversed(files.items()))
    assert encode(CodePackage("churn_features", files)) == encode(CodePackage("churn_features", turned))
    assert decode(encode(CodePackage("churn_features", files))).files == files


@pytest.mark.parametrize(
    "entries",
    [
        {"../churn_features/__init__.py": b""},
        {"/churn_features/__init__.py": b""},
        {"churn_features/__init__.py": b"", "churn_features/../../os.py": b""},
        {"churn_features/__init__.py": b"", "other/__init__.py": b""},
        {"churn_features/__init__.py": b"", "churn_features\\a.py": b""},
        {"churn_features/__init__.py": b"", "churn_features/a.so": b""},
        {"churn_features/__init__.py": b"", "churn_features/a.pyc": b""},
        {"churn_features/__init__.py": b"", "churn_features/ｏｓ.py": b""},
        {"churn_features/__init__.py": b"", "churn_features/deep/a.py": b""},
        {"churn_features.py": b""},
        {},
    ],
    ids=str,
)
def test_a_zip_with_other_names_is_refused(entries: dict[str, bytes]) -> None:
    with pytest.raises(ModelCodeError):
        decode(zipped(entries))


def test_a_zip_that_the_packer_would_not_write_is_refused() -> None:
    good = encode(package())
    other_dates = zipped({"churn_features/__init__.py": b""})
    squeezed = zipped({"churn_features/__init__.py": b"#" * 1000}, zipfile.ZIP_DEFLATED)
    for bad in (other_dates, squeezed, good + b"x", b"x" + good, good[:-1], b"", b"no zip"):
        with pytest.raises(ModelCodeError):
            decode(bad)


def test_a_file_twice_in_a_zip_is_refused() -> None:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w") as archive:
        archive.writestr("churn_features/__init__.py", "A = 1")
        with pytest.warns(UserWarning, match="Duplicate"):
            archive.writestr("churn_features/__init__.py", "A = 2")
    with pytest.raises(ModelCodeError):
        decode(made.getvalue())


def test_a_bomb_is_refused_before_it_is_unpacked() -> None:
    bomb = zipped({"churn_features/__init__.py": b"#" * (MOST_BYTES + 1)}, zipfile.ZIP_DEFLATED)
    assert len(bomb) < 10_000
    with pytest.raises(ModelCodeError, match="too large"):
        decode(bomb)


@pytest.mark.parametrize(
    "name", ["json", "sklearn", "NumPy", "fairlead", "app", "awslambdaric", "boto3", "onnxruntime"]
)
def test_a_package_may_not_hide_a_module_of_the_function(name: str) -> None:
    with pytest.raises(ModelCodeError, match=f"the package {name} would hide"):
        check_package(package(name=name))


def test_every_package_of_the_layers_is_reserved() -> None:
    for layer in ("common", "onnx", "sklearn"):
        lock = (ROOT / f"layers/{layer}/requirements.txt").read_text()
        for name in re.findall(r"^([\w.-]+)==", lock, re.MULTILINE):
            module = (MODULES | DISTRIBUTIONS).get(name, name)
            assert is_reserved(module) or module == "tzdata", name
    assert {path.name for path in (ROOT / "layers/common/python").iterdir() if path.is_dir()} - {
        "__pycache__"
    } <= SERVING


@pytest.mark.parametrize("name", ["churn-features", "", "1st", "churn features", "ｃｈｕｒｎ"])
def test_a_name_that_cannot_be_imported_is_refused(name: str) -> None:
    with pytest.raises(ModelCodeError, match="cannot be imported"):
        check_package(package(name=name))


def test_too_many_files_and_bytes_are_refused() -> None:
    many = package({f"churn_features/m{number}.py": "" for number in range(MOST_FILES)})
    large = package({"churn_features/a.py": "#" * (MOST_BYTES + 1)})
    with pytest.raises(ModelCodeError, match="201 files, the limit is 200"):
        check_package(many)
    with pytest.raises(ModelCodeError, match="bytes, the limit is"):
        check_package(large)


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("x = (", r"churn_features/a.py, line 1: '\(' was never closed"),
        ("import os\nimport torch", "churn_features/a.py, line 2: the sklearn layer has no module torch"),
        ("def late():\n    from boto3.session import Session", "line 2: the sklearn layer has no module boto3"),
        ("try:\n    import torch\nfinally:\n    pass", "line 2: the sklearn layer has no module torch"),
        ("try:\n    import os\nexcept ImportError:\n    import torch", "line 4: the sklearn layer has no module torch"),
        ("a = 1\0", "churn_features/a.py"),
    ],
)
def test_source_that_cannot_run_there_is_named_by_file_and_line(source: str, message: str) -> None:
    with pytest.raises(ModelCodeError, match=message):
        check_source(package({"churn_features/a.py": source}))


@pytest.mark.parametrize(
    "source",
    [
        "import numpy.linalg, json\nfrom sklearn.base import BaseEstimator\nfrom . import b",
        "from churn_features import b",
        "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import polars",
        "try:\n    import polars\nexcept (ImportError, OSError):\n    polars = None",
    ],
)
def test_source_that_can_run_there_passes(source: str) -> None:
    check_source(package({"churn_features/a.py": source}))


def test_source_that_is_not_utf_8_is_refused() -> None:
    with pytest.raises(ModelCodeError, match="is not UTF-8"):
        check_source(CodePackage("churn_features", {"churn_features/__init__.py": b"# \xff"}))


def test_a_converter_is_found_without_executing() -> None:
    assert not offers_converter(package({"churn_features/a.py": "raise SystemExit"}))
    assert offers_converter(package({"churn_features/a.py": "class A:\n    def fairlead_onnx(self): ..."}))
    assert offers_converter(package({"churn_features/a.py": "def f(): ...\nf.fairlead_onnx = f"}))


CLIP = """
from churn_features import limits
from sklearn.base import BaseEstimator as Base

class Clip(Base):
    def top(self):
        from churn_features.limits import TOP
        return TOP

def twice(X):
    return X * 2
"""


def clipping(top: int) -> MountedCode:
    return MountedCode(package({"churn_features/clip.py": CLIP, "churn_features/limits.py": f"TOP = {top}"}))


def test_a_package_is_imported_from_memory_and_taken_out_again() -> None:
    with clipping(1) as code, code:
        kind = code.find("churn_features.clip.Clip")
        assert kind().top() == 1
        assert code.find("churn_features.clip.twice")(2) == 4
        assert code.find("churn_features.clip.Clip") is kind
    assert not [name for name in sys.modules if name.startswith("churn_features")]
    with code:
        assert code.find("churn_features.clip.Clip") is kind


def test_two_packages_of_one_name_do_not_mix(monkeypatch: pytest.MonkeyPatch) -> None:
    own = types.ModuleType("churn_features")
    monkeypatch.setitem(sys.modules, "churn_features", own)
    with clipping(1) as first:
        before = first.find("churn_features.clip.Clip")
    with clipping(2) as second:
        assert second.find("churn_features.clip.Clip")().top() == 2
    with first:
        assert before().top() == 1
    assert sys.modules["churn_features"] is own
    assert "churn_features.clip" not in sys.modules


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("churn_features.clip.Base", "defines no class or function Base"),
        ("churn_features.clip.limits", "defines no class or function limits"),
        ("churn_features.clip.Gone", "defines no class or function Gone"),
        ("churn_features.gone.Clip", "has no module churn_features.gone"),
    ],
)
def test_a_name_does_not_refer_to_what_the_package_imports(name: str, message: str) -> None:
    with clipping(1) as code, pytest.raises(ModelCodeError, match=message):
        code.find(name)


def test_a_module_that_fails_is_named_with_its_line() -> None:
    source = "import json\n\njson.loads('{')\n"
    code = MountedCode(package({"churn_features/a.py": source}))
    with code, pytest.raises(ModelCodeError, match=r"JSONDecodeError.*\(churn_features/a.py, line 3\)"):
        code.find("churn_features.a.A")
