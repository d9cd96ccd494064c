"""A model file is untrusted code: nothing in it may run."""

import builtins
import codecs
import functools
import io
import operator
import os
import pickle
import re
import subprocess
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import pytest
import scipy.stats
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import RandomizedSearchCV
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import FunctionTransformer, StandardScaler

from fairlead.engines.estimator_data.reader import read
from fairlead.errors import ModelFileError
from fairlead.publishing.estimator_files.convert import from_file
from fairlead.publishing.input import archive

X = np.random.default_rng(0).normal(size=(40, 3))
Y = (X[:, 0] > 0).astype(int)
FITTED = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y)


EMPTY: Any = np.empty(0)


class Calls:
    """Pickles as a call of `function` with `arguments`."""

    def __init__(self, function: Any, *arguments: Any) -> None:
        self.call = (function, arguments)

    def __reduce__(self) -> Any:
        return self.call

    def __call__(self) -> None:
        """Do nothing. It makes the object callable, so that the pickler writes a call of a call's result."""


@pytest.fixture
def canary(tmp_path: Path) -> Path:
    """A file that exists only if something in a model file ran."""
    return tmp_path / "canary"


def read_model(path: Path) -> Any:
    """Read a model file as the closed process does, in this one, which has no walls."""
    return read(from_file(path.read_bytes(), path.name)).estimator


def refused(path: Path) -> ModelFileError:
    with pytest.raises(ModelFileError) as refusal:
        read_model(path)
    assert refusal.value.hint
    assert "\n" not in str(refusal.value)
    return refusal.value


def gadgets(canary: str) -> dict[str, Any]:
    """Objects that act when they are unpickled."""
    touch = f"open({canary!r}, 'w').close()"
    distribution = scipy.stats.norm(0, 1).dist
    state = dict(vars(distribution)) | {"_parse_arg_template": touch}
    state = {key: value for key, value in state.items() if not callable(value)}
    return {
        "os.system": Calls(os.system, f"touch {canary}"),
        "subprocess": Calls(subprocess.Popen, ["touch", canary]),
        "exec": Calls(exec, touch),
        "eval": Calls(eval, touch),
        "getattr chain": Calls(Calls(getattr, Calls(__import__, "os"), "system"), f"touch {canary}"),
        "getattr of a class": Calls(getattr, np.ndarray, "tofile"),
        "open": Calls(open, canary, "w"),
        "partial": Calls(functools.partial(os.system, f"touch {canary}")),
        "map in a list": Calls(list, Calls(map, exec, [touch])),
        "methodcaller": Calls(operator.methodcaller("touch"), Path(canary)),
        "pathlib": Calls(Path.touch, Path(canary)),
        "codecs": Calls(codecs.decode, "x", "rot13"),
        "breakpoint": Calls(builtins.breakpoint),
        "numpy.load": Calls(np.load, canary, None, True),
        "numpy.memmap": Calls(np.memmap, canary, "u1", "w+", 0, (8,)),
        "numpy.save": Calls(np.save, canary, [1]),
        "numpy.testing": Calls(np.testing.rundocs, canary),
        "numpy.f2py": Calls(np.lib.format.open_memmap, canary, "w+", "u1", (8,)),
        "joblib.load": Calls(joblib.load, canary),
        "joblib.dump": Calls(joblib.dump, 1, canary),
        "joblib.Memory": Calls(joblib.Memory, canary),
        "joblib.delayed": Calls(joblib.parallel.BatchedCalls, [(exec, (touch,), {})], None),
        "scipy distribution": Calls(_rebuild(type(distribution)), state),
        "pandas.read_pickle": Calls(__import__("pandas").read_pickle, canary),
        "pandas.HDFStore": Calls(__import__("pandas").HDFStore, canary, "w"),
        "sklearn dataset": Calls(__import__("sklearn.datasets").datasets.load_files, canary),
        "sklearn's os": _Named("sklearn.utils.fixes", "platform.os.system", f"touch {canary}"),
        "sklearn's numpy": _Named("sklearn.tree._classes", "np.save", canary, [1]),
        "dotted name": _Named("numpy", "os.system", f"touch {canary}"),
        "old module": _Named("numpy.core", "os.system", f"touch {canary}"),
        "python 2 name": _Named("__builtin__", "eval", touch),
        "set of a range": Calls(set, range(10**12)),
        "huge array": Calls(EMPTY.__reduce__()[0], np.ndarray, (10**12,), b"b"),
    }


