"""Errors that carry the rows they are about."""

from fairlead.api.http import problem
from fairlead.errors import MOST_ROWS_NAMED, RowNotAnswerableError


def test_rows_without_an_answer_are_answered_422_naming_the_first_eight() -> None:
    error = RowNotAnswerableError(range(3, 15), "the logarithm of a negative number")
    answer = problem(error)
    assert answer.status == 422
    assert error.positions == tuple(range(3, 15))
    assert [one["row"] for one in error.errors] == list(range(3, 3 + MOST_ROWS_NAMED))
    assert str(error) == "row 3: the model has no answer: the logarithm of a negative number (and 11 more)"
    assert '"code":"row_not_answerable"' in str(answer.body)
