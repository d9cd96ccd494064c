"""Hostile files that call a function: dangerous names, in every place of a file."""

import copy
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
from sklearn.calibration import CalibratedClassifierCV
from sklearn.frozen import FrozenEstimator

from testkit.hostile.forge import CANARY, Call, Named, Stateful, forge
from testkit.hostile.models import NUMBERS, fitted, scaled

Made = Callable[[], bytes]
"""Makes a file's bytes."""

ACTS: dict[str, Any] = {
    "os.system": Call("os.system", f"touch {CANARY}"),
    "posix.system": Call("posix.system", f"touch {CANARY}"),
    "os.mkdir": Call("os.mkdir", CANARY),
    "os.posix_spawn": Call("os.posix_spawn", "/usr/bin/touch", ["touch", CANARY], {}),
    "subprocess.Popen": Call("subprocess.Popen", ["touch", CANARY]),
    "subprocess.getoutput": Call("subprocess.getoutput", f"touch {CANARY}"),
    "builtins.eval": Call("builtins.eval", f"open({CANARY!r}, 'w')"),
    "builtins.exec": Call("builtins.exec", f"open({CANARY!r}, 'w')"),
    "builtins.open": Call("builtins.open", CANARY, "w"),
    "builtins.getattr": Call("builtins.getattr", Named("os"), "system"),
    "__builtin__.eval": Call("__builtin__.eval", f"open({CANARY!r}, 'w')"),
    "io.open": Call("io.open", CANARY, "w"),
    "pathlib.Path": Call("pathlib.Path.touch", Call("pathlib.PosixPath", CANARY)),
    "pty.spawn": Call("pty.spawn", ["touch", CANARY]),
    "runpy.run_path": Call("runpy.run_path", CANARY),
    "timeit.timeit": Call("timeit.timeit", "0", f"open({CANARY!r}, 'w')"),
    "importlib.import_module": Call("importlib.import_module", "antigravity"),
    "operator.methodcaller": Call("operator.methodcaller", "system", f"touch {CANARY}"),
    "functools.reduce": Call("functools.reduce", Named("os.system"), [f"touch {CANARY}"]),
    "types.CodeType": Call("types.FunctionType", Call("marshal.loads", b"c"), {}),
    "marshal.loads": Call("marshal.loads", b"N"),
    "pickle.loads": Call("pickle.loads", forge(Call("os.mkdir", CANARY))),
    "_pickle.loads": Call("_pickle.loads", forge(Call("os.mkdir", CANARY))),
    "joblib.load": Call("joblib.load", CANARY),
    "joblib.dump": Call("joblib.dump", 1, CANARY),
    "numpy.load": Call("numpy.load", CANARY),
    "numpy.save": Call("numpy.save", CANARY, 1),
    "numpy.savetxt": Call("numpy.savetxt", CANARY, [1.0]),
    "numpy.memmap": Call("numpy.memmap", CANARY, "uint8", "w+", 0, (1,)),
    "numpy.testing.runstring": Call("numpy.testing.runstring", f"open({CANARY!r}, 'w')", {}),
    "pandas.eval": Call("pandas.eval", f"@__builtins__.open({CANARY!r}, 'w')"),
    "pandas.read_pickle": Call("pandas.read_pickle", CANARY),
    "pandas.to_pickle": Call("pandas.to_pickle", 1, CANARY),
    "scipy.io.savemat": Call("scipy.io.savemat", CANARY, {}),
    "sklearn.datasets.fetch_openml": Call("sklearn.datasets.fetch_openml", "iris"),
    "sklearn.utils.os.system": Call("sklearn.utils.os.system", f"touch {CANARY}"),
    "sklearn.pipeline.Parallel": Call("sklearn.pipeline.Parallel", 2),
    "socket.create_connection": Call("socket.create_connection", ("127.0.0.1", 9)),
    "urllib.request.urlopen": Call("urllib.request.urlopen", f"file://{CANARY}"),
    "shutil.copyfile": Call("shutil.copyfile", "/etc/hostname", CANARY),
    "ctypes.CDLL": Call("ctypes.CDLL", "libc.so.6"),
    "logging.FileHandler": Call("logging.FileHandler", CANARY),
    "sqlite3.connect": Call("sqlite3.connect", CANARY),
    "webbrowser.open": Call("webbrowser.open", "http://127.0.0.1:9"),
    "threading.Timer": Call("threading.Timer", 0, Named("os.mkdir"), [CANARY]),
    "cloudpickle": Call("cloudpickle.cloudpickle._make_function", b"", {}, "f", (), None),
    "dill": Call("dill._dill._create_function", None, {}),
    "scipy.stats": Stateful(
        "scipy.stats._distn_infrastructure.rv_continuous",
        {"_parse_arg_template": f"open({CANARY!r}, 'w')", "shapes": "a", "_ctor_param": {}},
    ),
}


def _with(model: Any, name: str, value: Any) -> Any:
    setattr(model, name, value)
    return model


def _with_deep(act: Any) -> Any:
    model, _ = fitted("linear")
    calibration = CalibratedClassifierCV(FrozenEstimator(copy.deepcopy(model))).fit(
        NUMBERS, np.arange(len(NUMBERS)) % 2
    )
    calibration.calibrated_classifiers_[0].estimator.estimator.steps[0][1].scale_ = act
    return calibration


PLACES: dict[str, Callable[[Any], Any]] = {
    "alone": lambda act: act,
    "an attribute": lambda act: _with(scaled(), "extra_", act),
    "deep": _with_deep,
    "an array": lambda act: _with(scaled(), "kept_", np.array([act, 1], dtype=object)),
    "a key": lambda act: _with(scaled(), "extra_", {(1, "k"): [act]}),
}


def files() -> Iterator[tuple[str, Made]]:
    """Yield every dangerous call alone and in one more place; the first three in every place."""
    places = list(PLACES)
    for number, (name, act) in enumerate(ACTS.items()):
        for place in places if number < 3 else ("alone", places[1 + number % (len(places) - 1)]):
            yield f"call {name}, {place}", partial(_placed, place, act)


def _placed(place: str, act: Any) -> bytes:
    return forge(PLACES[place](act))