def _rebuild(kind: type) -> Any:
    made: Any = object.__new__(kind)
    return functools.partial(made.__setstate__)


class _Named:
    """Pickles as a call of a name that need not exist."""

    def __init__(self, module: str, name: str, *arguments: Any) -> None:
        self.module, self.name, self.arguments = module, name, arguments


def assemble(thing: Any, protocol: int) -> bytes:
    """A pickle of `thing`, also of names that Python's own pickler would refuse to write."""
    if not isinstance(thing, _Named):
        return pickle.dumps({"model": FITTED, "extra": thing}, protocol)
    arguments = pickle.dumps(thing.arguments, 2)[2:-1]
    return b"\x80\x02c" + f"{thing.module}\n{thing.name}\n".encode() + arguments + b"R."


@pytest.mark.parametrize("protocol", range(6))
@pytest.mark.parametrize("gadget", sorted(gadgets("x")))
def test_no_gadget_runs(tmp_path: Path, canary: Path, gadget: str, protocol: int) -> None:
    path = tmp_path / "model.joblib"
    path.write_bytes(assemble(gadgets(str(canary))[gadget], protocol))
    refused(path)
    assert not canary.exists()


def _beside(gadget: Any) -> Pipeline:
    model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y)
    model.extra_ = gadget
    return model


PLACES: dict[str, Callable[[Any], Any]] = {
    "attribute": lambda gadget: gadget,
    "array of objects": lambda gadget: np.array([gadget, 1], dtype=object),
    "dictionary": lambda gadget: {("k",): [gadget]},
}


@pytest.mark.parametrize("compress", [0, 3, ("gzip", 3), ("bz2", 3), ("lzma", 1), ("xz", 1)], ids=str)
@pytest.mark.parametrize("place", PLACES)
def test_a_gadget_inside_a_fitted_pipeline_does_not_run(
    tmp_path: Path, canary: Path, place: str, compress: Any
) -> None:
    path = tmp_path / "model.joblib"
    joblib.dump(_beside(PLACES[place](Calls(os.system, f"touch {canary}"))), path, compress=compress)
    assert "system when it is opened" in str(refused(path))
    assert not canary.exists()


def test_the_canary_is_alive(tmp_path: Path, canary: Path) -> None:
    """The same file, opened as joblib opens it: the tests above would notice."""
    path = tmp_path / "model.joblib"
    joblib.dump(_beside(np.array([Calls(os.system, f"touch {canary}")], dtype=object)), path)
    joblib.load(path)
    assert canary.exists()


def test_scipy_distributions_execute_their_state_and_are_refused(tmp_path: Path, canary: Path) -> None:
    """An allow-list by package would pass this file."""
    frozen = scipy.stats.norm(0, 1)
    frozen.dist._parse_arg_template = f"open({str(canary)!r}, 'w').close()\n" + frozen.dist._parse_arg_template
    search = RandomizedSearchCV(LogisticRegression(), {"C": scipy.stats.uniform(0.1, 1)}, n_iter=1, cv=2).fit(X, Y)
    search.extra_ = frozen
    path = tmp_path / "model.joblib"
    joblib.dump(search, path)
    assert "best_estimator_" in refused(path).hint
    assert not canary.exists()
    joblib.load(path)
    assert canary.exists()


HIDDEN = (
    b"\x80\x02cnumpy\ndtype\nX\x02\x00\x00\x00O8\x89\x88\x87R"
    b"(K\x03X\x01\x00\x00\x00|NNNJ\xff\xff\xff\xffJ\xff\xff\xff\xffK\x00tb."
)


def test_a_dtype_that_hides_objects_is_refused(tmp_path: Path) -> None:
    """Numpy would take the array's bytes for pointers; here it is never handed such a dtype."""
    assert not pickle.loads(HIDDEN).hasobject
    path = tmp_path / "model.joblib"
    path.write_bytes(HIDDEN)
    refused(path)


