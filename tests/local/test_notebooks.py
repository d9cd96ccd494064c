"""The example notebooks, executed in a kernel against the deployed stack on a cloud whose clock starts a day ago."""

import html
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import nbformat
import pytest
from nbclient import NotebookClient

from fairlead_local.cloud import LocalCloud
from tests.local.commands import STACK
from tests.local.packing import UNPACKED, deploy, packed
from tests.local.release_stack import PATIENT
from tests.local.support import ROOT

pytestmark = pytest.mark.xdist_group("notebooks")

NOTEBOOKS = ROOT / "docs/tutorial/notebooks"
DAY = 86_400.0


@pytest.fixture(scope="module")
def environment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, str]]:
    with LocalCloud(behind=DAY, archives=UNPACKED) as cloud:
        template = packed(cloud, tmp_path_factory.mktemp("packed"))
        overrides = [one for one in PATIENT if not one.startswith("CaptureRate")]
        deploy(cloud, template, STACK, overrides)
        plain = {name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "FAIRLEAD_"))}
        yield plain | cloud.environment()


def executed(name: str, environment: dict[str, str]) -> list[str]:
    """Execute a notebook; return the text of each code cell's outputs. Only a cell that is tagged so may raise."""
    notebook: Any = nbformat.read(NOTEBOOKS / f"{name}.ipynb", as_version=4)  # type: ignore[no-untyped-call]
    with pytest.MonkeyPatch.context() as patch:
        for variable in set(os.environ) - set(environment):
            patch.delenv(variable)
        for variable, value in environment.items():
            patch.setenv(variable, value)
        NotebookClient(notebook, timeout=300, kernel_name="python3").execute()
    return [" ".join(map(said, cell.outputs)) for cell in notebook.cells if cell.cell_type == "code"]


def said(output: Any) -> str:
    if output.output_type == "error":
        return " ".join(output.traceback)
    data = output.get("data", {})
    return html.unescape(data.get("text/html") or data.get("text/plain") or output.get("text", ""))


def test_mixed_columns_are_judged_published_released_and_called(environment: dict[str, str]) -> None:
    *_, judged, refused, published, released, frame, wrong = executed("mixed-columns", environment)

    assert "may be published" in judged
    assert "refused by the gate" in refused
    assert "published penguins version 1" in published
    assert "live: release 2 (penguins version 1)" in released
    assert "probabilities.Gentoo" in frame
    assert "row 0, field 'bill_length_mm': expected a finite number" in wrong


def test_a_text_is_classified_and_explained(environment: dict[str, str]) -> None:
    *_, published, frame, reasons = executed("text", environment)

    assert "engine onnx: parity proved" in published
    assert "probabilities.delivery" in frame
    assert "'contributions': {'message':" in reasons


def test_a_drift_of_the_inputs_is_found_and_the_alarm_goes_into_alarm(environment: dict[str, str]) -> None:
    *_, before, _, after = executed("regression-and-drift", environment)

    assert "No problem found" in before
    assert "fairlead-drift" in after
    assert "drift: PSI" in after


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.stem)
def test_a_notebook_is_stored_with_the_outputs_of_a_run(path: Path) -> None:
    notebook: Any = nbformat.read(path, as_version=4)  # type: ignore[no-untyped-call]
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]

    assert [cell.execution_count for cell in cells] == list(range(1, len(cells) + 1))
    for cell in cells:
        failed = any(output.output_type == "error" for output in cell.outputs)
        assert failed == ("raises-exception" in cell.metadata.get("tags", []))
