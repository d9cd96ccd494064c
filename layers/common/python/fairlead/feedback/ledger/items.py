"""DynamoDB items of the ledger: their keys and attributes."""

import zlib
from collections.abc import Mapping
from typing import Any

import msgspec

from fairlead.drift.counters import slot_of
from fairlead.errors import IntegrityError
from fairlead.model.answers import canonical
from fairlead.telemetry import capture
from fairlead.telemetry.capture import Part
from fairlead.telemetry.outcomes import Actual, Kept, Outcome

Item = dict[str, dict[str, Any]]
Key = dict[str, dict[str, str]]

SEEN = "S"
"""Partition key of the items that list the captured versions."""
CAPTURED, REPORTED = "latest", "reported"
"""Attributes of these items: the last slot in which a version was captured, and in which its outcomes were reported."""


def part_item(part: Part, *, expires: int) -> Item:
    """Return the item of a part; its body is compressed, because rows repeat their values."""
    slot = slot_of(part.at)
    return {
        **_key(part.request, f"P#{part.first:07d}"),
        "slot": {"S": f"P#{part.model}#{part.version}#{slot}"},
        "body": {"B": zlib.compress(msgspec.json.encode(part), 1)},
        "expires": {"N": str(expires)},
    }


def part_of(item: Mapping[str, Any]) -> Part:
    """Return the part of an item; raises IntegrityError."""
    try:
        return capture.decode(zlib.decompress(item["body"]["B"]))
    except (msgspec.MsgspecError, zlib.error, KeyError) as error:
        raise IntegrityError(f"the ledger holds a malformed part of {item['pk']['S']}: {error}") from error


def outcome_item(outcome: Outcome, *, expires: int) -> Item:
    """Return the item of a new outcome."""
    return {
        **outcome_key(outcome.request, outcome.row),
        "actual": {"S": canonical(outcome.actual)},
        "at": {"N": str(outcome.at)},
        "by": {"S": outcome.by},
        "comment": {"S": outcome.comment},
        "state": {"S": "pending"},
        "conflicts": {"N": "0"},
        "expires": {"N": str(expires)},
    }


def kept_of(item: Mapping[str, Any]) -> Kept:
    """Return the outcome of an item, with its state."""
    outcome = Outcome(
        request=item["pk"]["S"],
        row=int(item["sk"]["S"][2:]),
        actual=msgspec.json.decode(item["actual"]["S"], type=Actual),
        at=int(item["at"]["N"]),
        by=item["by"]["S"],
        comment=item["comment"]["S"],
    )
    return Kept(outcome=outcome, state=item["state"]["S"], conflicts=int(item["conflicts"]["N"]))


def seen_update(model: str, version: int, event: str, slot: int, *, expires: int) -> dict[str, Any]:
    """Return the parameters of UpdateItem that set the last slot of an event, CAPTURED or REPORTED."""
    return {
        "Key": _key(SEEN, f"{model}#{version}"),
        "UpdateExpression": "SET #event = :slot, expires = :expires",
        "ConditionExpression": "attribute_not_exists(#event) OR #event < :slot",
        "ExpressionAttributeNames": {"#event": event},
        "ExpressionAttributeValues": {":slot": {"N": str(slot)}, ":expires": {"N": str(expires)}},
    }


def outcome_key(request: str, row: int) -> Key:
    """Return the key of an outcome."""
    return _key(request, f"O#{row:07d}")


def labelled_slot(model: str, version: int, slot: int) -> str:
    """Return the index key of a slot's scored outcomes."""
    return f"L#{model}#{version}#{slot}"


def captured_slot(model: str, version: int, slot: int) -> str:
    """Return the index key of a slot's parts."""
    return f"P#{model}#{version}#{slot}"


def window(model: str, version: int) -> str:
    """Return the partition key of a version's counters."""
    return f"W#{model}#{version}"


def _key(pk: str, sk: str) -> Key:
    return {"pk": {"S": pk}, "sk": {"S": sk}}
