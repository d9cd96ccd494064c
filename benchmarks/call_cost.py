"""Cost of a prediction: log bytes, requests and ledger writes of a real call, at the prices of `fairlead.prices`.

The predict function runs with real proxy events and its log is caught. The captured lines go through the real feedback
code into a moto table, which says what was written. Lambda's and API Gateway's own lines are counted by their
documented shapes. `python -m benchmarks.call_cost` prints the tables of docs/reference/performance.md.
"""

import json
import os
import re
import subprocess
import sys
from collections.abc import Sequence
from math import ceil
from typing import Any, NamedTuple

import boto3
from moto import mock_aws

from benchmarks import models
from benchmarks.feedback import LOG_GROUP, packed
from benchmarks.idle_cost import TEMPLATE
from benchmarks.options import parser
from fairlead import prices
from fairlead.feedback.ledger import Ledger
from fairlead.feedback.log_delivery import Collector
from fairlead.feedback.score import Scorer
from fairlead.feedback.versions import KnownVersions
from fairlead_local.cloudformation import templates
from testkit.lambda_context import event
from testkit.ledger_table import create_table

MODEL = "logistic regression"
REQUEST_ID = "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
DELIVERY_SECONDS = 0.1
"""Seconds that the feedback function is assumed to run for a delivery."""
BUSY = 100
"""Calls that share a delivery in a busy minute; in a quiet one each has its own."""
WARM = """
import json, sys, time
from functions.predict.app import handler
from testkit.lambda_context import context
event = json.load(sys.stdin)
handler(event, context())
started = time.process_time()
for _ in range(50):
    handler(event, context())
milliseconds = (time.process_time() - started) * 20
print("WARM", milliseconds)
assert handler(event, context())["statusCode"] == 200
"""
"""A process as Lambda starts it: its second call is warm."""
TRACE = {
    "spanId": "54565fb41ac79632",
    "type": "X-Amzn-Trace-Id",
    "value": "Root=1-62e900b2-710d76f009d6e7785905449a;Parent=0efbd19962d95b05;Sampled=1",
}


class Written(NamedTuple):
    """Write units and read units of DynamoDB for a delivery."""

    writes: float
    reads: float


class Call(NamedTuple):
    """One warm call: bytes of log by origin, CPU milliseconds of the function, and what the ledger was asked.

    CPU, because the wall time is the machine's. Lambda bills whole milliseconds.
    """

    rows: int
    request: int
    captured: int
    platform: int
    access: int
    milliseconds: float
    quiet: Written
    busy: Written

    def log_bytes(self, *, captured: bool) -> int:
        """Bytes in predict's log group."""
        return self.request + self.platform + (self.captured if captured else 0)


def measure(rows: int, *, traced: bool = False) -> Call:
    """Make a call of so many rows, warm."""
    case = models.case(MODEL)
    lines, milliseconds = _called(case, rows)
    captured = [line for line in lines if '"event":"capture"' in line]
    return Call(
        rows=rows,
        request=_size([line for line in lines if line not in captured]),
        captured=_size(captured),
        platform=_size(platform_lines(traced=traced)),
        access=_size([access_line()]),
        milliseconds=milliseconds,
        quiet=written(case, [captured]),
        busy=Written(*(amount / BUSY for amount in written(case, [captured] * BUSY))),
    )


def _size(lines: list[str]) -> int:
    return sum(len(line.encode()) for line in lines)


