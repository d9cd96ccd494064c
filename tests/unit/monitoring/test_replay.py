"""Answers are compared where the contract of one version holds all of the other's, whatever the order of names."""

from typing import Any

import msgspec
import pytest

from fairlead.aws.release_client import ReleaseClient, ReleaseReply
from fairlead.model.compatibility import comparable
from fairlead.model.signature import Output
from fairlead.monitoring.replay import shadow
from fairlead.telemetry.capture import Part

CLASSES = Output(task="classification", target="species", classes=("a", "b"), probabilities=True)
TARGETS = Output(task="regression", names=("x", "y"))


class Answering(ReleaseClient):
    """A release that answers every row the same."""

    def __init__(self, answer: dict[str, Any]) -> None:
        super().__init__(None, "", "3")
        self._answer = answer

    def post(self, path: str, body: bytes) -> ReleaseReply:
        del path
        rows = msgspec.json.decode(body)["instances"]
        predictions = [{"id": f"x-{n}", **self._answer} for n in range(len(rows))]
        return ReleaseReply(status=200, body=msgspec.json.encode({"predictions": predictions}), round_trip_ms=1)


def part(**answers: Any) -> Part:
    return Part(
        request="r", at=0, model="m", version=1, release="2", digest="d", caller="c",
        first=0, of=1, fields=("x",), rows=[[1.0]], **answers,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("live", "new", "why"),
    [
        (CLASSES, msgspec.structs.replace(CLASSES, target="kind"), ""),
        (CLASSES, msgspec.structs.replace(CLASSES, classes=("b", "a")), ""),
        (msgspec.structs.replace(CLASSES, probabilities=False), CLASSES, ""),
        (TARGETS, Output(task="regression", names=("y", "z", "x")), ""),
        (CLASSES, msgspec.structs.replace(CLASSES, classes=("a", "b", "c")), "new labels: c"),
        (CLASSES, msgspec.structs.replace(CLASSES, probabilities=False), "no `probabilities`"),
        (TARGETS, Output(task="regression", names=("x",)), "lacks y"),
        (TARGETS, Output(task="regression"), "`value` is a number"),
        (TARGETS, CLASSES, "answers classification"),
    ],
)
def test_only_answers_that_lack_something_cannot_be_compared(live: Output, new: Output, why: str) -> None:
    found = comparable(live, new)
    assert bool(found) is bool(why)
    assert why in "; ".join(one.what for one in found)


def test_classes_in_another_order_agree_by_their_names() -> None:
    candidate = Answering({"label": "b", "probabilities": {"b": 0.9, "a": 0.1}})
    found = shadow(candidate, CLASSES, [part(labels=["b"], probabilities=[[0.2, 0.8]])], [])
    assert (found.rows, found.agreeing) == (1, 1)


def test_targets_in_another_order_and_one_more_agree_by_their_names() -> None:
    candidate = Answering({"value": {"z": 9.0, "y": 2.0, "x": 1.0}})
    found = shadow(candidate, TARGETS, [part(values=[[1.0, 2.0]]), part(values=[[2.0, 1.0]])], [])
    assert (found.rows, found.agreeing) == (2, 1)
