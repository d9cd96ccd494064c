"""Conflicting outcome reports: counted where an earlier one stands, its successor where that is invalid.

A conflict counts once however often it is sent: the outcome's item keeps a digest of each other outcome of its row.
"""

import hashlib
from collections.abc import Iterator, Sequence

from fairlead.feedback.ledger import items
from fairlead.feedback.ledger.counter_items import Page, pages
from fairlead.feedback.ledger.transactions import Write
from fairlead.telemetry.capture import Part
from fairlead.telemetry.outcomes import Kept, Outcome

MOST = 20
"""Other outcomes of one row that are counted; what comes after them adds nothing."""


def holds(part: Part, outcome: Outcome) -> bool:
    """Say whether an outcome of the part's request is one of its rows'."""
    return part.first <= outcome.row < part.first + len(part.rows)


def counted(name: str, each: int, outcomes: Sequence[Outcome], parts: Sequence[Part]) -> list[Page]:
    """Spell what outcomes of a request add to a counter of its version; those of no known part add nothing."""
    found = []
    for part in parts:
        amount = each * sum(holds(part, outcome) for outcome in outcomes)
        found += pages(items.window(part.model, part.version), items.slot_of(part.at), "Q", "0", {name: amount})
    return found


def better(outcomes: Sequence[Outcome], kept: Sequence[Kept]) -> list[Outcome]:
    """Return the outcomes that say otherwise than an invalid one, the first of each row."""
    wrong = {one.outcome.row: items.spelled(one.outcome.actual) for one in kept if one.state == "invalid"}
    found: dict[int, Outcome] = {}
    for outcome in outcomes:
        if wrong.get(outcome.row) not in {None, items.spelled(outcome.actual)}:
            found.setdefault(outcome.row, outcome)
    return list(found.values())


def rounds(outcomes: Sequence[Outcome]) -> Iterator[list[Outcome]]:
    """Yield outcomes that differ, each row once in a round: a transaction takes each item once."""
    rows: dict[int, dict[str, Outcome]] = {}
    for outcome in outcomes:
        rows.setdefault(outcome.row, {}).setdefault(items.spelled(outcome.actual), outcome)
    for place in range(MOST):
        if found := [list(said.values())[place] for said in rows.values() if len(said) > place]:
            yield found


def contradiction(outcome: Outcome, table: str) -> Write[Outcome]:
    """Spell that an outcome contradicts the one of its row that stands, which counts once."""
    digest = hashlib.sha256(items.spelled(outcome.actual).encode()).hexdigest()[:16]
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
    """Spell that an outcome takes the place of the invalid one of its row."""
    item = items.outcome_item(outcome, expires=expires)
    put = {
        "TableName": table,
        "Item": item,
        "ConditionExpression": "#s = :invalid",
        "ExpressionAttributeNames": {"#s": "state"},
        "ExpressionAttributeValues": {":invalid": {"S": "invalid"}},
    }
    return Write(outcome, {"Put": put}, 500 + len(outcome.comment) + len(item["actual"]["S"]))
