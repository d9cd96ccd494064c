"""Conflicting outcome reports: counted, or replacing a report that proved invalid.

A conflict is counted once, however often it is sent: the outcome's item keeps a digest of each conflicting outcome.
"""

import hashlib
from collections.abc import Iterator, Sequence

from fairlead.drift.counters import slot_of
from fairlead.feedback.ledger import items
from fairlead.feedback.ledger.counter_items import Page, pages
from fairlead.feedback.ledger.transactions import Write
from fairlead.model.answers import canonical
from fairlead.telemetry.capture import Part
from fairlead.telemetry.outcomes import Kept, Outcome

MOST = 20
"""Conflicting outcomes of one row that are counted; further ones are ignored."""


def holds(part: Part, outcome: Outcome) -> bool:
    """Return whether the part holds the row of an outcome of its request."""
    return part.first <= outcome.row < part.first + len(part.rows)


def counted(name: str, each: int, outcomes: Sequence[Outcome], parts: Sequence[Part]) -> list[Page]:
    """Return the counter updates of a request's outcomes; outcomes without a known part add nothing."""
    found = []
    for part in parts:
        amount = each * sum(holds(part, outcome) for outcome in outcomes)
        found += pages(items.window(part.model, part.version), slot_of(part.at), "Q", "0", {name: amount})
    return found


def better(outcomes: Sequence[Outcome], kept: Sequence[Kept]) -> list[Outcome]:
    """Return the outcomes that differ from an invalid one, the first of each row."""
    wrong = {one.outcome.row: canonical(one.outcome.actual) for one in kept if one.state == "invalid"}
    found: dict[int, Outcome] = {}
    for outcome in outcomes:
        if wrong.get(outcome.row) not in {None, canonical(outcome.actual)}:
            found.setdefault(outcome.row, outcome)
    return list(found.values())


def rounds(outcomes: Sequence[Outcome]) -> Iterator[list[Outcome]]:
    """Yield batches of distinct outcomes with each row once: a transaction may name each item only once."""
    rows: dict[int, dict[str, Outcome]] = {}
    for outcome in outcomes:
        rows.setdefault(outcome.row, {}).setdefault(canonical(outcome.actual), outcome)
    for place in range(MOST):
        if found := [list(said.values())[place] for said in rows.values() if len(said) > place]:
            yield found


def contradiction(outcome: Outcome, table: str) -> Write[Outcome]:
    """Return the write that counts a conflict on the recorded outcome of its row, once."""
    digest = hashlib.sha256(canonical(outcome.actual).encode()).hexdigest()[:16]
    update = {
        "TableName": table,
        "Key": items.outcome_key(outcome.request, outcome.row),
        "UpdateExpression": "ADD conflicts :one, contradictions :said",
        "ConditionExpression": "attribute_not_exists(contradictions)"
        " OR (NOT contains(contradictions, :this) AND size(contradictions) < :most)",
        "ExpressionAttributeValues": {
            ":one": {"N": "1"},
            ":said": {"SS": [digest]},
            ":this": {"S": digest},
            ":most": {"N": str(MOST)},
        },
    }
    return Write(outcome, {"Update": update}, 500)


def instead(outcome: Outcome, table: str, *, expires: int) -> Write[Outcome]:
    """Return the write that replaces the invalid outcome of a row."""
    item = items.outcome_item(outcome, expires=expires)
    put = {
        "TableName": table,
        "Item": item,
        "ConditionExpression": "#s = :invalid",
        "ExpressionAttributeNames": {"#s": "state"},
        "ExpressionAttributeValues": {":invalid": {"S": "invalid"}},
    }
    return Write(outcome, {"Put": put}, 500 + len(outcome.comment) + len(item["actual"]["S"]))
