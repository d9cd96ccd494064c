"""MLflow's loader of an exported ONNX graph. This file is copied into the export and imports nothing of Fairlead."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pandas as pd

GRAPH, FACTS = "model.onnx", "graph.json"


class ExportedGraph:
    """A graph that answers tables: `predict` gives labels or values, `predict_proba` a classifier's probabilities."""

    def __init__(self, folder: Path) -> None:
        self._facts: dict[str, Any] = json.loads((folder / FACTS).read_text())
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        self._session = onnxruntime.InferenceSession(str(folder / GRAPH), options, providers=["CPUExecutionProvider"])

    def predict(self, rows: Any, params: dict[str, Any] | None = None) -> np.ndarray[Any, Any]:  # noqa: ARG002 - MLflow's
        """Return the labels or values of a DataFrame or an array; raises ValueError where the estimator would."""
        found = self._run(rows)
        if "label" not in found:
            return found["value"]
        classes = self._facts["classes"]
        if all(type(one) in (int, str) for one in classes):
            return found["label"]
        table = {one if isinstance(one, str) else int(one): one for one in classes}
        return np.array([table[label] for label in found["label"].tolist()])

    def predict_proba(self, rows: Any) -> np.ndarray[Any, Any]:
        """Return the probabilities, shape (rows, classes)."""
        return self._run(rows)["probabilities"]

    def get_raw_model(self) -> "ExportedGraph":
        """Return this, for `PyFuncModel.get_raw_model`."""
        return self

    def _run(self, rows: Any) -> dict[str, np.ndarray[Any, Any]]:
        fields = self._facts["fields"]
        frame = rows if isinstance(rows, pd.DataFrame) else pd.DataFrame(np.asarray(rows), columns=fields)
        feeds = {tensor["name"]: self._fed(frame, tensor) for tensor in self._facts["inputs"]}
        outputs = self._facts["outputs"]
        found = dict(zip(outputs, self._session.run(list(outputs.values()), feeds), strict=True))
        if "refused" in found and found["refused"].any():
            raise ValueError(f"rows {np.flatnonzero(found['refused']).tolist()[:10]} are refused, as by the estimator")
        return found

    def _fed(self, frame: pd.DataFrame, tensor: dict[str, Any]) -> np.ndarray[Any, Any]:
        chosen = frame[tensor["fields"]]
        if tensor["dtype"] == "string":
            return np.asarray(chosen.astype(object).where(chosen.notna(), self._facts["missing"]), dtype=object)
        numbers = chosen.apply(pd.to_numeric).to_numpy(dtype=np.float64, na_value=np.nan)
        return np.asarray(numbers, dtype=tensor["dtype"])


def _load_pyfunc(path: str) -> ExportedGraph:
    """Load the model of a folder, as MLflow calls it."""
    return ExportedGraph(Path(path))
