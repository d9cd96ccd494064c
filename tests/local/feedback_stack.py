"""The stage of the feedback loop's tests: the built stack with its own rights, its users, and a clock that advances.

Many tests share it, so each publishes and releases the versions it needs, and looks at those alone.
"""

import json
import os
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from fairlead.aws.s3 import S3Objects
from fairlead.drift.counters import SLOT
from fairlead.feedback.ledger.reader import LedgerReader
from fairlead.publishing import publish
from fairlead.publishing.input import training_rows
from fairlead.publishing.input.training_rows import TrainingRows
from fairlead.publishing.store import Published
from fairlead.quality.metrics import total
from fairlead.registry.store import Registry
from fairlead_local.cloud import Credentials, LocalCloud
from tests import quick_publishing
from tests.local.commands import STACK, Commands
from tests.local.packing import UNPACKED, deploy, packed
from tests.local.support import Answer, call, until

PATIENT = ["VerifyColdStartMs=60000", "VerifyLatencyMs=20000", "CanaryLatencyMs=60000", "LatencyMs=60000"]
"""Other tests want the processor too."""
QUICK = ["DriftLooks=3"]
"""The clock need not run for an hour each time that something drifts."""
CANDIDATES = ["ReleaseCandidates=canary-10-5m"]
"""A retrained candidate is released without an operator."""
ROWS = "rows"
BATCH = [f"BatchInput={ROWS}/in/", f"BatchOutput={ROWS}/out/", "BatchConcurrency=2"]
"""Batch jobs read and write this bucket."""

POLICIES = {
    **dict.fromkeys(("caller", "kiosk", "garden"), "Caller"),
    **dict.fromkeys(("reporter", "clerk"), "Feedback"),
    "operator": "Operator",
    "publisher": "Publisher",
    "analyst": "Batch",
}
"""Two report outcomes: a single source is not learnt from."""


