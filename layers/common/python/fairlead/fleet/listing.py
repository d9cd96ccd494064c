"""Reads every Fairlead stack of an account and region. A stack that cannot be read has a row that says so."""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from fairlead.aws import clients, stack
from fairlead.aws.cloudwatch_alarms import Alarms
from fairlead.aws.lambda_function import PredictFunction
from fairlead.aws.s3 import S3Objects
from fairlead.aws.stack import Stack
from fairlead.errors import FairleadError, one_line
from fairlead.feedback.ledger.reader import LedgerReader
from fairlead.fleet.idle_cost import idle_dollars
from fairlead.fleet.summary import Fleet, LiveQuality, StackSummary
from fairlead.journal.alias_state import live_since
from fairlead.journal.journal import Journal
from fairlead.model.release import Release
from fairlead.monitoring.history import called
from fairlead.monitoring.overview import against
from fairlead.monitoring.reader import ViewReader
from fairlead.monitoring.views import Quality
from fairlead.registry.store import Reading
from fairlead.releases import metrics

AT_ONCE = 8
"""Stacks that are read at once; each takes a dozen calls."""

Fields = dict[str, Any]


class _Services(NamedTuple):
    """boto3 clients, which all threads share."""

    cloudwatch: Any
    functions: Any
    s3: Any
    dynamodb: Any


def read_fleet(at: datetime, hours: int) -> Fleet:
    """Return every Fairlead stack of the account and region; raises StorageError if they cannot be listed."""
    cloudformation = clients.client("cloudformation")
    found = stack.every(cloudformation)
    services = _Services(
        *(clients.client(name, connections=AT_ONCE) for name in ("cloudwatch", "lambda", "s3", "dynamodb"))
    )
    with ThreadPoolExecutor(AT_ONCE) as pool:
        rows = pool.map(lambda described: _summary(described, services, at, hours), found)
        return Fleet(region=str(cloudformation.meta.region_name), at=at, hours=hours, stacks=tuple(rows))


def _summary(described: Mapping[str, Any], services: _Services, at: datetime, hours: int) -> StackSummary:
    outputs = {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", ())}
    fields: Fields = {
        "stack": described["StackName"],
        "status": described["StackStatus"],
        "fairlead": outputs.get("FairleadVersion", ""),
        "api_url": outputs.get("ApiUrl", ""),
    }
    problems: list[str] = []

    def add(part: Callable[[], Fields]) -> None:
        try:
            fields.update(part())
        except Exception as error:  # noqa: BLE001 - whatever one stack holds, the others are listed
            problems.append(one_line(error, named=not isinstance(error, FairleadError)))

    add(lambda: _watched(described, services))
    try:
        opened = _Opened(stack.parsed(described), services)
    except FairleadError as error:
        problems.append(one_line(error))
    else:
        add(lambda: opened.traffic(at, hours))
        add(opened.live)
        add(lambda: opened.code(fields.get("model"), fields.get("version")))
        add(lambda: opened.judged(fields.get("model"), fields.get("version"), at, hours))
    return StackSummary(**fields, problems=tuple(problems))


def _watched(described: Mapping[str, Any], services: _Services) -> Fields:
    name = described["StackName"]
    alarms = Alarms(services.cloudwatch).of_stack(name)
    drawn = {"ParameterKey": "Dashboard", "ParameterValue": "on"} in described.get("Parameters", ())
    return {
        "alarms": tuple(alarm.name.removeprefix(f"{name}-") for alarm in alarms if alarm.state == "ALARM"),
        # Without outputs the stack was not made, so it has no schedules.
        "idle_dollars": round(idle_dollars(alarms, dashboard=drawn), 2) if described.get("Outputs") else None,
    }


class _Opened:
    """One stack whose outputs are complete. Every method returns fields of its row."""

    def __init__(self, where: Stack, services: _Services) -> None:
        self._stack = where
        self._services = services
        self._objects = S3Objects(services.s3, where.bucket)

    def traffic(self, at: datetime, hours: int) -> Fields:
        """Return requests, errors and latency of callers' calls; raises ReleaseError."""
        where = self._stack
        found = metrics.live(
            self._services.cloudwatch,
            stack=where.name,
            function=where.function,
            since=at - timedelta(hours=hours),
            until=at,
        )
        share = found.errors / found.requests if found.requests else None
        return {"requests": found.requests, "error_share": share, "latency_ms": found.latency_ms}

    def live(self) -> Fields:
        """Return the live release and its time; nothing if no model is live; raises ReleaseError, StorageError."""
        function = PredictFunction(self._services.functions, self._stack.function)
        live = function.release(function.alias("live").version)
        if live.model is None:
            return {}
        return {"model": live.model, "version": live.version, "release": live.release, "since": self._since(live)}

    def code(self, model: str | None, version: int | None) -> Fields:
        """Return the publisher's package that the live version executes; raises StorageError, NotFoundError."""
        if model is None or version is None:
            return {}
        manifest, _ = Reading(self._objects).manifest(model, version)
        return {"own_code": manifest.package if manifest.engine.code else ""}

    def _since(self, live: Release) -> datetime | None:
        return live_since(Journal(self._objects, self._stack.name).records(), live)

    def judged(self, model: str | None, version: int | None, at: datetime, hours: int) -> Fields:
        """Return quality and drift of the live version; nothing if no call to it was captured; raises StorageError."""
        reader = ViewReader(LedgerReader(self._services.dynamodb, self._stack.ledger), Reading(self._objects))
        seen = [one for one in reader.models().get(model or "", []) if one.version == version]
        if model is None or version is None or not seen:
            return {}
        view = reader.view(reader.window(model, seen, at.timestamp(), hours=hours), version, live=True)
        judged = [one for one in view.judged.findings if one.verdict != "not enough data"] if view.judged else []
        return {
            "quality": _quality(view.quality),
            "drifted": tuple(called(one) for one in judged if one.verdict == "drift") if judged else None,
            "broken": None if view.broken is None else tuple(str(one.feature) for one in view.broken),
        }


def _quality(found: Quality) -> LiveQuality:
    return LiveQuality(
        metric=found.metric, now=found.now, published=found.published, drop=found.drop, said=against(found)
    )
