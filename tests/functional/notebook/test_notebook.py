"""The package in a real notebook kernel: tables of results, progress, short errors."""

from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

CELLS = [
    """
from sklearn.datasets import load_breast_cancer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
import fairlead
X, y = load_breast_cancer(return_X_y=True, as_frame=True)
X, X_test, y, y_test = train_test_split(X.iloc[:, :4], y, random_state=0)
model = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, y)
""",
    "fairlead.validate(model, name='tumour', X=X_test, y=y_test)",
    "fairlead.validate(model, name='tumour', X=X_test, y=1 - y_test)",
    """
from fairlead.registry.store import Registry
from testkit.memory import Memory
registry = Registry(Memory())
fairlead.publish(model, name='tumour', X=X_test, y=y_test, registry=registry)
""",
    "fairlead.publish(model, name='tumour', X=X_test, y=1 - y_test, registry=registry)",
]


@pytest.fixture(scope="module")
def cells() -> list[Any]:
    """The cells after execution. The last one raises."""
    written: Any = nbformat.v4  # its functions have no types
    notebook = written.new_notebook(cells=[written.new_code_cell(text) for text in CELLS])
    client = NotebookClient(
        notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": str(Path(__file__).parents[3])}}
    )
    with pytest.raises(CellExecutionError):
        client.execute()
    return list(notebook.cells)


def html(cell: Any) -> list[str]:
    return [one.data["text/html"] for one in cell.outputs if "text/html" in one.get("data", {})]


def test_a_verdict_is_a_table_of_metrics_with_intervals(cells: list[Any]) -> None:
    steps, verdict = html(cells[1])
    assert "may be published" in verdict
    assert "Accuracy" in verdict
    assert "<table>" in verdict
    assert "engine onnx: parity proved on" in verdict
    assert "judging tumour: " in steps
    assert "<progress>" not in steps, "the bar goes when the work has ended"


def test_a_refusing_verdict_lists_what_failed_with_the_threshold(cells: list[Any]) -> None:
    _, verdict = html(cells[2])
    assert "refused by the gate" in verdict
    assert "This refuses the version." in verdict
    assert "labels mean the same as in training" in verdict


def test_a_published_version_names_the_next_commands(cells: list[Any]) -> None:
    _, published = html(cells[3])
    assert "published tumour version 1" in published
    assert "fairlead report tumour 1 --open" in published
    assert "fairlead release tumour 1" in published


def test_an_error_is_its_message_and_hint_without_a_traceback(cells: list[Any]) -> None:
    [error] = [one for one in cells[4].outputs if one.output_type == "error"]
    assert error.ename == "GateError"
    said, hint = error.traceback
    assert said.startswith("error: the gate refuses this version: ")
    assert hint.startswith("hint: correct the failed checks")