@dataclass
class Stage(Commands):
    """The deployed stack and its users; commands use the cloud's clock."""

    cloud: LocalCloud
    packed: Path
    outputs: dict[str, str]
    people: dict[str, Credentials] = field(default_factory=dict)
    model: str = "iris"

    # People.

    def publish(self, estimator: Any, *, name: str = "", **given: Any) -> Published:
        """Publish a version, of another model if one is named, with the rights of a publisher whose tag names it."""
        model = name or self.model
        tags = [{"Key": "fairlead-model", "Value": model}]
        self.cloud.client("iam").tag_user(UserName="publisher", Tags=tags)
        with pytest.MonkeyPatch.context() as patch:
            for variable, value in self.environment("publisher").items():
                patch.setenv(variable, value)
            quick_publishing.give_budget(patch)
            quick_publishing.prove_in_forks(patch)
            return publish.publish(estimator, name=model, by="ada", **given)

    def answer(self, who: str, path: str, body: Mapping[str, Any]) -> Answer:
        """A signed call."""
        return call(f"{self.cloud.api_url}{path}", self.people[who], body=dict(body))

    def report(self, who: str, outcomes: Sequence[Mapping[str, Any]]) -> Answer:
        """Report outcomes in one request."""
        return self.answer(who, "/feedback", {"outcomes": list(outcomes)})

    # Actions.

    def canary(self, version: int) -> None:
        """Start a canary of a version of iris, and wait until a tenth of the callers reaches it."""
        release = self.result("release", self.model, version, "--strategy", "canary-10-5m")["release"]["release"]
        self.shifting(release)

    def shifting(self, release: str) -> None:
        """Wait until a tenth of the callers reaches a release."""
        until(lambda: self._alias().get("RoutingConfig") == {"AdditionalVersionWeights": {release: 0.1}}, seconds=60)

    def skip(self, hours: float) -> None:
        """Advance the clock with the stack's schedules disabled: over many hours they would run long."""
        events = self.cloud.client("events")
        rules = [rule["Name"] for rule in events.list_rules()["Rules"] if "ScheduleExpression" in rule]
        for rule in rules:
            events.disable_rule(Name=rule)
        self.cloud.advance(hours * 3600)
        for rule in rules:
            events.enable_rule(Name=rule)

    # Observations.

    def live(self) -> int:
        """The model version that live holds."""
        return int(self.result("status", self.model)["live"]["version"])

    def _alias(self) -> dict[str, Any]:
        found: dict[str, Any] = self.cloud.client("lambda").get_alias(
            FunctionName=self.outputs["PredictFunctionName"], Name="live"
        )
        return found

    def alarm(self, name: str) -> str:
        """The state of one of the stack's alarms."""
        cloudwatch = self.cloud.client("cloudwatch")
        return str(cloudwatch.describe_alarms(AlarmNames=[f"{STACK}-{name}"])["MetricAlarms"][0]["StateValue"])

    def metric(self, name: str, service: str) -> float:
        """The sum of a metric of one of the stack's functions, for ever."""
        now = datetime.fromtimestamp(self.cloud.now(), UTC)
        found = self.cloud.client("cloudwatch").get_metric_statistics(
            Namespace=f"Fairlead/{STACK}", MetricName=name, Dimensions=[{"Name": "service", "Value": service}],
            StartTime=now - timedelta(days=60), EndTime=now + timedelta(minutes=1), Period=86400, Statistics=["Sum"],
        )  # fmt: skip
        return sum(float(one["Sum"]) for one in found["Datapoints"])

    def logged(self, function: str, message: str) -> list[dict[str, Any]]:
        """The log lines of one of the stack's functions with this message."""
        pages = self.cloud.client("logs").get_paginator("filter_log_events")
        found = pages.paginate(logGroupName=f"/aws/lambda/{STACK}-{function}").search("events[].message")
        lines = [json.loads(one) for one in found if f'"{message}"' in one]
        return [one for one in lines if one.get("message") == message]

    def training_rows(self, version: int) -> TrainingRows:
        """Return the stored training rows of a version of iris."""
        registry = Registry(S3Objects(self.cloud.client("s3"), self.outputs["BucketName"]))
        manifest, _ = registry.manifest(self.model, version)
        return training_rows.decode(registry.blob(manifest.blobs[training_rows.BLOB]))

    def serves(self) -> bool:
        """Return whether it is the live model."""
        function = self.cloud.client("lambda").get_function_configuration(
            FunctionName=self.outputs["PredictFunctionName"], Qualifier="live"
        )
        return bool(function["Environment"]["Variables"]["FAIRLEAD_MODEL"] == self.model)

    def history(self, after: int = 0) -> list[dict[str, Any]]:
        """The journal's records after a number, and the retrain function's, oldest first."""
        found: list[dict[str, Any]] = self.result("history", self.model, "--limit", 1000)
        return [one for one in reversed(found) if one["number"] > after or one["record"].startswith("retrain/")]

    def newest(self) -> int:
        """The number of the journal's newest record, after all of it was verified."""
        return int(json.loads(self.did("history", self.model, "--verify", "--json"))["newest"])

    def ledger(self) -> LedgerReader:
        return LedgerReader(self.cloud.client("dynamodb"), self.outputs["LedgerTable"])

    def counted(self, version: int) -> tuple[int, dict[str, float]]:
        """Rows captured and quality counters of a version, since for ever."""
        end = int(self.cloud.now()) // SLOT + 1
        counters, slots = self.ledger().counted(self.model, version, 0, end)
        return sum(one.get("rows", 0) for one in counters.clusters.values()), total(slots)

    def deploy(self, *overrides: str) -> None:
        """Deploy the built stack, with parameters."""
        self.outputs = deploy(self.cloud, self.packed, STACK, [*PATIENT, *QUICK, *CANDIDATES, *BATCH, *overrides])


@contextmanager
def staged(folder: Path) -> Iterator[Stage]:
    """The stack deployed as it was built, and its users."""
    with LocalCloud(archives=UNPACKED) as cloud, pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("AWS_", "FAIRLEAD_"))]:
            patch.delenv(name)
        stage = Stage(cloud, packed(cloud, folder), {})
        stage.deploy()
        for name, policy in POLICIES.items():
            stage.people[name] = cloud.add_user(name, [stage.outputs[f"{policy}PolicyArn"]])
        yield stage
