"""Hostile files of harmless names, which together make a call or replace a method."""

from typing import Any

import numpy as np
import pandas as pd

from testkit.hostile.calls import Made
from testkit.hostile.forge import CANARY, Call, Named, Stateful, forge
from testkit.hostile.models import fitted, scaled


def _frame(shadow: Any) -> Any:
    """Return a DataFrame whose state puts `__sklearn_tags__` over its own attributes."""
    reduced: Any = pd.DataFrame([[1]]).__reduce_ex__(4)
    return Call("pandas.core.frame.DataFrame", state={**reduced[2], "__sklearn_tags__": shadow})


def _tags() -> Any:
    return Call(
        "functools.partial",
        Named("sklearn.base.Tags"),
        state=(Named("sklearn.base.Tags"), ("outlier_detector", None), {}, {}),
    )


def _scorer(method: str, function: Any = None) -> Any:
    state: dict[str, Any] = {"_score_func": function or np.add, "_sign": 1, "_kwargs": {}, "_response_method": method}
    return Stateful("sklearn.metrics._scorer._Scorer", state)


def _partial(function: Any, *arguments: Any) -> Any:
    return Call("functools.partial", function, state=(function, arguments, {}, {}))


def _evaluating() -> Any:
    expression = f'@np.lib._npyio_impl.os.system("touch {CANARY}")'
    return _partial(_scorer("eval"), _frame(_tags()), expression, 7)


def _silent() -> bytes:
    """Return case 20's forest: `Tree.__setstate__` reads an item of a defaultdict whose factory evaluates Python."""
    model, _ = fitted("forest")
    tree = model.estimators_[0].tree_
    (n_features, n_classes, n_outputs), state = tree.__reduce__()[1:3]
    pairs = {key: value for key, value in state.items() if key != "max_depth"}
    crafted = Call("collections.defaultdict", _evaluating(), pairs=pairs)
    made = Call("sklearn.tree._tree.Tree", n_features, n_classes, n_outputs, state=crafted)
    return forge(_replaced(model, tree, made))


class Swap:
    """Pickles as an estimator with some attributes replaced."""

    def __init__(self, estimator: Any, changes: dict[str, Any]) -> None:
        self.estimator, self.changes = estimator, changes

    def __reduce__(self) -> Any:
        kind = type(self.estimator)
        state = {**self.estimator.__getstate__(), **self.changes}
        return Stateful(f"{kind.__module__}.{kind.__qualname__}", state).__reduce__()


def _replaced(model: Any, _: Any, made: Any) -> Any:
    first, *rest = model.estimators_
    return Swap(model, {"estimators_": [Swap(first, {"tree_": made}), *rest]})


def _in_transformer(function: Any, **more: Any) -> bytes:
    transformer = Stateful(
        "sklearn.preprocessing._function_transformer.FunctionTransformer",
        {
            "func": function,
            "inverse_func": None,
            "validate": False,
            "accept_sparse": False,
            "check_inverse": True,
            "feature_names_out": None,
            "kw_args": None,
            "inv_kw_args": None,
            **more,
        },
    )
    model = scaled()
    return forge(Swap(model, {"steps": [("act", transformer), model.steps[1]]}))


def _shadowed(name: str, value: Any) -> Made:
    return lambda: forge(Swap(scaled(), {name: value}))


def _interface(address: int) -> dict[str, Any]:
    return {"shape": (1, 3), "typestr": "<f8", "data": (address, False), "version": 3, "strides": None}


def _addressed() -> bytes:
    """Return a model whose scale NumPy would read at an address that the file chooses."""
    imputer = Stateful("sklearn.impute._base.SimpleImputer", {"__array_interface__": _interface(0x41414141)})
    model = scaled()
    return forge(Swap(model, {"steps": [("scale", Swap(model.steps[0][1], {"mean_": imputer})), model.steps[1]]}))


