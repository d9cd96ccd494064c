"""The onnx engine: runs one ONNX graph on onnxruntime. It imports only numpy and onnxruntime, and loads no pickle."""

from collections.abc import Callable, Sequence
from typing import Any, cast

import numpy as np

from fairlead.engines.row_packing import ColumnRows, reader, taker, values_at
from fairlead.engines.text_counts import MISSING, MOST_ROWS_KEY, Counter, read_countings
from fairlead.errors import EngineError, RowNotAnswerableError, one_line
from fairlead.model import manifest
from fairlead.model.answers import Answers
from fairlead.model.signature import Scalar, Signature

Rows = Sequence[tuple[Any, ...]]
Feed = Callable[[Rows], np.ndarray[Any, Any]]
REFUSED = "a step of the model refuses the numbers that this row leads to, as the estimator does"


class OnnxEngine:
    """One onnxruntime session on one thread, and a function that fills each input tensor."""

    def __init__(self, spec: manifest.Engine, signature: Signature, blob: bytes) -> None:
        self._session = _session(blob)
        metadata = self._session.get_modelmeta().custom_metadata_map
        countings = read_countings(metadata)
        places = {field.name: place for place, field in enumerate(signature.inputs)}
        self._feeds: list[tuple[str, Feed]] = []
        for tensor in spec.inputs:
            positions = [places[name] for name in tensor.fields]
            if tensor.name in countings:
                self._feeds.append((tensor.name, _counts(positions[0], Counter(countings[tensor.name]))))
            elif tensor.dtype == "string":
                self._feeds.append((tensor.name, _strings(positions)))
            else:
                self._feeds.append((tensor.name, _numbers(positions, len(places), np.dtype(tensor.dtype))))
        self._most_rows = int(metadata[MOST_ROWS_KEY]) if MOST_ROWS_KEY in metadata else None
        self._words = list(spec.outputs)
        self._outputs = list(spec.outputs.values())
        self._labels = _label_table(signature.output.classes)

    def answer(self, rows: Rows) -> Answers:
        """Return the answers to a batch: one run of the graph, several if its tables would grow too large.

        Raises RowNotAnswerableError with the positions of all rows that the estimator refuses.
        """
        if self._most_rows is None or len(rows) <= self._most_rows:
            results = self._run(rows)
        else:
            starts = range(0, len(rows), self._most_rows)
            parts = [self._run(rows[start : start + self._most_rows]) for start in starts]
            results = [np.concatenate(part) for part in zip(*parts, strict=True)]
        return self._as_answers(results)

    def _run(self, rows: Rows) -> list[np.ndarray[Any, Any]]:
        feeds = {name: feed(rows) for name, feed in self._feeds}
        return cast("list[np.ndarray[Any, Any]]", self._session.run(self._outputs, feeds))

    def _as_answers(self, results: list[np.ndarray[Any, Any]]) -> Answers:
        labels = probabilities = values = scores = None
        for word, result in zip(self._words, results, strict=True):
            if word == "refused":
                if result.any():
                    raise RowNotAnswerableError(np.flatnonzero(result).tolist(), REFUSED)
            elif word == "label":
                labels = result.tolist()
                if self._labels is not None:
                    table = self._labels
                    labels = [table[label] for label in labels]
            elif word == "probabilities":
                probabilities = result.tolist()
            elif word == "value":
                values = result.tolist()
            else:
                scores = result.tolist()
        return Answers(labels=labels, probabilities=probabilities, values=values, scores=scores)


def _session(blob: bytes) -> Any:
    """Open a session whose answers do not depend on threads; BASIC optimizations do not change rounding."""
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    options.execution_mode = onnxruntime.ExecutionMode.ORT_SEQUENTIAL
    options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
    options.log_severity_level = 4  # failures are raised, so the log would only repeat them
    try:
        return onnxruntime.InferenceSession(blob, options, providers=["CPUExecutionProvider"])
    except Exception as error:  # onnxruntime's own exceptions share no base class
        raise EngineError(f"onnxruntime cannot load the graph: {one_line(error)}") from error


def _numbers(positions: list[int], width: int, dtype: np.dtype[Any]) -> Feed:
    """Return a feed that makes a matrix of numbers, missing as NaN."""
    read = reader(positions, width)
    return lambda rows: read(rows).astype(dtype, copy=False)


def _strings(positions: list[int]) -> Feed:
    """Return a feed that makes a matrix of strings, missing as MISSING, which no value equals."""
    take = taker(positions)

    def feed(rows: Rows) -> np.ndarray[Any, Any]:
        if isinstance(rows, ColumnRows):
            strings = [list(map(_string, values_at(rows, position))) for position in positions]
            return np.array(strings, dtype=object).T
        strings = [[_string(value) for value in take(row)] for row in rows]
        return np.array(strings, dtype=object).reshape(len(rows), len(positions))

    return feed


def _string(value: str | None) -> str:
    if value is None:
        return MISSING
    return value if value != MISSING else value + "?"  # still an unknown value, but not the missing one


def _counts(position: int, counter: Counter) -> Feed:
    return lambda rows: counter.count(values_at(rows, position))


def _label_table(classes: tuple[Scalar, ...] | None) -> dict[Any, Scalar] | None:
    """Return a table from the graph's labels to JSON's classes; None if they are equal (int and str)."""
    if not classes or all(type(value) in (int, str) for value in classes):
        return None
    return {value if isinstance(value, str) else int(value): value for value in classes}
