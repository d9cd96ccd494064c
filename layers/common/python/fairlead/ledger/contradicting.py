"""Reports that say otherwise than an earlier one: a conflict where that stands, its successor where it is invalid."""

from collections.abc import Sequence

from fairlead.capture import Part
from fairlead.ledger import items
from fairlead.ledger.counting import Page, pages
from fairlead.ledger.facts import Kept, Outcome
from fairlead.ledger.settling import Write


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
