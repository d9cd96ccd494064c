"""Measures the feedback function's CPU time, from CloudWatch's delivery to DynamoDB's calls, in events a second.

It covers all work but the network: unpacking, decoding, checks against the version, counting, grouping into
transactions. The fake database accepts every write and holds no outcomes, as for most requests when they are captured.
"""

import base64
import gzip
import json
import time
import uuid
from collections.abc import Iterator, Sequence
from itertools import count, islice
from typing import Any, NamedTuple

from benchmarks import models
from benchmarks.options import parser
from fairlead.api.instances import RequestReader
from fairlead.feedback.dead_letters import DeadLetters
from fairlead.feedback.ledger import Ledger
from fairlead.feedback.log_delivery import Collector
from fairlead.feedback.score import Scorer
from fairlead.feedback.versions import KnownVersions
from fairlead.model.answers import Answers
from fairlead.model.digest import prefixed
from fairlead.telemetry.capture import Capture, CapturedAnswer, CapturedRequest, pseudonym

EVENTS = (1_000, 10_000, 100_000)
DELIVERY = 500
"""Events of one delivery: about a megabyte of log, the largest batch of CloudWatch Logs."""
CALLERS = 40
START = 1_795_435_200_000
LOG_GROUP = "/aws/lambda/fairlead-predict"


class Speed(NamedTuple):
    """CPU seconds of so many events."""

    events: int
    seconds: float

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.events / self.seconds


class Nowhere:
    """A DynamoDB that stores nothing and accepts every call."""

    def __init__(self) -> None:
        self.transactions = 0
        self.writes = 0

    def transact_write_items(self, TransactItems: list[Any]) -> None:
        self.transactions += 1
        self.writes += len(TransactItems)

    def update_item(self, **_: Any) -> None:
        pass

    def get_paginator(self, _: str) -> "Nowhere":
        return self

    def paginate(self, **_: Any) -> list[dict[str, Any]]:
        return [{"Items": []}]


def measure(most: Sequence[int] = EVENTS) -> Iterator[Speed]:
    """Measure growing numbers of events, each with the empty caches of a fresh process."""
    case = models.case("forest of 100 trees")
    for events in most:
        collector = Collector(
            Scorer(Ledger(Nowhere(), "ledger"), KnownVersions(case.objects)),
            DeadLetters(None, "dead-letters"),
            sources={LOG_GROUP},
            own="",
        )
        seconds = 0.0
        for delivery in deliveries(case, events):
            started = time.process_time()
            taken = collector.take(delivery)
            seconds += time.process_time() - started
            assert taken.captured == DELIVERY, taken
        yield Speed(events, seconds)


def deliveries(case: models.Case, events: int) -> Iterator[dict[str, Any]]:
    """Requests of one row by CALLERS callers, ten a second."""
    lines = _lines(case)
    for _ in range(0, events, DELIVERY):
        yield packed(list(islice(lines, DELIVERY)))


def packed(lines: list[str]) -> dict[str, Any]:
    """A delivery of these captured lines, as CloudWatch Logs sends it."""
    log = [
        {"id": f"{place:056d}", "timestamp": json.loads(line)["at"], "message": line}
        for place, line in enumerate(lines)
    ]
    document = {"messageType": "DATA_MESSAGE", "logGroup": LOG_GROUP, "logStream": "[2]", "logEvents": log}
    return {"awslogs": {"data": base64.b64encode(gzip.compress(json.dumps(document).encode(), 1)).decode()}}


def _lines(case: models.Case) -> Iterator[str]:
    """The captured lines of requests for the held-out rows, over and over, as their version answers them."""
    facts = case.published.manifest
    capture = Capture(facts.signature)
    rows = RequestReader(facts.signature).rows(case.body(len(case.instances)))
    shares = case.estimator.predict_proba(rows).tolist()
    labels = case.estimator.predict(rows).tolist()
    identity = {"model": facts.model, "version": facts.version, "digest": prefixed(case.published.sha256)}
    for place in count():
        row = place % len(rows)
        name, caller = str(uuid.UUID(int=place)), pseudonym(str(place % CALLERS), "key")
        asked = CapturedRequest(request=name, at=START + 100 * place, caller=caller, rows=[rows[row]])
        answers = Answers(labels=[labels[row]], probabilities=[shares[row]])
        yield from capture.lines(asked, CapturedAnswer(identity={**identity, "release": "2"}, answers=answers))


def main(arguments: Sequence[str] | None = None) -> None:
    asked = parser(__doc__).parse_args(arguments)
    print("| captured events | CPU s | events/s |\n|--:|--:|--:|")
    for speed in measure((DELIVERY,) if asked.smallest else EVENTS):
        print(f"| {speed.events:,} | {speed.seconds:.2f} | {speed.rate:,.0f} |", flush=True)


if __name__ == "__main__":
    main()