@pytest.mark.parametrize(
    ("stream", "message"),
    [
        (b"\x80\x04\x8c\x02os\x94\x8c\x06system\x94\x93\x8c\x01x\x85R.", "os.system"),
        (b"\x80\x04\x8c\x02os\x94\x8c\x06system\x940h\x00h\x01\x93\x8c\x01x\x85R.", "os.system"),
        (b"(S'x'\nios\nsystem\n.", "no fitted estimator needs"),
        (b"(cos\nsystem\nS'x'\no.", "os.system"),
        (b"\x82\x01.", "the extension 1"),
        (b"(P1\n.", "the persistent id"),
        (b"K\x01Q.", "the persistent id"),
        (b"\x80\x05\x97.", "no fitted estimator needs"),
        (b"\x80\x09N.", "protocol: 9"),
        (b"\x80\x04cbuiltins\nset\n)R\x8c\x01x\x93.", "STACK_GLOBAL requires str"),
        (b"csklearn.base\nBaseEstimator\n}(S'fit'\nNub.", "state put into something"),
        (b"csklearn.tree._tree\nTree\n)\x81N}S'__class__'\nNs\x86b.", "has no attribute '__class__'"),
        (b"I1\n(tR.", "a call of something that is not a name"),
        (b"cbuiltins\nint\n(I1\ntR.", "has no data form"),
        (b"c_codecs\nencode\n(S'x'\nS'rot13'\ntR.", "has no data form"),
        (b"(I1\nI2\n.", "is not a scikit-learn estimator"),
        (b"}((((I1\ntttI1\ns.", "truncated, damaged"),
        (b"h\x05.", "truncated, damaged"),
        (b"\x80\x02N", "truncated, damaged"),
    ],
)
def test_instructions_no_estimator_needs_are_refused(tmp_path: Path, stream: bytes, message: str) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(stream)
    assert message in str(refused(path))


def test_a_byte_that_is_no_instruction_is_not_said_as_a_number(tmp_path: Path) -> None:
    path = tmp_path / "model.pkl"
    path.write_bytes(b"\x80\x04\x16.")
    assert str(refused(path)).splitlines()[0].endswith("model.pkl is truncated, damaged or not a model file")


@pytest.mark.parametrize("tail", [b"x", b"\x00" * 9, pickle.dumps(Calls(os.system, "true"))])
def test_bytes_behind_the_end_are_refused(tmp_path: Path, tail: bytes) -> None:
    path = tmp_path / "model.joblib"
    path.write_bytes(pickle.dumps(FITTED) + tail)
    assert "after its end" in str(refused(path))


def test_array_bytes_inside_a_frame_are_refused(tmp_path: Path) -> None:
    """Readers differ on what follows an array there: joblib reads behind the frame, a walk over opcodes inside it."""
    path = tmp_path / "model.joblib"
    joblib.dump(np.arange(64, dtype="u1"), path)
    content = path.read_bytes()
    start = content.index(b"\x95")
    path.write_bytes(content[: start + 1] + (len(content) - start - 9).to_bytes(8, "little") + content[start + 9 :])
    assert "array bytes inside a frame" in str(refused(path))


def test_a_second_compressed_stream_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.joblib"
    joblib.dump(FITTED, path, compress=("gzip", 3))
    path.write_bytes(path.read_bytes() * 2)
    assert "bytes after its compressed content" in str(refused(path))


@pytest.mark.parametrize("method", ["zlib", "gzip", "bz2", "lzma", "xz"])
def test_a_small_file_that_unpacks_to_a_huge_one_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    monkeypatch.setattr(archive, "LARGEST_MODEL", 8 << 20)
    path = tmp_path / "model.joblib"
    joblib.dump(np.zeros(2 << 20), path, compress=(method, 3))
    assert path.stat().st_size < 1 << 20
    assert "decompresses to more than" in str(refused(path)) or "cannot be decompressed" in str(refused(path))


def _zipped() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("config.json", "{}")
    return buffer.getvalue()


