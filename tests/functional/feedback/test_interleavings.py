"""Parts and outcomes come twice, late, in another order or during another call, and processes are killed: each part and
each pair is counted once."""

import threading
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import boto3
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from moto import mock_aws

from fairlead import quality
from fairlead.api.outcomes import Report
from fairlead.feedback.intake import Intake
from fairlead.feedback.ledger import Ledger
from fairlead.feedback.score import Scorer
from fairlead.feedback.versions import KnownVersion, VersionName
from fairlead.model.signature import Field, Output, Signature
from fairlead.telemetry.capture import Part, prediction_id
from fairlead.telemetry.outcomes import Pair
from tests.functional.ledger_fixture import NOON, SLOT, make_table, request_id

VERSION = KnownVersion(
    Signature(
        inputs=(Field(name="x", kind="number"),),
        output=Output(task="classification", classes=("no", "yes"), probabilities=True),
        layout="frame",
    ),
    None,
)
REQUESTS = 3
ROWS = 4
PARTS = [
    Part(
        request=request_id(number), at=NOON + 600_000 * number, model="churn", version=3, release="9",
        digest="sha256:0", caller=f"c{number % 2}", first=first, of=ROWS, fields=("x",), rows=[[1.0], [2.0]],
        labels=["no", "yes"], probabilities=[[0.9, 0.1], [0.4, 0.6]],
    )
    for number in range(REQUESTS)
    for first in (0, 2)
]  # fmt: skip


class Versions:
    """A registry of one version."""

    def of(self, name: VersionName) -> KnownVersion:
        assert (name.model, name.version) == ("churn", 3)
        return VERSION


class KilledError(Exception):
    """A process ended here."""


class Meddling:
    """A client of moto between whose calls other things happen, or which dies there."""

    def __init__(self, client: Any, between: dict[int, Callable[[], None]]) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._calls = 0
        self._between = between

    def __getattr__(self, name: str) -> Any:
        def call(**parameters: Any) -> Any:
            self._meddle()
            with self._lock:
                return getattr(self._client, name)(**parameters)

        return call

    def get_paginator(self, name: str) -> Any:
        """Pages as one list, so that no call to moto is made outside the lock."""
        client, lock, meddle = self._client, self._lock, self._meddle

        class Paginator:
            def paginate(self, **parameters: Any) -> list[Any]:
                meddle()
                with lock:
                    return list(client.get_paginator(name).paginate(**parameters))

        return Paginator()

    def rest(self) -> None:
        """Drop the events that have not happened yet."""
        self._between.clear()

    def _meddle(self) -> None:
        with self._lock:
            self._calls += 1
            happens = self._between.pop(self._calls, None)
        if happens:
            happens()


def kill() -> None:
    raise KilledError


deliveries = st.lists(st.integers(0, len(PARTS) - 1), min_size=1, max_size=5)
reports = st.lists(
    st.tuples(st.integers(0, REQUESTS - 1), st.integers(0, ROWS - 1), st.sampled_from(["no", "yes", "perhaps"])),
    min_size=1,
    max_size=5,
)
actions = st.one_of(deliveries, reports)
meddling = st.dictionaries(st.integers(1, 60), st.one_of(st.none(), actions), max_size=6)


class World:
    """One ledger and both functions that write it."""

    def __init__(self, client: Any, between: dict[int, Any]) -> None:
        happening = {call: partial(self.do, action) if action else kill for call, action in between.items()}
        self.client = Meddling(client, happening)
        self.ledger = Ledger(self.client, "ledger", sleep=lambda _: None)
        scorer = Scorer(self.ledger, Versions())  # type: ignore[arg-type]  # as much of a registry as is asked
        self._scorer = scorer
        self._intake = Intake(self.ledger, Versions(), scorer)  # type: ignore[arg-type]  # likewise

    def do(self, action: Sequence[Any]) -> None:
        """Deliver parts, or report outcomes; a process that is killed leaves things as they are then."""
        with suppress(KilledError):
            if isinstance(action[0], int):
                self._scorer.take([PARTS[place] for place in action])
            else:
                said = [Report(prediction_id=prediction_id(request_id(n), row), actual=a) for n, row, a in action]
                self._intake.take(said, at=NOON + 3_600_000, by="arn:user/ada")

    def parts(self) -> list[Part]:
        """All parts that are known."""
        return [part for number in range(REQUESTS) for part in self.ledger.request(request_id(number))[0]]

    def pairs(self) -> list[tuple[Pair, str]]:
        """All pairs that are complete, with the state of their outcome."""
        return [
            (Pair(part=part, position=one.outcome.row - part.first, outcome=one.outcome), one.state)
            for number in range(REQUESTS)
            for parts, kept in [self.ledger.request(request_id(number))]
            for part in parts
            for one in kept
            if part.first <= one.outcome.row < part.first + len(part.rows)
        ]


@settings(max_examples=settings().max_examples // 4, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(actions, min_size=1, max_size=6), meddling)
def test_any_interleaving_counts_each_part_and_each_pair_once(sequence: list[Any], between: dict[int, Any]) -> None:
    with mock_aws():
        client: Any = boto3.client("dynamodb", "us-east-1", aws_access_key_id="test", aws_secret_access_key="test")
        make_table(client, "ledger")
        world = World(client, between)
        for action in sequence:
            world.do(action)
        world.client.rest()
        if None not in between.values():  # nothing was killed, so the second writer has seen both
            assert "pending" not in {state for _, state in world.pairs()}
        world.do(range(len(PARTS)))  # a failed delivery is repeated until it succeeds

        parts, pairs = world.parts(), world.pairs()
        assert len(parts) == len(PARTS)
        assert {state for _, state in pairs} <= {"scored", "invalid"}
        assert world.ledger.counted("churn", 3, SLOT - 4, SLOT + 4)[0] == VERSION.traffic(parts)
        expected = quality.tally(VERSION.output, [pair for pair, _ in pairs])
        assert rounded(world.ledger.quality("churn", 3, SLOT - 4, SLOT + 4)) == rounded(expected)


def rounded(slots: dict[int, dict[str, Any]]) -> dict[int, dict[str, float]]:
    """Return the counters of pairs, without zeros, which are not stored, and without rounding by another order."""
    kept = {
        slot: {name: round(value, 9) for name, value in counts.items() if value and name != "conflicts"}
        for slot, counts in slots.items()
    }
    return {slot: counts for slot, counts in kept.items() if counts}
