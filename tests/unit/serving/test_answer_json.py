"""JSON of answers: the same members for every task, whatever the classes' and targets' names hold."""

import json
from typing import Any

import pytest

from fairlead.model.answers import Answers
from fairlead.model.signature import Output
from fairlead.serving.answer_json import AnswerEncoder

IDENTITY = {"model": "m", "version": 1, "digest": "sha256:0", "release": "7"}


def predictions(output: Output, answers: Answers) -> list[dict[str, Any]]:
    document = json.loads(AnswerEncoder(output).encode(IDENTITY, ["r-0", "r-1"], answers))
    found: list[dict[str, Any]] = document.pop("predictions")
    assert document == IDENTITY
    assert [one.pop("id") for one in found] == ["r-0", "r-1"]
    return found


@pytest.mark.parametrize(
    ("classes", "names"),
    [
        (("Adelie", "Gentoo"), ["Adelie", "Gentoo"]),
        ((1, 2.5), ["1", "2.5"]),
        ((False, True), ["false", "true"]),
        (('a "quote"', "back\\slash\n"), ['a "quote"', "back\\slash\n"]),
        (("é", "日本 ☃"), ["é", "日本 ☃"]),
        (("f1", "f0"), ["f1", "f0"]),
        (("", "id"), ["", "id"]),
    ],
)
def test_probabilities_have_the_names_of_the_classes(classes: tuple[Any, ...], names: list[str]) -> None:
    output = Output(task="classification", classes=classes, probabilities=True)
    answers = Answers(labels=list(classes), probabilities=[[0.25, 0.75], [1.0, 0.0]])
    assert predictions(output, answers) == [
        {"label": classes[0], "probabilities": dict(zip(names, [0.25, 0.75], strict=True))},
        {"label": classes[1], "probabilities": dict(zip(names, [1.0, 0.0], strict=True))},
    ]


def test_probabilities_of_another_number_than_the_classes_raise_an_error() -> None:
    output = Output(task="classification", classes=("a", "b"), probabilities=True)
    with pytest.raises((TypeError, ValueError)):
        predictions(output, Answers(labels=["a", "b"], probabilities=[[1.0], [1.0]]))


def test_other_tasks_have_their_own_members() -> None:
    assert predictions(Output(task="regression"), Answers(values=[1.5, 2.0])) == [{"value": 1.5}, {"value": 2.0}]
    assert predictions(Output(task="regression", names=("low", "high")), Answers(values=[[1.0, 2.0], [3.0, 4.0]])) == [
        {"value": {"low": 1.0, "high": 2.0}},
        {"value": {"low": 3.0, "high": 4.0}},
    ]
    assert predictions(Output(task="anomaly"), Answers(labels=[1, -1], scores=[0.5, -0.5])) == [
        {"label": 1, "score": 0.5},
        {"label": -1, "score": -0.5},
    ]
    assert predictions(Output(task="clustering"), Answers(labels=[0, 3])) == [{"label": 0}, {"label": 3}]
