"""The predictions of one call: labels or values, probabilities, ids, and the release that gave them."""

import importlib.util
from collections.abc import Sequence
from typing import Any

from fairlead.client.endpoint import Answer
from fairlead.errors import naming_missing_packages

IDENTITY = ("model", "version", "digest")


class Predictions:
    """The answers to the rows of one call, in the rows' order.

    `ids` identify the predictions when their outcomes are reported. `model`, `version` and `digest` (the SHA-256 of the
    version's manifest) name the version that gave all of them; `releases` are its releases, two while one replaces the
    other. `rows` are the predictions as they came. `explanation` has the method and the scale of their reasons, where
    the call asked for them.
    """

    def __init__(self, answers: Sequence[Answer], *, index: Any = None) -> None:
        first = answers[0]
        self.model: str = first["model"]
        self.version: int = first["version"]
        self.digest: str = first["digest"]
        self.releases: tuple[str, ...] = tuple(dict.fromkeys(answer["release"] for answer in answers))
        self.rows: list[dict[str, Any]] = [one for answer in answers for one in answer["predictions"]]
        self.explanation: dict[str, str] | None = first.get("explanation")
        self._index = index

    def __len__(self) -> int:
        return len(self.rows)

    def __repr__(self) -> str:
        releases = " and ".join(self.releases)
        return f"<{len(self)} predictions by {self.model} version {self.version}, release {releases}>"

    @property
    def ids(self) -> list[str]:
        """The predictions' ids."""
        return self._members("id")

    @property
    def labels(self) -> list[Any]:
        """The labels of a classifier, an outlier detector or a clusterer."""
        return self._members("label")

    @property
    def values(self) -> list[Any]:
        """The values of a regressor: numbers, or dictionaries by target where there are several."""
        return self._members("value")

    @property
    def scores(self) -> list[float]:
        """The scores of an outlier detector, lower = more abnormal."""
        return self._members("score")

    @property
    def probabilities(self) -> Any:
        """A classifier's probabilities, one column for each class: a DataFrame with the index of the caller's.

        Without pandas it is a list of dictionaries.
        """
        shares = self._members("probabilities")
        return self._frame(shares) if importlib.util.find_spec("pandas") else shares

    @property
    def explanations(self) -> list[dict[str, Any]]:
        """The reasons of predictions that were asked for with `explain`: output, base and contributions by field."""
        return self._members("explanation")

    def to_frame(self) -> Any:
        """Return a DataFrame with `prediction_id` and a column for each member, nested ones as `probabilities.yes`.

        Its index is that of the caller's DataFrame. Raises MissingPackageError without pandas.
        """
        return self._frame([flat(one) for one in self.rows])

    def _members(self, name: str) -> list[Any]:
        try:
            return [one[name] for one in self.rows]
        except KeyError as error:
            there = ", ".join(self.rows[0])
            raise AttributeError(f"predictions of {self.model} have no {name}: they have {there}") from error

    def _frame(self, records: list[dict[str, Any]]) -> Any:
        with naming_missing_packages():
            import pandas as pd

        return pd.DataFrame(records, index=self._index)


def flat(prediction: dict[str, Any]) -> dict[str, Any]:
    """Return a prediction's columns: `prediction_id`, then each member; nested ones as `probabilities.yes`."""
    columns: dict[str, Any] = {"prediction_id": prediction["id"]}
    for member, value in prediction.items():
        if member != "id":
            columns |= _columns(member, value)
    return columns


def _columns(name: str, value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        return {name: value}
    return {column: one for inner, part in value.items() for column, one in _columns(f"{name}.{inner}", part).items()}