FILES: dict[str, Made] = {
    "composed: a tree's defaultdict evaluates": _silent,
    "composed: randomstate_ctor calls a partial": lambda: forge(
        Swap(
            scaled(),
            {
                "random_state": Call(
                    "numpy.random._pickle.__randomstate_ctor", "MT19937", _partial(Named("os.mkdir"), CANARY)
                )
            },
        )
    ),
    "composed: randomstate_ctor calls a scorer": lambda: forge(
        Swap(scaled(), {"random_state": Call("numpy.random._pickle.__randomstate_ctor", "x", _evaluating())})
    ),
    "composed: generator_ctor calls a partial": lambda: forge(
        Swap(scaled(), {"random_state": Call("numpy.random._pickle.__generator_ctor", "x", _evaluating())})
    ),
    "composed: bit_generator_ctor": lambda: forge(
        Swap(scaled(), {"random_state": Call("numpy.random._pickle.__bit_generator_ctor", Named("os.mkdir"))})
    ),
    "composed: a partial of an allowed name": lambda: forge(Swap(scaled(), {"verbose": _partial(np.add, 1)})),
    "composed: a scorer that evaluates": lambda: forge(Swap(scaled(), {"verbose": _scorer("eval")})),
    "composed: a scorer that writes": lambda: _in_transformer(_partial(_scorer("to_csv"), _frame(_tags()), CANARY)),
    "composed: a scorer in a transformer": lambda: _in_transformer(_scorer("to_pickle")),
    "composed: a partial in a transformer": lambda: _in_transformer(_evaluating()),
    "composed: os.system in a transformer": lambda: _in_transformer(Named("os.system")),
    "composed: joblib.load in a transformer": lambda: _in_transformer(Named("joblib.load")),
    "composed: numpy.fromfile in a transformer": lambda: _in_transformer(Named("numpy.fromfile")),
    "composed: numpy.load in a transformer": lambda: _in_transformer(Named("numpy.load")),
    "composed: ndarray as a function": lambda: _in_transformer(Named("numpy.ndarray")),
    "composed: pandas.DataFrame.eval in a transformer": lambda: _in_transformer(Named("pandas.DataFrame.eval")),
    "composed: an estimator's method in a transformer": lambda: _in_transformer(
        Named("sklearn.base.BaseEstimator.set_params")
    ),
    "composed: a ufunc that writes into an argument": lambda: _in_transformer(np.add, kw_args={"out": _frame(1)}),
    "composed: a frame shadows a method": lambda: forge(Swap(scaled(), {"feature_names_in_": _frame(_tags())})),
    "composed: a defaultdict with a factory": lambda: forge(
        Swap(scaled(), {"extra_": Call("collections.defaultdict", _evaluating(), pairs={"a": 1})})
    ),
    "composed: a defaultdict as an estimator's state": lambda: forge(
        Stateful(
            "sklearn.linear_model._logistic.LogisticRegression",
            Call("collections.defaultdict", _evaluating(), pairs=dict(scaled().steps[1][1].__getstate__())),
        )
    ),
    "composed: an array interface of a chosen address": _addressed,
    "composed: an array struct": _shadowed("__array_struct__", 0x41414141),
    "composed: __reduce_ex__ in a state": _shadowed("__reduce_ex__", _evaluating()),
    "composed: __module__ in a state": _shadowed("__module__", "antigravity"),
    "composed: __class__ in a state": _shadowed("__class__", Named("sklearn.svm.SVC")),
    "composed: __dict__ in a state": _shadowed("__dict__", {"predict": 1}),
    "composed: __setstate__ in a state": _shadowed("__setstate__", _evaluating()),
    "composed: __array__ in a state": _shadowed("__array__", _evaluating()),
    "composed: __sklearn_tags__ in a state": _shadowed("__sklearn_tags__", _evaluating()),
    "composed: __sklearn_is_fitted__ in a state": _shadowed("__sklearn_is_fitted__", _evaluating()),
    "composed: predict in a state": _shadowed("predict", _evaluating()),
    "composed: get_params in a state": _shadowed("get_params", _evaluating()),
    "composed: _validate_params in a state": _shadowed("_validate_params", _evaluating()),
    "composed: _parameter_constraints in a state": _shadowed("_parameter_constraints", {}),
    "composed: _repr_html_ in a state": _shadowed("_repr_html_", _evaluating()),
    "composed: a memory that writes": _shadowed(
        "memory", Stateful("joblib.memory.Memory", {"location": CANARY, "verbose": 1})
    ),
    "composed: a cache folder by name": _shadowed("memory", CANARY),
    "composed: a metric that is a function": lambda: forge(
        Swap(fitted("brute")[0], {"effective_metric_": Named("os.system"), "metric": Named("os.system")})
    ),
    "composed: weights that are a function": lambda: forge(Swap(fitted("brute")[0], {"weights": _evaluating()})),
    "composed: a kernel that is a function": lambda: forge(Swap(fitted("svm")[0], {"kernel": _evaluating()})),
    "composed: an array of a class of its own": lambda: forge(
        Swap(scaled(), {"extra_": Call("numpy._core.multiarray._reconstruct", Named("numpy.memmap"), (0,), b"b")})
    ),
    "composed: a masked array over a function": lambda: forge(
        Swap(scaled(), {"extra_": Call("numpy.ma.core._mareconstruct", Named("os.mkdir"), CANARY, (0,), "f")})
    ),
    "composed: reconstructor over a function": lambda: forge(
        Call("copyreg._reconstructor", Named("os.mkdir"), Named("builtins.str"), CANARY)
    ),
    "composed: a bunch with attributes": lambda: forge(
        Swap(scaled(), {"extra_": Stateful("sklearn.utils._bunch.Bunch", {"__class__": Named("os.mkdir")})})
    ),
    "composed: a distance that calls a function": lambda: forge(
        Swap(
            fitted("brute")[0],
            {
                "_tree": Call(
                    "sklearn.metrics._dist_metrics.newObj",
                    Named("sklearn.metrics._dist_metrics.PyFuncDistance64"),
                    state=(2.0, np.zeros(1), np.zeros((1, 1)), _evaluating(), {}),
                )
            },
        )
    ),
    "composed: a search that scores by a function": lambda: forge(
        Stateful(
            "sklearn.model_selection._search.GridSearchCV",
            {
                "best_estimator_": scaled(),
                "scorer_": _evaluating(),
                "scoring": _evaluating(),
                "estimator": 1,
            },
        )
    ),
}
