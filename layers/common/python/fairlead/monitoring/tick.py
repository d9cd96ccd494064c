"""One run of the monitor function: publishes gauges, and calls the responder again for alarms that stay in ALARM.

CloudWatch runs an alarm's action once, when its state changes. If the responder could not act then ("too few
outcomes", "cooling down"), it would never act while the alarm lasts. So each run calls it again after a cool-down.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import msgspec

from fairlead.aws import clients
from fairlead.aws.cloudwatch_alarms import Alarms, AlarmState
from fairlead.aws.lambda_function import PredictFunction
from fairlead.drift.counters import SLOT
from fairlead.errors import FairleadError
from fairlead.feedback.ledger.reader import CapturedVersion
from fairlead.monitoring.gauges import gauges
from fairlead.monitoring.label_delay import LONGEST
from fairlead.monitoring.reader import ViewReader
from fairlead.monitoring.views import View
from fairlead.settings import Monitoring
from fairlead.telemetry import emit

LIVE = "live"
OWN = {"service": "monitor"}
"""Dimensions of the gauges that alarms watch, which are the live version's."""
MOST_FINDINGS = 25
"""Drift findings, and broken inputs, in one log line, so that Lambda does not split it."""


class Ticker:
    """Runs the monitor once; `client` is a boto3 Lambda client, which invokes the responder."""

    def __init__(
        self, here: Monitoring, view_reader: ViewReader, function: PredictFunction, alarms: Alarms, client: Any
    ) -> None:
        self._here = here
        self._view_reader = view_reader
        self._function = function
        self._alarms = alarms
        self._client = client

    def tick(self, at: datetime) -> dict[str, int]:
        """Publish gauges, then call the responder again; returns the counts of views and of alarms sent.

        One version's failure does not stop the rest; the first error is raised at the end.
        """
        failures: list[FairleadError] = []
        views = list(self._views(at, failures))
        emitted = {name for view in views for name in _emit(view)}
        again: list[str] = []
        with _held(failures):
            again = self._put_again(at, emitted)
        if failures:
            raise failures[0]
        return {"versions": len(views), "put_again": len(again)}

    def _views(self, at: datetime, failures: list[FairleadError]) -> Iterator[View]:
        """Yield the view of every version that answered in the window, and of the live one, unless nothing is new."""
        live: tuple[str | None, int] = (None, 0)
        models: dict[str, list[CapturedVersion]] = {}
        with _held(failures):
            live = self._live()
        with _held(failures):
            models = self._view_reader.models()
        for model, seen in models.items():
            if not any(self._fresh(one, at, LONGEST) for one in seen):
                continue
            with _held(failures):
                window = self._view_reader.window(model, seen, at.timestamp())
                fresh = {one.version for one in seen if self._fresh(one, at, window.delay or 0)}
                for version in sorted({*window.busy, *([live[1]] if live[0] == model else [])} & fresh):
                    with _held(failures):
                        yield self._view_reader.view(window, version, live=(model, version) == live)

    def _fresh(self, seen: CapturedVersion, at: datetime, delay: int) -> bool:
        """Return whether a version was called, or an outcome reported, so lately that its gauges are still written.

        CloudWatch bills a gauge by the hour in which it gets data. From the time when the last outcomes are expected,
        `delay` hours later, there must be enough runs for each alarm, and for one more call of the responder.
        """
        end = (max(seen.slot, seen.reported) + 1) * SLOT + delay * 3600
        return at.timestamp() - end <= max(2 * self._here.cool_down, (self._here.looks + 1) * self._here.tick)

    def _live(self) -> tuple[str | None, int]:
        release = self._function.release(self._function.alias(LIVE).version)
        return release.model, release.version

    def _put_again(self, at: datetime, emitted: set[str]) -> list[str]:
        """Send alarms whose cool-down ended at this run to the responder again; returns their names.

        An alarm without data keeps its state, even if the live version has changed since. So an alarm is sent only if
        the gauge that it watches was published at this run.
        """
        if not self._here.respond:
            return []
        standing = self._alarms.calling(self._here.respond)
        known = [alarm for alarm in standing if emitted.issuperset(alarm.gauges(emit.NAMESPACE, OWN))]
        due = [alarm for alarm in known if self._due(alarm, at)]
        for alarm in due:
            with clients.translated(f"send alarm {alarm.name} to the responder (lambda:InvokeFunction)"):
                self._client.invoke(
                    FunctionName=self._here.respond,
                    InvocationType="Event",
                    Payload=msgspec.json.encode(alarm.event(at)),
                )
            emit.logger.info("alarm sent to the responder again", alarm=alarm.name, since=alarm.since.isoformat())
        return [alarm.name for alarm in due]

    def _due(self, alarm: AlarmState, at: datetime) -> bool:
        return due(alarm.since.timestamp(), at.timestamp(), tick=self._here.tick, cool_down=self._here.cool_down)


def due(since: float, at: float, *, tick: int, cool_down: int) -> bool:
    """Return whether a cool-down, counted from `since` on, ended between the previous run and this one.

    All arguments are in seconds. Runs start slightly early or late, so both are rounded to a whole interval. No state
    is kept.
    """
    now = round(at / tick) * tick
    rests, before = (now - since) // cool_down, (now - tick - since) // cool_down
    return rests >= 1 and rests > before


@contextmanager
def _held(failures: list[FairleadError]) -> Iterator[None]:
    try:
        yield
    except FairleadError as error:
        emit.logger.error("monitoring failed in part", code=error.code, reason=str(error))
        failures.append(error)


def _emit(view: View) -> set[str]:
    """Publish a version's gauges and log its view in one line; returns the names of the live version's gauges."""
    found = gauges(view)
    for one in found:
        emit.gauged(one.values, one.dimensions)
    facts = msgspec.to_builtins(view)
    if view.judged:
        facts["judged"]["findings"] = facts["judged"]["findings"][:MOST_FINDINGS]
    if view.broken:
        facts["broken"] = facts["broken"][:MOST_FINDINGS]
    emit.logger.info("monitored", **facts)
    return {name for one in found if not one.dimensions for name in one.values}
