"""Production of a penguins model for tests: requests, answers of a release, outcomes, and a ledger with all of them."""

import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import UTC, datetime
from functools import cache
from typing import Any

import boto3
import numpy as np
import pandas as pd
from moto import mock_aws
from palmerpenguins import load_penguins

from fairlead import engines
from fairlead.drift.counters import slot_of
from fairlead.feedback.ledger import Ledger, Outcome, items
from fairlead.feedback.ledger.counter_items import any_shard, pages
from fairlead.feedback.score import Scorer
from fairlead.feedback.versions import KnownVersions
from fairlead.publishing.signature.infer import to_rows
from fairlead.registry.store import Registry
from fairlead.telemetry.capture import Part
from fairlead.telemetry.outcomes import pairs
from testkit.gate_cases import Table, model
from testkit.ledger_table import create_table

TABLE = "ledger"
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
ASKED = int(NOW.timestamp() * 1000)
HOUR = 3_600_000
REPORTERS = ("arn:aws:iam::123456789012:user/ada", "arn:aws:sts::123456789012:assumed-role/nightly/2026-11-20")


@contextmanager
def ledger_table(table: str = TABLE) -> Iterator[Any]:
    """A client of moto's DynamoDB with a table like the template's."""
    with mock_aws():
        client = boto3.client("dynamodb", "us-east-1")
        create_table(client, table)
        yield client


@cache
def penguins() -> tuple[Table, Table, Table]:
    """Training rows, held-out rows, and rows that production draws from: all of other penguins."""
    frame = load_penguins()
    order = np.random.default_rng(3).permutation(len(frame))
    table = Table(frame.drop(columns=["species", "year"]), frame["species"])
    return table.take(order[:150]), table.take(order[150:230]), table.take(order[230:])


def champion() -> dict[str, Any]:
    """A model as a notebook publishes it, fitted before the drift."""
    training, held_out, _ = penguins()
    return {
        "estimator": model("penguins").fit(training.X, training.y),
        "name": "penguins",
        "X": held_out.X,
        "y": held_out.y,
        "train": training.X,
        "train_y": training.y,
        "keep_training_rows": True,
    }


def later(count: int, *, seed: int = 0, drifted: bool = True) -> Table:
    """Penguins measured later: each a new bird near a known one; a new calliper reads bills longer and less deep."""
    source = penguins()[2]
    generator = np.random.default_rng(seed)
    drawn = source.take(generator.integers(len(source.y), size=count))
    X = drawn.X.copy()
    for name, spread in (
        ("bill_length_mm", 0.3),
        ("bill_depth_mm", 0.15),
        ("flipper_length_mm", 1),
        ("body_mass_g", 30),
    ):
        X[name] = (X[name] + generator.normal(0, spread, count)).round(2)
    if drifted:
        X["bill_length_mm"] += 7
        X["bill_depth_mm"] -= 2.5
    return Table(X, drawn.y)