def _called(case: models.Case, rows: int) -> tuple[list[str], float]:
    """Return the lines of one warm call that is captured, and the mean of fifty in milliseconds of CPU."""
    settings = {"FAIRLEAD_CAPTURE_RATE": "1", "FAIRLEAD_PSEUDONYM_KEY": "key", "PYTHONPATH": os.pathsep.join(sys.path)}
    with models.loopback_s3(case.objects) as endpoint:
        done = subprocess.run(
            [sys.executable, "-c", WARM],
            input=json.dumps(event("predict", body=case.body(rows))),
            env=case.env(endpoint) | settings,
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
    milliseconds, *lines = done.stdout.partition("WARM ")[2].splitlines()
    return lines, float(milliseconds)


def platform_lines(*, traced: bool) -> list[str]:
    """Return Lambda's own lines about a warm call in the JSON format, at the level INFO.

    https://docs.aws.amazon.com/lambda/latest/dg/telemetry-schema-reference.html
    """
    tracing = {"tracing": TRACE} if traced else {}
    used = {"durationMs": 12.345, "billedDurationMs": 13, "memorySizeMB": 1769, "maxMemoryUsedMB": 187}
    records = {
        "platform.start": {"requestId": REQUEST_ID, "version": "14", **tracing},
        "platform.report": {"requestId": REQUEST_ID, "metrics": used, **tracing, "status": "success"},
    }
    return [
        json.dumps({"time": "2026-11-28T12:00:00.000Z", "type": kind, "record": record}, separators=(",", ":"))
        for kind, record in records.items()
    ]


def access_line() -> str:
    """Return API Gateway's line about a call, in the template's format with values of usual lengths."""
    form = templates.parse(TEMPLATE.read_text())["Resources"]["Api"]["Properties"]["AccessLogSetting"]["Format"]
    sizes = {"requestId": 36, "requestTime": 26, "userArn": 60, "sourceIp": 13, "xrayTraceId": 1, "path": 13}
    return re.sub(r"\$context\.(?:\w+\.)*(\w+)", lambda found: "x" * sizes.get(found[1], 4), form)


def written(case: models.Case, calls: list[list[str]]) -> Written:
    """Return what one delivery of these calls' captured lines writes and reads, transactions twice."""
    units = {"writes": 0.0, "reads": 0.0}
    with mock_aws():
        client = boto3.client("dynamodb", "us-east-1")
        create_table(client, "ledger")
        touched: list[tuple[dict[str, Any], int]] = []

        def note(params: dict[str, Any], model: Any, **_: Any) -> None:
            if model.name == "Query":
                units["reads"] += 1
            touched.extend(_touched(model.name, params))

        client.meta.events.register("provide-client-params.dynamodb", note)
        collector = Collector(
            Scorer(Ledger(client, "ledger"), KnownVersions(case.objects)),
            None,  # type: ignore[arg-type]  # no line is refused
            sources={LOG_GROUP},
            own="",
        )
        taken = collector.take(packed(_renamed(calls)))
        assert taken.captured == sum(map(len, calls)), taken
        for key, times in touched:
            item = client.get_item(TableName="ledger", Key=key)["Item"]
            units["writes"] += times * ceil(_item_bytes(item) / 1024) + ("slot" in item)
    return Written(**units)


def _renamed(calls: list[list[str]]) -> list[str]:
    """Return the lines with a request id of its own for each call."""
    return [
        line.replace(REQUEST_ID, f"{number:08x}{REQUEST_ID[8:]}") for number, call in enumerate(calls) for line in call
    ]


def _touched(operation: str, params: dict[str, Any]) -> list[tuple[dict[str, Any], int]]:
    """Return the keys that an operation writes, and how often each counts."""
    if operation == "UpdateItem":
        return [(_key(params["Key"]), 1)]
    actions = params.get("TransactItems", []) if operation == "TransactWriteItems" else []
    return [(_key(one["Put"]["Item"] if "Put" in one else one["Update"]["Key"]), 2) for one in actions]


def _key(item: dict[str, Any]) -> dict[str, Any]:
    return {"pk": item["pk"], "sk": item["sk"]}


def _item_bytes(item: dict[str, Any]) -> int:
    """Return an item's size as DynamoDB counts it; numbers at their length in text, which is more than they take."""
    return sum(len(name) + len(text) for name, value in item.items() for text in value.values())


def dollars(call: Call, *, captured: bool, busy: bool = False, traced: bool = False) -> dict[str, float]:
    """Return dollars for a million calls, by what they are paid for."""
    memory = templates.parse(TEMPLATE.read_text())["Parameters"]["MemorySize"]["Default"] / 1024
    second = prices.GIGABYTE_SECOND["x86_64"]
    found = {
        "API Gateway": prices.API_REQUEST,
        "Lambda, predict": prices.INVOCATION + ceil(call.milliseconds) / 1000 * memory * second,
        "logs of predict": call.log_bytes(captured=captured) * prices.LOG_BYTE,
        "access log": call.access * prices.LOG_BYTE,
    }
    if captured:
        ledger, share = (call.busy, BUSY) if busy else (call.quiet, 1)
        found["ledger"] = ledger.writes * prices.WRITE_UNIT + ledger.reads * prices.READ_UNIT
        found["Lambda, feedback"] = (prices.INVOCATION + DELIVERY_SECONDS * second) / share
    if traced:
        found["X-Ray"] = prices.TRACE
    return {name: amount * 1e6 for name, amount in found.items()}


def main(arguments: Sequence[str] | None = None) -> None:
    """Print bytes and dollars."""
    parser(__doc__).parse_args(arguments)
    calls = [measure(rows) for rows in (1, 100)]
    print(
        "| rows of a call | request line | platform lines | captured lines | access line | ledger writes, reads ",
        end="",
    )
    print("| among 100 calls of a delivery |\n|--:|--:|--:|--:|--:|--:|--:|")
    for call in calls:
        print(f"| {call.rows} | {call.request:,} | {call.platform} | {call.captured:,} | {call.access} ", end="")
        print(f"| {call.quiet.writes:g}, {call.quiet.reads:g} | {call.busy.writes:.2f}, {call.busy.reads:.2f} |")
    print(f"\nDollars for a million calls at list prices of {prices.AS_OF}:\n")
    ways: dict[str, dict[str, bool]] = {
        "not captured": {"captured": False},
        "captured, each call a delivery": {"captured": True},
        "captured, 100 calls a delivery": {"captured": True, "busy": True},
        "not captured, traced": {"captured": False, "traced": True},
    }
    for call in calls:
        for name, way in ways.items():
            found = dollars(call, **way)
            parts = ", ".join(f"{what} {amount:.2f}" for what, amount in found.items())
            print(f"| {call.rows} | {name} | {sum(found.values()):.2f} | {parts} |")


if __name__ == "__main__":
    main()
