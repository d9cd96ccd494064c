"""The clock's tick: counters become gauges, and alarms that still stand are put to respond again.

CloudWatch runs an alarm's actions when its state changes, once. What respond could not decide then ("too few outcomes",
"cooling down") would stay undecided while the alarm stands; so the tick asks again, at rests of its own.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import msgspec

from fairlead.aws import clients
from fairlead.aws.cloudwatch_alarms import Alarms, Standing
from fairlead.aws.lambda_function import PredictFunction
from fairlead.errors import FairleadError
from fairlead.feedback.ledger.reader import Seen
from fairlead.monitoring.gauges import COUNTS, gauges
from fairlead.monitoring.reader import Looker
from fairlead.monitoring.views import View
from fairlead.settings import Monitoring
from fairlead.telemetry import emit

LIVE = "live"
NAMESPACE = "Fairlead"
OWN = {"service": "monitor"}
"""Of the gauges that alarms watch: those of what is live."""
MOST_FINDINGS = 25
"""Findings of drift, and broken inputs, in a log line, which must stay far below what Lambda splits."""


class Ticker:
    """What happens at each tick; `client` is boto3's for Lambda, which puts alarms to respond."""

    def __init__(
        self, here: Monitoring, looker: Looker, function: PredictFunction, alarms: Alarms, client: Any
    ) -> None:
        self._here = here
        self._looker = looker
        self._function = function
        self._alarms = alarms
        self._client = client

    def tick(self, at: datetime) -> dict[str, int]:
        """Do both; what one version fails on does not hold up the others. Then the first failure is raised."""
        failures: list[FairleadError] = []
        views = list(self._views(at, failures))
        told = {name for view in views for name in _tell(view)}
        again: list[str] = []
        with _held(failures):
            again = self._put_again(at, told)
        if failures:
            raise failures[0]
        emit.gauged({"Ticks": 1}, {}, counts=frozenset({"Ticks"}))
        return {"versions": len(views), "put_again": len(again)}

    def _views(self, at: datetime, failures: list[FairleadError]) -> Iterator[View]:
        """See every version that answered lately, and what is live."""
        live: tuple[str | None, int] = (None, 0)
        models: dict[str, list[Seen]] = {}
        with _held(failures):
            live = self._live()
        with _held(failures):
            models = self._looker.models()
        for model, seen in models.items():
            with _held(failures):
                window = self._looker.window(model, seen, at.timestamp())
                for version in sorted({*window.busy, *([live[1]] if live[0] == model else [])}):
                    with _held(failures):
                        yield self._looker.view(window, version, live=(model, version) == live)

    def _live(self) -> tuple[str | None, int]:
        release = self._function.release(self._function.alias(LIVE).version)
        return release.model, release.version

    def _put_again(self, at: datetime, told: set[str]) -> list[str]:
        """Put standing alarms to respond whose rest is over at this tick; returns their names.

        An alarm without data keeps its state, also when what is live has changed since: it is put again only where the
        gauge that it watches was told at this tick.
        """
        if not self._here.respond:
            return []
        standing = self._alarms.calling(self._here.respond)
        known = [alarm for alarm in standing if told.issuperset(alarm.gauges(NAMESPACE, OWN))]
        due = [alarm for alarm in known if self._due(alarm, at)]
        for alarm in due:
            with clients.translated(f"put alarm {alarm.name} to respond (lambda:InvokeFunction)"):
                self._client.invoke(
                    FunctionName=self._here.respond,
                    InvocationType="Event",
                    Payload=msgspec.json.encode(alarm.event(at)),
                )
            emit.logger.info("put to respond again", alarm=alarm.name, since=alarm.since.isoformat())
        return [alarm.name for alarm in due]

    def _due(self, alarm: Standing, at: datetime) -> bool:
        return due(alarm.since.timestamp(), at.timestamp(), tick=self._here.tick, cool_down=self._here.cool_down)


def due(since: float, at: float, *, tick: int, cool_down: int) -> bool:
    """Say whether a rest that began at `since`, or a later one, ended between the tick before and this one.

    Ticks come a little early and late, so both are taken to the nearest whole one; nothing need be remembered.
    """
    now = round(at / tick) * tick
    rests, before = (now - since) // cool_down, (now - tick - since) // cool_down
    return rests >= 1 and rests > before


@contextmanager
def _held(failures: list[FairleadError]) -> Iterator[None]:
    try:
        yield
    except FairleadError as error:
        emit.logger.error("not all was seen", code=error.code, reason=str(error))
        failures.append(error)


def _tell(view: View) -> set[str]:
    """Write a version's gauges, and in one line what they are made of; returns the names of those of what is live."""
    found = gauges(view)
    for one in found:
        emit.gauged(one.values, one.dimensions, counts=COUNTS)
    told = msgspec.to_builtins(view)
    if view.judged:
        told["judged"]["findings"] = told["judged"]["findings"][:MOST_FINDINGS]
    if view.broken:
        told["broken"] = told["broken"][:MOST_FINDINGS]
    emit.logger.info("monitored", **told)
    return {name for one in found if not one.dimensions for name in one.values}