@pytest.mark.parametrize(
    ("content", "name", "message"),
    [
        (b"", "model.joblib", "is empty"),
        (_zipped(), "model.keras", "is a zip archive"),
        (b"\x89HDF\r\n\x1a\n" + b"\0" * 64, "model.h5", "is an HDF5 file"),
        (b"\x08\x08\x12\x08skl2onnx", "model.onnx", "is an ONNX graph"),
        (b"<!doctype html><html><body>404</body>", "model.joblib", "is a web page"),
        (b'{"message": "Not Found"}', "model.joblib", "is JSON text"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "model.joblib", "is text"),
        (b"\x04\x22\x4d\x18" + b"\0" * 32, "model.joblib", "compressed with lz4"),
        (b"ZF0x10               \x78\x9c", "model.joblib", "joblib before 0.10"),
        (bytes(range(130, 250)), "model.joblib", "truncated, damaged or not a model file"),
        (pickle.dumps({"model": 1}), "model.pkl", "a dict is not a scikit-learn estimator"),
        (pickle.dumps(LogisticRegression()), "model.pkl", "is not fitted"),
        (pickle.dumps(FITTED["standardscaler"]), "model.pkl", "not a classifier, regressor"),
        (pickle.dumps(LogisticRegression), "model.pkl", "is a class"),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_files_that_are_no_fitted_estimator_are_named(tmp_path: Path, content: bytes, name: str, message: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    assert message in str(refused(path))


def test_a_plain_pickle_of_an_estimator_is_read(tmp_path: Path) -> None:
    path = tmp_path / "model.pkl"
    for protocol in range(6):
        path.write_bytes(pickle.dumps(FITTED, protocol))
        np.testing.assert_array_equal(read_model(path).predict_proba(X), FITTED.predict_proba(X))


def test_another_version_of_scikit_learn_is_named(tmp_path: Path) -> None:
    path = tmp_path / "model.joblib"
    joblib.dump(FITTED, path)
    import sklearn

    version = sklearn.__version__.encode()
    path.write_bytes(path.read_bytes().replace(version, b"1.2.3"[: len(version)].ljust(len(version), b"0")))
    refusal = refused(path)
    assert "fitted with scikit-learn 1.2.3" in str(refusal)
    assert sklearn.__version__ in str(refusal)
    assert "notebook that fitted it" in refusal.hint


def named(module: str, name: str) -> bytes:
    """A file with a FunctionTransformer over a function of this name."""
    pipeline = make_pipeline(FunctionTransformer(np.log1p), LogisticRegression()).fit(np.abs(X), Y)
    written, count = re.subn(rb"cnumpy[\w.]*\nlog1p\n", f"c{module}\n{name}\n".encode(), pickle.dumps(pipeline, 0))
    assert count == 1
    return written


def test_a_numpy_function_in_a_transformer_is_read(tmp_path: Path) -> None:
    path = tmp_path / "model.joblib"
    path.write_bytes(named("numpy", "log1p"))
    assert read_model(path).predict(np.abs(X)).shape == (40,)


@pytest.mark.parametrize(
    ("module", "name", "message", "hint"),
    [
        ("__main__", "clean", "uses clean, which is defined in a notebook", "--code"),
        ("cloudpickle.cloudpickle", "_make_function", "packed into the file by cloudpickle", "--code"),
        ("statsmodels.api", "OLS", "needs the package statsmodels", "--code"),
        ("json", "loads", "would run json.loads", "remove that function"),
        ("sklearn.preprocessing._data", "no_such", "none that an estimator may hold", "ufunc"),
        ("sklearn.tree.tests.test_tree", "check", "none that an estimator may hold", "ufunc"),
        ("joblib.memory", "Memory", "none that an estimator may hold", "ufunc"),
    ],
)
def test_names_that_are_not_allowed_come_with_the_way_forward(
    tmp_path: Path, module: str, name: str, message: str, hint: str
) -> None:
    path = tmp_path / "model.joblib"
    path.write_bytes(named(module, name))
    refusal = refused(path)
    assert message in str(refusal)
    assert hint in refusal.hint


def test_a_tree_that_points_backwards_is_refused(tmp_path: Path) -> None:
    """Prediction would walk in circles for ever."""
    forest = RandomForestClassifier(2, random_state=0).fit(X, Y)
    state = forest.estimators_[0].tree_.__getstate__()
    state["nodes"]["left_child"][0] = 0
    forest.estimators_[0].tree_.__setstate__(state)
    path = tmp_path / "model.joblib"
    joblib.dump(forest, path)
    assert "sklearn.tree._tree.Tree: nodes[0].left_child must be from 1" in str(refused(path))


def test_truncated_files_are_refused(tmp_path: Path) -> None:
    path = tmp_path / "model.joblib"
    joblib.dump(FITTED, path)
    content = path.read_bytes()
    for length in range(0, len(content), len(content) // 40):
        path.write_bytes(content[:length])
        refused(path)
