"""Writing the ledger: predictions, outcomes, and the marks and counters of scored pairs."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from fairlead.aws import clients
from fairlead.drift.counters import SLOT, Counters, slot_of
from fairlead.feedback.ledger import items
from fairlead.feedback.ledger.conflicts import better, contradiction, counted, holds, instead, rounds
from fairlead.feedback.ledger.counter_items import Counts, Page, pages
from fairlead.feedback.ledger.reader import AT_ONCE, LedgerReader
from fairlead.feedback.ledger.transactions import Settling, Write
from fairlead.model.answers import canonical
from fairlead.telemetry.capture import Part
from fairlead.telemetry.outcomes import Kept, Outcome, Pair, Result

DAY = 86_400

Tally = Callable[[Sequence[Part]], Counters]
Score = Callable[[Sequence[Pair]], Mapping[int, Counts]]
"""Returns the counters of pairs by slot, including those of unfit pairs."""


class Ledger(LedgerReader):
    """A ledger to write to. Items expire after `keep` days; `sleep` takes seconds."""

    def __init__(self, client: Any, table: str, *, keep: int = 90, sleep: Callable[[float], None] = time.sleep) -> None:
        super().__init__(client, table)
        self._keep = keep
        self._settling = Settling(client, table, sleep=sleep)
        self._said: set[tuple[str, int, str, int]] = set()

    def record_parts(self, parts: Sequence[Part], tally: Tally) -> list[Part]:
        """Store parts of one version and count their traffic; returns those that were not known before."""
        if not parts:
            return []
        model, version = parts[0].model, parts[0].version
        expires = self._expires(max(part.at for part in parts))

        def count(new: Sequence[Part]) -> list[Page]:
            pk = items.window(model, version)
            named = ((name.split("_"), counts) for name, counts in tally(new).clusters.items())
            return [page for (slot, group), counts in named for page in pages(pk, int(slot), "T", group, counts)]

        new = self._settling.settle([self._part(part, expires) for part in parts], count, expires=expires)
        for slot in {slot_of(part.at) for part in parts}:
            self._say(model, version, items.CAPTURED, slot)
        return new

    def record_outcomes(self, outcomes: Sequence[Outcome]) -> tuple[list[Result], list[Part], list[Kept]]:
        """Store outcomes of one request; returns their results, and the request's parts and outcomes for scoring.

        The first report of a row is kept, unless it proves invalid: then another replaces it. An equal report is a
        duplicate. A different report is a conflict, which is counted once and never stored.
        """
        with ThreadPoolExecutor(AT_ONCE) as pool:
            created = list(pool.map(self._create, outcomes))
        parts, kept = self.request(outcomes[0].request)
        if wanted := better([one for one, new in zip(outcomes, created, strict=True) if not new], kept):
            taken = self._replace(wanted, parts)
            created = [
                new or any(one is outcome for one in taken) for outcome, new in zip(outcomes, created, strict=True)
            ]
            parts, kept = self.request(outcomes[0].request)
        standing = {one.outcome.row: canonical(one.outcome.actual) for one in kept}
        results: list[Result] = []
        contradictions: list[Outcome] = []
        for outcome, new in zip(outcomes, created, strict=True):
            if new:
                results.append("recorded" if any(holds(part, outcome) for part in parts) else "accepted")
            elif standing.get(outcome.row) == canonical(outcome.actual):
                results.append("duplicate")
            else:
                contradictions.append(outcome)
                results.append("conflict")
        self._count_conflicts(contradictions, parts)
        return results, parts, kept

    def score(self, pairs: Sequence[Pair], fits: Callable[[Pair], bool], score: Score) -> list[Pair]:
        """Mark pairs of one version as scored, or as invalid if they do not fit, and count them.

        Returns the pairs that were not scored before: of concurrent writers only the first scores a pair.
        """
        if not pairs:
            return []
        first = pairs[0].part
        pk = items.window(first.model, first.version)

        def count(new: Sequence[Pair]) -> list[Page]:
            return [page for slot, counts in score(new).items() for page in pages(pk, slot, "Q", "0", counts)]

        writes = [self._mark(pair, valid=fits(pair)) for pair in pairs]
        # Before the pairs are settled: if it came after and failed, a retry would find no new pair to say it of.
        self._say(first.model, first.version, items.REPORTED, slot_of(max(pair.outcome.at for pair in pairs)))
        return self._settling.settle(writes, count, expires=self._expires(first.at))

    def _create(self, outcome: Outcome) -> bool:
        item = items.outcome_item(outcome, expires=self._expires(outcome.at))
        return self._put(item, "attribute_not_exists(pk)")

    def _replace(self, outcomes: Sequence[Outcome], parts: Sequence[Part]) -> list[Outcome]:
        """Replace invalid outcomes, which are then no longer counted; returns the outcomes that were stored."""
        expires = self._expires(max(outcome.at for outcome in outcomes))
        writes = [instead(outcome, self._table, expires=expires) for outcome in outcomes]
        return self._settling.settle(writes, lambda taken: counted("invalid", -1, taken, parts), expires=expires)

    def _count_conflicts(self, outcomes: Sequence[Outcome], parts: Sequence[Part]) -> None:
        """Count conflicts on the recorded outcomes, and in the version's counters if the version is known."""
        for some in rounds(outcomes):
            writes = [contradiction(outcome, self._table) for outcome in some]
            expires = self._expires(parts[0].at if parts else some[0].at)
            self._settling.settle(writes, lambda new: counted("conflicts", 1, new, parts), expires=expires)

    def _say(self, model: str, version: int, event: str, slot: int) -> None:
        """Store the latest slot of a version's event, once per process and slot."""
        said = (model, version, event, slot)
        if said not in self._said:
            update = items.seen_update(*said, expires=self._expires(slot * SLOT * 1000))
            self._write("UpdateItem", self._client.update_item, update)
            self._said.add(said)

    def _put(self, item: items.Item, condition: str) -> bool:
        return self._write("PutItem", self._client.put_item, {"Item": item, "ConditionExpression": condition})

    def _write(self, name: str, operation: Callable[..., Any], request: dict[str, Any]) -> bool:
        """Write an item; returns whether its condition held."""
        from botocore.exceptions import ClientError

        with clients.translated(f"write to the ledger {self._table} (dynamodb:{name})"):
            try:
                operation(TableName=self._table, **request)
            except ClientError as error:
                if clients.error_code(error) != "ConditionalCheckFailedException":
                    raise
                return False
        return True

    def _part(self, part: Part, expires: int) -> Write[Part]:
        item = items.part_item(part, expires=expires)
        put = {"TableName": self._table, "Item": item, "ConditionExpression": "attribute_not_exists(pk)"}
        return Write(part, {"Put": put}, len(item["body"]["B"]) + 500)

    def _mark(self, pair: Pair, *, valid: bool) -> Write[Pair]:
        part = pair.part
        values = {":pending": {"S": "pending"}, ":state": {"S": "scored" if valid else "invalid"}}
        if valid:
            values[":slot"] = {"S": items.labelled_slot(part.model, part.version, slot_of(part.at))}
        update = {
            "TableName": self._table,
            "Key": items.outcome_key(part.request, pair.outcome.row),
            "UpdateExpression": "SET #s = :state" + (", slot = :slot" if valid else ""),
            "ConditionExpression": "#s = :pending",
            "ExpressionAttributeNames": {"#s": "state"},
            "ExpressionAttributeValues": values,
        }
        return Write(pair, {"Update": update}, 500)

    def _expires(self, at: int) -> int:
        return at // 1000 + self._keep * DAY
