"""Columns of results, and input columns that would hide one."""

import pytest

from fairlead.batch.results import answer_columns, check_kept
from fairlead.errors import DataError
from fairlead.model.signature import Output

CLASSES = Output(task="classification", classes=("no", "yes"), probabilities=True)
ANOMALY = Output(task="anomaly", classes=(-1, 1))
TARGETS = Output(task="regression", names=("low", "high"))


@pytest.mark.parametrize("output", [CLASSES, ANOMALY, TARGETS], ids=lambda output: output.task)
def test_an_input_column_with_the_name_of_a_results_column_is_refused(output: Output) -> None:
    for name in answer_columns(output):
        with pytest.raises(DataError, match=f"the input has a column '{name}'"):
            check_kept(["a", name], output)
    check_kept(["a", "labels", "value"], output)


def test_results_have_the_columns_that_the_task_answers() -> None:
    assert answer_columns(CLASSES) == ["prediction_id", "label", "probabilities.no", "probabilities.yes", "error"]
    assert answer_columns(ANOMALY) == ["prediction_id", "label", "score", "error"]
    assert answer_columns(TARGETS) == ["prediction_id", "value.low", "value.high", "error"]
