"""Answers to batches, joined."""

from fairlead.model.answers import Answers, join


def test_answers_to_two_batches_are_joined_column_by_column() -> None:
    first = Answers(labels=["a", "b"], probabilities=[[0.9, 0.1], [0.2, 0.8]])
    second = Answers(labels=["a"], probabilities=[[0.7, 0.3]])
    assert join([first, second]) == Answers(labels=["a", "b", "a"], probabilities=[[0.9, 0.1], [0.2, 0.8], [0.7, 0.3]])


def test_answers_to_one_batch_stay() -> None:
    only = Answers(values=[1.0, [2.0, 3.0]])
    assert join([only]) is only
