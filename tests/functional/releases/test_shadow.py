"""Shadow reads only the quarters of an hour with requests, not every quarter of a month."""

from collections.abc import Iterator
from typing import Any

import msgspec

from fairlead.aws.release_client import ReleaseClient, ReleaseReply
from fairlead.drift.counters import SLOT, Counters
from fairlead.feedback.ledger import Outcome, Pair
from fairlead.feedback.ledger.reader import LedgerReader
from fairlead.model.release import Release
from fairlead.monitoring.shadow import shadowed
from fairlead.registry.store import Registry
from fairlead.telemetry.capture import Part
from tests import json_documents

END = 1_000_000
BUSY = (END - 2_000, END - 30, END - 1)
"""Slots in which the live release was asked; of the last but one it is known what came true."""


class Sparse(LedgerReader):
    """One request a busy slot."""

    def __init__(self) -> None:
        super().__init__(None, "")
        self.slots: list[int] = []

    def counted(self, model: str, version: int, start: int, end: int) -> Any:
        del model, version
        known = {slot: {"outcomes": 1} for slot in BUSY[1:2]}
        return Counters(clusters={f"{slot}_7": {"rows": 1} for slot in BUSY if start <= slot < end}), known

    def captured(self, model: str, version: int, start: int, end: int) -> Iterator[Part]:
        self.slots += range(start, end)
        yield from (part(model, version, slot) for slot in BUSY[::-1] if start <= slot < end)

    def labelled(self, model: str, version: int, start: int, end: int) -> Iterator[Pair]:
        self.slots += range(start, end)
        for slot in BUSY[1:2]:
            if start <= slot < end:
                told = part(model, version, slot)
                yield Pair(
                    part=told, position=0, outcome=Outcome(request=told.request, row=0, actual="no", at=0, by="a")
                )


class Same(ReleaseClient):
    """A release that says no to every row."""

    def post(self, path: str, body: bytes) -> ReleaseReply:
        del path
        rows = msgspec.json.decode(body)["instances"]
        shares = {"no": 1.0, "yes": 0.0}
        told = [{"id": f"x-{n}", "label": "no", "probabilities": shares} for n in range(len(rows))]
        return ReleaseReply(status=200, body=msgspec.json.encode({"predictions": told}), round_trip_ms=1)


def part(model: str, version: int, slot: int) -> Part:
    return Part(
        request=f"r{slot}", at=slot * SLOT * 1000, model=model, version=version, release="2", digest="d", caller="c",
        first=0, of=1, fields=("x",), rows=[[1.0]], labels=["no"],
    )  # fmt: skip


def test_a_month_without_requests_is_not_searched(registry: Registry) -> None:
    ledger = Sparse()
    digest = f"sha256:{registry.manifest('churn', 1)[1]}"
    candidate, live = (
        Release(release=number, model="churn", version=1, digest=digest, code_sha256="c", modified="")
        for number in ("3", "2")
    )
    found = shadowed(
        registry, ledger, candidate, live,
        ask=lambda release: Same(None, "", release), now=END * SLOT - 1, hours=720, most=100,
    )  # fmt: skip
    assert (found.shadow.rows, found.shadow.agreeing, found.shadow.comparison.rows) == (3, 3, 1)
    json_documents.check("shadow", found)
    assert ledger.slots == [BUSY[2], BUSY[1], BUSY[0], BUSY[1]]