class Production:
    """A version of a registry that answers requests, and the ledger that stores them."""

    def __init__(self, registry: Registry, client: Any, *, version: int = 1, table: str = TABLE) -> None:
        self.registry = registry
        self._table = table
        self._manifest, self._digest = registry.manifest("penguins", version)
        spec = self._manifest.engine
        self._engine = engines.load(spec, self._manifest.signature, registry.blob(self._manifest.blobs[spec.blob]))
        self.client = client
        self.ledger = Ledger(client, table)
        self._scorer = Scorer(self.ledger, KnownVersions(registry.objects))

    def run(
        self,
        table: Table,
        *,
        rows: int = 10,
        until: int = ASKED - HOUR,
        every: int = HOUR,
        by: Callable[[int], str] = lambda place: REPORTERS[place % 2],
        callers: int = 4,
        fields: Sequence[str] | None = None,
        actual: Callable[[int, Any], Any] = lambda _, value: value,
        scored: bool = False,
    ) -> list[str]:
        """Predict all rows and report their outcomes; return the requests.

        `rows` is by request. A request is sent every `every` ms, the last at `until`.

        With `scored` the ledger's items are put as the writers leave them: moto copies all tables for a transaction.
        """
        instances = to_rows(self._manifest.signature, table.X)
        starts = range(0, len(instances), rows)
        requests = []
        for place, start in enumerate(starts):
            at = until - (len(starts) - 1 - place) * every
            part = self._part(instances[start : start + rows], at, f"caller{place % callers}", fields)
            truths = [actual(start + row, table.y.iloc[start + row]) for row in range(len(part.rows))]
            if scored:
                self._put(part, outcomes(part.request, truths, at=at + HOUR // 2, by=by(place)))
            else:
                self._scorer.take([part])
                self.report(part.request, truths, at=at + HOUR // 2, by=by(place))
            requests.append(part.request)
        return requests

    def report(self, request: str, truths: Sequence[Any], *, at: int = ASKED, by: str = REPORTERS[0]) -> None:
        """Report outcomes of a request."""
        _, parts, kept = self.ledger.record_outcomes(outcomes(request, truths, at=at, by=by))
        self._scorer.score(pairs(parts, kept))

    def contradict(self, request: str, row: int) -> None:
        """Add the mark of a later report with another outcome."""
        self.client.update_item(
            TableName=self._table,
            Key=items.outcome_key(request, row),
            UpdateExpression="ADD conflicts :one",
            ExpressionAttributeValues={":one": {"N": "1"}},
        )

    def _put(self, part: Part, reported: list[Outcome]) -> None:
        expires, slot = part.at // 1000 + 90 * 86_400, slot_of(part.at)
        named = (part.model, part.version, slot)
        seen = items.seen_update(*named[:2], items.CAPTURED, slot, expires=expires)
        with suppress(self.client.exceptions.ConditionalCheckFailedException):  # a later slot is known
            self.client.update_item(TableName=self._table, **seen)
        put = [items.part_item(part, expires=expires)]
        mark = {"state": {"S": "scored"}, "slot": {"S": items.labelled_slot(*named)}}
        put += [items.outcome_item(one, expires=expires) | mark for one in reported]
        for start in range(0, len(put), 25):
            self.client.batch_write_item(
                RequestItems={self._table: [{"PutRequest": {"Item": item}} for item in put[start : start + 25]]}
            )
        counted = pages(items.window(part.model, part.version), slot, "Q", "0", {"outcomes": len(reported)})
        self.client.update_item(**counted[0].update(self._table, any_shard(), expires=expires))

    def _part(self, rows: list[tuple[Any, ...]], at: int, caller: str, fields: Sequence[str] | None) -> Part:
        answers = self._engine.answer(rows)
        names = [field.name for field in self._manifest.signature.inputs]
        kept = list(fields or names)
        return Part(
            request=str(uuid.uuid4()), at=at, model="penguins", version=self._manifest.version, release="5",
            digest=f"sha256:{self._digest}", caller=caller, first=0, of=len(rows), fields=tuple(kept),
            rows=[[row[names.index(name)] for name in kept] for row in rows],
            labels=answers.labels, probabilities=answers.probabilities,  # type: ignore[arg-type]  # list is invariant
        )  # fmt: skip


def outcomes(request: str, truths: Sequence[Any], *, at: int, by: str) -> list[Outcome]:
    """Reports on all rows of a request."""
    return [Outcome(request=request, row=row, actual=actual, at=at, by=by) for row, actual in enumerate(truths)]


def accuracy(registry: Registry, version: int, table: Table) -> float:
    """Return a version's accuracy."""
    manifest, _ = registry.manifest("penguins", version)
    engine = engines.load(manifest.engine, manifest.signature, registry.blob(manifest.blobs[manifest.engine.blob]))
    answered = engine.answer(to_rows(manifest.signature, table.X)).labels
    return float((pd.Series(answered) == pd.Series(list(table.y))).mean())
