"""Predictions as columns beside a batch's own: names, types, and how pandas and Arrow take them.

Names are those of the client's `to_frame`: `label`, `probabilities.yes`, `value`, `value.<target>`, `score`.
"""

from typing import Any, Literal

from fairlead.model.answers import Answers
from fairlead.model.signature import Output, Scalar, class_names

Type = Literal["string", "bigint", "double", "boolean"]
"""Types by the names that Spark's DDL has for them."""
PANDAS: dict[Type, str] = {"string": "object", "bigint": "int64", "double": "float64", "boolean": "bool"}
ARROW: dict[Type, str] = {"string": "string", "bigint": "int64", "double": "float64", "boolean": "bool_"}
PYTHON: dict[type, Type] = {str: "string", int: "bigint", float: "double", bool: "boolean"}


def types(output: Output) -> dict[str, Type]:
    """Return the type of each column by its name, in order."""
    if output.task == "regression":
        return {f"value.{name}": "double" for name in output.names} if output.names else {"value": "double"}
    columns: dict[str, Type] = {"label": _label_type(output.classes or (0,))}
    if output.task == "anomaly":
        columns["score"] = "double"
    if output.probabilities:
        columns |= {f"probabilities.{name}": "double" for name in class_names(output)}
    return columns


def _label_type(classes: tuple[Scalar, ...]) -> Type:
    found = {PYTHON[type(one)] for one in classes}
    return found.pop() if len(found) == 1 else "string"


def values(output: Output, answers: Answers) -> dict[str, list[Any]]:
    """Return the columns of these answers by name; labels of several types become text."""
    if answers.values is not None:
        return (
            _spread([f"value.{name}" for name in output.names], answers.values)
            if output.names
            else {"value": answers.values}
        )
    labels: list[Any] = answers.labels or []
    mixed = len({type(one) for one in output.classes or ()}) > 1
    columns: dict[str, list[Any]] = {"label": [str(one) for one in labels] if mixed else labels}
    if answers.scores is not None:
        columns["score"] = answers.scores
    if answers.probabilities is not None:
        columns |= _spread([f"probabilities.{name}" for name in class_names(output)], answers.probabilities)
    return columns


def _spread(names: list[str], rows: list[Any]) -> dict[str, list[Any]]:
    return dict(zip(names, map(list, zip(*rows, strict=True)), strict=True))


def in_frame(frame: Any, kinds: dict[str, Type], columns: dict[str, list[Any]]) -> Any:
    """Return a copy of a pandas DataFrame with the columns, on its index."""
    import pandas as pd

    added = {
        name: pd.Series(columns.get(name, []), index=frame.index, dtype=PANDAS[kind]) for name, kind in kinds.items()
    }
    return pd.concat([frame, pd.DataFrame(added, index=frame.index)], axis=1)


def in_arrow(batch: Any, kinds: dict[str, Type], columns: dict[str, list[Any]]) -> Any:
    """Return an Arrow table or record batch with the columns."""
    import pyarrow as pa

    for name, kind in kinds.items():
        batch = batch.append_column(name, pa.array(columns.get(name, []), type=getattr(pa, ARROW[kind])()))
    return batch
