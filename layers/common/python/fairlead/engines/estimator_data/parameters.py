"""Parameters with a valid type but a harmful value: files, caches, regular expressions, places to write."""

from collections.abc import Callable
from typing import Any

from fairlead.engines.estimator_data.expressions import ends_soon
from fairlead.errors import ModelFileError


def check(label: str, name: str, value: Any) -> None:
    """Raise ModelFileError where the value of an attribute of this name would do harm; `label` is its class."""
    rule = RULES.get(name)
    if rule is not None and (why := rule(value)):
        raise ModelFileError(f"{label}.{name} {why[0]}", hint=why[1])


def _input(value: Any) -> tuple[str, str] | None:
    if value == "content":
        return None
    return f"is {value!r}: it would read files that a caller names"[:120], "fit it with input='content'"


def _pattern(value: Any) -> tuple[str, str] | None:
    if value is None or ends_soon(value):
        return None
    return (
        "is a regular expression that may never end",
        r"use one without groups that repeat, such as the default (?u)\b\w\w+\b",
    )


def _memory(value: Any) -> tuple[str, str] | None:
    return None if value is None else ("caches on disk", "fit the pipeline with memory=None")


def _keywords(value: Any) -> tuple[str, str] | None:
    strange = sorted(set(value or ()) - KEYWORDS, key=str) if isinstance(value, (dict, type(None))) else [value]
    if not strange:
        return None
    return (
        f"gives its function {str(strange[0])[:40]!r}, which an estimator in data form may not",
        "fit it without that argument; the place of its result is numpy's own choice",
    )


KEYWORDS = frozenset(
    [
        *("V", "VI", "Y", "a_max", "a_min", "axis", "coef0", "decimals", "degree", "dense_output", "dtype"),
        *("feature_range", "gamma", "keepdims", "max", "min", "missing_values", "nan", "neginf", "newshape", "norm"),
        *("order", "p", "posinf", "quantile_range", "shape", "squared", "threshold", "unit_variance", "value", "w"),
        *("with_centering", "with_mean", "with_scaling", "with_std"),
    ]
)
"""Arguments by name that functions and metrics may be given: none says where to write (`out`, `copy`,
`overwrite_input`) or leaves memory as it was (`where`)."""
FOR_FUNCTIONS = frozenset(
    [
        *("effective_metric_params_", "inv_kw_args", "kernel_params", "kw_args", "metric_params"),
        "pairwise_kernels_kwargs",
    ]
)
"""Parameters that hold such arguments."""
FUNCTION_OF = {"kw_args": "func", "inv_kw_args": "inverse_func"}
"""The parameter with the function that gets such arguments: one of the version's own package has names of its own."""
RULES: dict[str, Callable[[Any], tuple[str, str] | None]] = {
    "input": _input,
    "memory": _memory,
    "pattern": _pattern,
    "token_pattern": _pattern,
    **dict.fromkeys(FOR_FUNCTIONS, _keywords),
}
