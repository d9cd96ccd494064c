"""Slices of rows: by category, by quantile, by missing value, or as a policy names them."""

import itertools
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from fairlead.errors import SettingsError
from fairlead.gate.evidence import Column, Mask, Rows
from fairlead.gate.policy import Condition, NamedSlice

MOST_TEXTS = 1000  # a column with more distinct strings is text, which has no useful categories


class Cut(NamedTuple):
    """A column's slices: a code for each row (-1: in no slice) and a name for each code."""

    codes: npt.NDArray[np.int16]  # two bytes, because every column of a million rows has one
    names: list[str]


def cut(column: Column, *, quantiles: int, most_categories: int) -> Cut | None:
    """Return the slices of one column; None if it has one value only or is free text."""
    if column.levels is None:
        return _numbers(column, quantiles, most_categories)
    if column.kind == "text" or len(column.levels) > MOST_TEXTS:
        return None
    codes = np.where(column.values < 0, len(column.levels), column.values)
    return _commonest(
        codes, [f"{column.name} = {level}" for level in column.levels] + _missing(column), most_categories
    )


def named(rows: Rows, slices: Sequence[NamedSlice]) -> Iterator[tuple[str, Mask]]:
    """Yield the name and the rows of each slice of the policy; raises SettingsError for an unknown input."""
    columns = {column.name: column for column in rows.columns}
    check_fields(slices, list(columns))
    for one in slices:
        where = np.ones(rows.count, dtype=np.bool_)
        for condition in one.where:
            where &= _meets(columns[condition.field], condition)
        yield one.name, where


def check_fields(slices: Sequence[NamedSlice], inputs: Sequence[str]) -> None:
    """Raise SettingsError if a slice names an unknown input."""
    for one in slices:
        for condition in one.where:
            if condition.field not in inputs:
                known = ", ".join(inputs[:20])
                raise SettingsError(
                    f"slice {one.name!r} names an unknown input {condition.field!r}", hint=f"inputs: {known}"
                )


def _numbers(column: Column, quantiles: int, most_categories: int) -> Cut | None:
    values = column.values
    present = values[~np.isnan(values)]
    distinct = np.unique(present[:10_000])
    if len(present) == 0 or (len(distinct) == 1 and len(present) == len(values)):
        return None
    if len(distinct) <= most_categories and np.isin(present, distinct).all():
        codes = np.where(np.isnan(values), len(distinct), np.searchsorted(distinct, np.nan_to_num(values)))
        names = [f"{column.name} = {value:g}" for value in distinct] + _missing(column)
        return _commonest(codes, names, most_categories)
    edges = np.unique(np.quantile(present, np.arange(1, quantiles) / quantiles))
    codes = np.where(np.isnan(values), len(edges) + 1, np.searchsorted(edges, values, side="right"))
    bounds = [f"{edge:.4g}" for edge in edges]
    names = [f"{column.name} < {bounds[0]}"]
    names += [f"{column.name} {low} to {high}" for low, high in itertools.pairwise(bounds)]
    return Cut(codes.astype(np.int16), [*names, f"{column.name} ≥ {bounds[-1]}", *_missing(column)])


def _commonest(codes: npt.NDArray[Any], names: list[str], most: int) -> Cut:
    """Keep the most common codes, which bounds memory and the correction of p values."""
    counts = np.bincount(codes, minlength=len(names))
    kept = np.argsort(-counts, kind="stable")[:most]
    place = np.full(len(names), -1, dtype=np.int16)
    place[kept] = np.arange(len(kept))
    return Cut(place[codes], [names[code] for code in kept])


def _missing(column: Column) -> list[str]:
    return [f"{column.name} is missing"]


def _meets(column: Column, condition: Condition) -> Mask:
    where = np.ones(len(column.values), dtype=np.bool_)
    if condition.equals is not None:
        wanted = condition.equals
        if column.levels is not None:
            where &= np.isin(column.values, [code for code, level in enumerate(column.levels) if level in wanted])
        else:
            where &= np.isin(column.values, [float(value) for value in wanted if not isinstance(value, str)])
    bounded = condition.at_least is not None or condition.below is not None
    if bounded and column.levels is not None:
        raise SettingsError(f"a slice bounds {column.name!r}, which is not a number", hint="use equals = [...]")
    if condition.at_least is not None:
        where &= column.values >= condition.at_least
    if condition.below is not None:
        where &= column.values < condition.below
    return where
