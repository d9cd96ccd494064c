"""Rows of penguins, as JSON objects and as tensors."""

import json
from typing import Any

from testkit import penguins

DATATYPES = {"island": "BYTES", "sex": "BYTES", "year": "INT64"}


def rows(*, missing: bool = False) -> list[dict[str, Any]]:
    """Twenty rows; without missing values by default: most clients have no null."""
    frame = penguins.split()[1].drop(columns=penguins.TARGET)
    chosen = (frame if missing else frame.dropna()).head(20)
    found: list[dict[str, Any]] = json.loads(chosen.to_json(orient="records", double_precision=15))
    return found


def tensors(given: list[dict[str, Any]]) -> dict[str, Any]:
    """The rows as {name: [datatype, shape, values]}."""
    return {name: [DATATYPES.get(name, "FP64"), [len(given), 1], [row[name] for row in given]] for name in given[0]}
