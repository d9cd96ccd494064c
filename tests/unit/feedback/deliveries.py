"""Captured lines of one version of each task, and a collector with a registry, ledger and dead letters in memory."""

import base64
import gzip
import json
import threading
from collections.abc import Mapping
from decimal import Context, Decimal, Inexact, Overflow, Subnormal
from typing import Any

import msgspec

from fairlead.feedback.ledger import Ledger
from fairlead.feedback.log_delivery import Collected, Collector
from fairlead.feedback.score import Scorer
from fairlead.feedback.versions import KnownVersion, UnknownVersionError, VersionName
from fairlead.model.baseline import SCHEMA, Baseline, Calibration, Categories, Feature, Numbers, Predictions, Score
from fairlead.model.signature import Field, Output, Signature
from fairlead.telemetry.capture import Part

NOON = 1_795_435_200_000
GROUP = "/aws/lambda/predict"
DIGEST = "sha256:" + "0" * 64
DYNAMODB = Context(prec=38, Emin=-130, Emax=125, traps=[Inexact, Overflow, Subnormal])

INPUTS = (
    Field(name="mass", kind="number"),
    Field(name="island", kind="category", categories=("Dream", "Biscoe")),
    Field(name="note", kind="text"),
    Field(name="wild", kind="boolean", nullable=True),
)
FEATURES = (
    Feature(name="mass", kind="number", missing=1, seen=Numbers(edges=(2.0, 3.0), counts=(5, 5, 5), low=1.0, high=4.0)),
    Feature(name="island", kind="category", missing=0, seen=Categories(values=("Dream", "Biscoe"), counts=(9, 7))),
    Feature(name="note", kind="text", missing=0, seen=Numbers(edges=(5.0,), counts=(8, 8), low=1.0, high=9.0)),
    Feature(name="wild", kind="boolean", missing=2, seen=Numbers(edges=(), counts=(14,), low=0.0, high=1.0)),
)
SHARE = Numbers(edges=(0.5,), counts=(8, 8), low=0.0, high=1.0)
OUTPUTS = {
    "classes": Output(task="classification", classes=("a", "b", "c"), probabilities=True),
    "labels": Output(task="classification", classes=(0, 1)),
    "value": Output(task="regression"),
    "values": Output(task="regression", names=("x", "y")),
    "odd": Output(task="anomaly"),
    "groups": Output(task="clustering"),
}
ANSWERS: dict[str, dict[str, Any]] = {
    "classes": {"labels": ["a", "b"], "probabilities": [[0.7, 0.2, 0.1], [0.0, 1.0, 0.0]]},
    "labels": {"labels": [0, 1]},
    "value": {"values": [1.5, -2.0]},
    "values": {"values": [[1.5, 2.5], [0.0, 1e300]]},
    "odd": {"labels": [1, -1], "scores": [0.1, -0.2]},
    "groups": {"labels": [0, 3]},
}


def reference(name: str) -> Baseline:
    """A baseline that counts everything its task answers."""
    scores: dict[str, tuple[Any, ...]] = {
        "classes": ("a", "b", "c"),
        "value": ("",),
        "values": ("x", "y"),
        "odd": ("s",),
    }
    predictions = Predictions(
        labels=None if name.startswith("value") else Categories(values=(0, 1, "a"), counts=(5, 5, 6)),
        scores=tuple(Score(of=one, seen=SHARE) for one in scores.get(name, ())),
        calibration=(Calibration(of=None, edges=(0.5,), counts=(8, 8), stated=(0.3, 0.8), true=(3, 7)),)
        if name == "classes"
        else (),
    )
    return Baseline(schema=SCHEMA, rows=16, features=FEATURES, predictions=predictions)


class Registry:
    """Versions of every task, under the task's name."""

    def __init__(self) -> None:
        self.asked = 0
        self._known = {
            name: KnownVersion(Signature(inputs=INPUTS, output=output, layout="frame"), reference(name))
            for name, output in OUTPUTS.items()
        }

    def has(self, name: VersionName) -> bool:
        return name.model in self._known and (name.version, name.digest) == (1, DIGEST)

    def of(self, name: VersionName) -> KnownVersion:
        self.asked += 1
        if not self.has(name):
            raise UnknownVersionError("the registry has no such version")
        return self._known[name.model]


class Table:
    """A DynamoDB that refuses what DynamoDB refuses, and remembers which parts it has."""

    def __init__(self) -> None:
        self.parts: set[tuple[str, str]] = set()

    def transact_write_items(self, TransactItems: list[dict[str, Any]]) -> None:
        assert 0 < len(TransactItems) <= 100
        keys = [repr(one.get("Put", {}).get("Item", one.get("Update", {}).get("Key"))) for one in TransactItems]
        assert len(set(keys)) == len(keys)
        for action in TransactItems:
            if update := action.get("Update"):
                assert len(update["UpdateExpression"].encode()) <= 4096
                for value in update["ExpressionAttributeValues"].values():
                    _check(value)
            else:
                item = action["Put"]["Item"]
                assert sum(len(name) + len(str(value)) for name, value in item.items()) < 400_000
                for value in item.values():
                    _check(value)
                self.parts.add((item["pk"]["S"], item["sk"]["S"]))

    def update_item(self, ExpressionAttributeValues: dict[str, Any], **_: Any) -> None:
        for value in ExpressionAttributeValues.values():
            _check(value)

    def get_paginator(self, _: str) -> "Table":
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        return [{"Items": []}]


def _check(value: Mapping[str, Any]) -> None:
    [(kind, held)] = value.items()
    if kind == "N":
        number = DYNAMODB.plus(Decimal(held))
        assert number.is_finite()
    elif kind == "S":
        held.encode()


class FakeDeadLetters:
    """Keeps dead letters with their reasons in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}
        self._lock = threading.Lock()

    def keep(self, record: Mapping[str, Any], why: str) -> str:
        assert why
        key = json.dumps(record, sort_keys=True)
        with self._lock:
            self.kept[key] = why
        return key


def line(model: str = "classes", /, *, number: int = 1, **changes: Any) -> str:
    """A line as capture writes it, with changes."""
    facts: dict[str, Any] = {
        "request": f"00000000-0000-0000-0000-{number:012x}", "at": NOON, "model": model, "version": 1, "release": "7",
        "digest": DIGEST, "caller": "12f6652b8b0daaaa", "first": 0, "of": 2,
        "fields": ("mass", "island", "note", "wild"),
        "rows": [[1.5, "Dream", "seen", None], [None, "Torgersen", "", True]],
    }  # fmt: skip
    part = Part(**facts | ANSWERS[model])
    return json.dumps(msgspec.to_builtins(part) | changes)


def take(lines: list[str], *, at: int = NOON) -> tuple[Collected, FakeDeadLetters, Registry]:
    """Process a delivery of these lines."""
    events = [{"id": str(place), "timestamp": at, "message": one} for place, one in enumerate(lines)]
    document = {"messageType": "DATA_MESSAGE", "logGroup": GROUP, "logStream": "s", "logEvents": events}
    event = {"awslogs": {"data": base64.b64encode(gzip.compress(json.dumps(document).encode())).decode()}}
    registry, dead_letters = Registry(), FakeDeadLetters()
    collector = Collector(
        Scorer(Ledger(Table(), "ledger"), registry),  # type: ignore[arg-type]  # as much of a registry as is asked
        dead_letters,  # type: ignore[arg-type]  # likewise
        sources={GROUP},
        own="/aws/lambda/feedback",
    )
    return collector.take(event), dead_letters, registry
