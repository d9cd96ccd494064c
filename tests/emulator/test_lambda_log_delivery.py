"""Delivery of log lines in order, while the clock is held."""

import threading
from types import SimpleNamespace
from typing import Any

from fairlead_local.aws_variants import AwsVariants
from fairlead_local.lambda_runtime.log_delivery import LogDelivery
from fairlead_local.lambda_runtime.process_output import Line

VERSION: Any = SimpleNamespace(settings={"LoggingConfig": {"LogGroup": "group", "LogFormat": "Text"}})


class Logs:
    """CloudWatch Logs, as strict about the order of events as it is; busy until it is let go."""

    exceptions = SimpleNamespace(ResourceAlreadyExistsException=ValueError)

    def __init__(self) -> None:
        self.free = threading.Event()
        self.put: list[list[tuple[int, str]]] = []

    def create_log_group(self, **_: str) -> None:
        assert self.free.wait(10)

    def create_log_stream(self, **_: str) -> None:
        return

    def put_log_events(self, *, logEvents: list[dict[str, Any]], **_: str) -> None:
        times = [event["timestamp"] for event in logEvents]
        assert times == sorted(times), "Log events in a single PutLogEvents request must be in chronological order."
        self.put.append([(event["timestamp"], event["message"]) for event in logEvents])


def test_lines_queued_while_the_clock_is_held_are_in_order() -> None:
    """While the cloud's clock is held, its lead over the machine's clock shrinks."""
    logs, clock = Logs(), SimpleNamespace(offset=60.0)
    taken: list[str] = []
    shipper = LogDelivery({"logs": logs}, clock, lambda text, _: taken.append(text), AwsVariants())  # type: ignore[arg-type]  # stand-ins
    shipper.deliver(VERSION, "stream", [Line(1_000, "first")])
    for offset, line in ((60.0, Line(2_000, "second")), (59.9, Line(2_020, "third"))):
        clock.offset = offset
        shipper.deliver(VERSION, "stream", [line])
    logs.free.set()
    shipper.settle(10)
    shipper.stop()
    assert taken == ["first", "second", "third"]
    assert [one for some in logs.put for one in some][1:] == [(62_000, "second"), (62_000, "third")]
