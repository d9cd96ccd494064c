"""Attributes of one object, each read with what native code expects of it."""

from collections.abc import Mapping
from typing import Any, NoReturn

import numpy as np

from fairlead.errors import ModelFileError

Array = np.ndarray[Any, Any]
HINT = "fit and publish the estimator again; if scikit-learn made this state, report the class and its parameters"
LARGEST = 2**31 - 1
"""Native code counts features, rows and clusters in C integers."""

REALS = "f"
WHOLE = "iu"
NUMBERS = "biuf"


class State:
    """State of an object of the class `owner`. Every method raises ModelFileError naming class and place."""

    def __init__(self, owner: str, values: Mapping[str, object]) -> None:
        self.owner = owner
        self._values = values

    def __contains__(self, name: str) -> bool:
        return self._values.get(name) is not None

    def get(self, name: str) -> Any:
        """Return the attribute as it is, None where it is missing."""
        return self._values.get(name)

    def refuse(self, place: str, expected: str, got: object = None) -> NoReturn:
        """Raise the refusal of this place."""
        found = "" if got is None else f", got {str(got)[:80]}"
        raise ModelFileError(f"{self.owner}: {place} must be {expected}{found}", hint=HINT)

    def integer(self, name: str, low: int = 0, high: int = LARGEST) -> int:
        """Return a whole number between `low` and `high`, both allowed."""
        value = self.get(name)
        if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)) or not low <= value <= high:
            self.refuse(name, f"a whole number from {low} to {high}", _described(value))
        return int(value)

    def array(self, name: str, shape: tuple[int | None, ...], kinds: str = NUMBERS) -> Array:
        """Return an array of this shape (None is any length), of dtypes of these kinds."""
        return self.as_array(name, self.get(name), shape, kinds)

    def as_array(self, place: str, value: object, shape: tuple[int | None, ...], kinds: str = NUMBERS) -> Array:
        """Return `value`, the attribute at `place`, as an array of this shape and these dtypes."""
        wanted = "(" + ", ".join("any" if length is None else str(length) for length in shape) + ")"
        if type(value) is not np.ndarray:
            self.refuse(place, f"an array of shape {wanted}", _described(value))
        fits = value.ndim == len(shape) and all(
            length in (None, found) for length, found in zip(shape, value.shape, strict=True)
        )
        if not fits or value.dtype.kind not in kinds:
            self.refuse(place, f"an array of shape {wanted} and kind {kinds}", f"{value.shape} of {value.dtype}")
        return value

    def within(self, place: str, values: Array, low: int, high: int) -> None:
        """Require whole numbers from `low` up to, without, `high`; names the first that is not."""
        wrong = np.flatnonzero((values < low) | (values >= high))
        if wrong.size:
            found = values.ravel()[wrong[0]]
            self.refuse(f"{place}[{wrong[0]}]", f"from {low} up to {high - 1}", found)

    def permutation(self, place: str, values: Array) -> None:
        """Require each of 0 … n-1 exactly once."""
        self.within(place, values, 0, len(values))
        again = np.flatnonzero(np.bincount(values.astype(np.int64), minlength=len(values)) != 1)
        if again.size:
            self.refuse(place, "every index exactly once", f"index {again[0]} never or twice")

    def members(self, name: str) -> list[Any]:
        """Return a list's or tuple's members."""
        value = self.get(name)
        if type(value) not in (list, tuple):
            self.refuse(name, "a list", _described(value))
        return list(value)


def attribute(part: Any, name: str) -> Any:
    """Return a part's attribute, None where it has none."""
    return getattr(part, name, None)


def class_of(part: Any) -> str:
    """Return a part's full class name."""
    return f"{type(part).__module__}.{type(part).__qualname__}"


def _described(value: object) -> str:
    return (
        "nothing" if value is None else str(value) if isinstance(value, (int, float)) else f"a {type(value).__name__}"
    )
