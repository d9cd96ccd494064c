"""A variant of the loop on the shared stage: its own model, its requests and outcomes, and what is stored of them."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, NamedTuple

import numpy as np
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from fairlead.drift.counters import SLOT
from tests.local.accounts import Books, read
from tests.local.commands import STACK
from tests.local.feedback_stack import Stage
from tests.local.pauses import calm, still
from tests.local.support import until

X, Y = load_iris(return_X_y=True, as_frame=True)
MINUTE, HOUR, DAY = 60.0, 3600.0, 86_400.0
QUIET = 31 * MINUTE
"""After this time without a datapoint, no alarm evaluates earlier datapoints."""


class LabelledPrediction(NamedTuple):
    """The id of a prediction, and the true class of its row."""

    id: str
    truth: int

    def said(self, actual: Any) -> dict[str, Any]:
        return {"prediction_id": self.id, "actual": actual}


@dataclass
class Variant:
    """One model, live on the stage since `began`; `known_dead_letters` are older, `requests` were answered."""

    stage: Stage
    model: str
    versions: list[int]
    began: float
    known_dead_letters: set[str]
    requests: list[str] = field(default_factory=list)

    # Actions of callers, reporters and operators.

    def ask(self, rows: int, *, seed: int, of: Any = None, who: str = "caller") -> list[LabelledPrediction]:
        """Send one request of rows that are drawn again, each a little different."""
        dice = np.random.default_rng(seed)
        chosen = dice.choice(np.arange(len(X)) if of is None else np.flatnonzero(of), rows)
        flowers = X.iloc[chosen] + dice.normal(0, 0.02, (rows, X.shape[1]))
        answer = self.stage.answer(who, "/predict", {"instances": flowers.to_dict("records")})
        assert (answer.status, answer.json["version"]) == (200, self.versions[-1])
        labelled = [
            LabelledPrediction(one["id"], int(Y.iloc[place]))
            for one, place in zip(answer.json["predictions"], chosen, strict=True)
        ]
        self.requests.append(labelled[0].id.rpartition("-")[0])
        return labelled

    def report(self, outcomes: Sequence[dict[str, Any]], *, who: str = "reporter") -> Counter[str]:
        """Return the result of each outcome, from the answer."""
        answer = self.stage.answer(who, "/feedback", {"outcomes": list(outcomes)})
        assert answer.status in (200, 207), answer.body
        results = answer.json["results"]
        assert [one["prediction_id"] for one in results] == [one["prediction_id"] for one in outcomes]
        statuses = Counter(one["status"] for one in results)
        assert (answer.status == 207) == bool(statuses["conflict"] + statuses["invalid"])
        return statuses

    def retrain(self) -> dict[str, Any]:
        """Return the retrain function's answer to an order."""
        order = {"model": self.model, "reason": "it was asked for", "time": self.now().isoformat()}
        done = self.stage.cloud.client("lambda").invoke(FunctionName=f"{STACK}-retrain", Payload=json.dumps(order))
        answer: dict[str, Any] = json.loads(done["Payload"].read())
        return answer

    def now(self) -> datetime:
        return datetime.fromtimestamp(self.stage.cloud.now(), UTC)

    def wait(self, seconds: float) -> None:
        """Time passes, and the stack's schedules run."""
        self.stage.cloud.advance(seconds)

    def skip(self, to: float) -> None:
        """Time passes without them, which over days take long, until so long after the beginning."""
        still(self.stage, self.began + to - self.stage.cloud.now())

    # Facts.

    def books(self) -> Books:
        """Read everything."""
        slots = int(self.began) // SLOT - 1, int(self.stage.cloud.now()) // SLOT + 1
        return read(self.stage.ledger(), self.requests, self.model, self.versions, slots)

    def captured(self, rows: int) -> None:
        """Wait for as many rows in the ledger."""
        until(lambda: self.books().counted_rows == rows, seconds=60)

    def gauges(self, name: str) -> list[float]:
        """Return the datapoints of one of the live version's gauges since the variant began."""
        return self._datapoints(name, "monitor", "Maximum")

    def metered(self, name: str, service: str) -> float:
        """Return the sum of a function's metric since the variant began."""
        return sum(self._datapoints(name, service, "Sum"))

    def _datapoints(self, name: str, service: str, stat: str) -> list[float]:
        metric = {
            "Namespace": f"Fairlead/{STACK}",
            "MetricName": name,
            "Dimensions": [{"Name": "service", "Value": service}],
        }
        found = self.stage.cloud.client("cloudwatch").get_metric_data(
            MetricDataQueries=[{"Id": "it", "MetricStat": {"Metric": metric, "Period": 60, "Stat": stat}}],
            StartTime=datetime.fromtimestamp(self.began, UTC),
            EndTime=datetime.fromtimestamp(self.stage.cloud.now() + MINUTE, UTC),
            ScanBy="TimestampAscending",
        )
        return [float(value) for value in found["MetricDataResults"][0]["Values"]]

    def dead_letters(self, prefix: str) -> dict[str, bytes]:
        """Return the dead letters since the variant began, by key."""
        s3, bucket = self.stage.cloud.client("s3"), self.stage.outputs["DeadLetterBucket"]
        keys = {one["Key"] for one in s3.list_objects_v2(Bucket=bucket, Prefix=prefix).get("Contents", ())}
        return {
            key: s3.get_object(Bucket=bucket, Key=key)["Body"].read() for key in sorted(keys - self.known_dead_letters)
        }

    def rang(self) -> dict[str, list[str]]:
        """Return the states of each alarm that went into ALARM since the variant began, without `monitor-silent`."""
        pages = (
            self.stage.cloud.client("cloudwatch")
            .get_paginator("describe_alarm_history")
            .paginate(
                HistoryItemType="StateUpdate",
                StartDate=datetime.fromtimestamp(self.began, UTC),
                ScanBy="TimestampAscending",
            )
        )
        found: dict[str, list[str]] = {}
        for item in (item for page in pages for item in page["AlarmHistoryItems"]):
            state = json.loads(item["HistoryData"])["newState"]["stateValue"]
            found.setdefault(item["AlarmName"].removeprefix(f"{STACK}-"), []).append(state)
        return {name: states for name, states in found.items() if "ALARM" in states and name != "monitor-silent"}

    def decided(self) -> list[Mapping[str, Any]]:
        """Return the evidence of decisions about this model, oldest first. Retrain's answers follow their orders.

        The journal's folders are merged by time, and the machine's clock is behind the cloud's. So the answers to an
        operator's orders come last.
        """
        history = self.stage.result("history", self.model, "--limit", 1000)
        decided = [one["evidence"] for one in reversed(history) if one["kind"] == "decided"]
        answers = iter([one for one in decided if "rule" not in one])
        found = []
        for one in (one for one in decided if "rule" in one):
            found.append(one)
            if one["action"] == "retrain":
                found += [answer for answer in [next(answers, None)] if answer is not None]
        return found + list(answers)

    def undisturbed(self) -> bool:
        """Return whether the variant's version is still live, and no other was made."""
        live = self.stage.result("status", self.model)["live"]["version"]
        made = sorted(one["version"] for one in self.stage.result("versions", self.model))
        return (live, made) == (self.versions[-1], self.versions)


def begin(stage: Stage, model: str, *, versions: int = 1, after: float = QUIET) -> Variant:
    """Publish equal versions of a new model and release each; alarms see no earlier datapoints."""
    still(stage, after)
    calm(stage)
    for _ in range(versions):
        number = publish(stage, model)
        stage.did("release", model, number, "--switch-model", "--strategy", "all-at-once", "--wait")
    early(stage)
    before = stage.cloud.client("s3").list_objects_v2(Bucket=stage.outputs["DeadLetterBucket"]).get("Contents", ())
    return Variant(stage, model, list(range(1, versions + 1)), stage.cloud.now(), {one["Key"] for one in before})


def early(stage: Stage) -> None:
    """Advance to the start of a quarter of an hour: requests a quarter apart are then in different slots."""
    still(stage, SLOT + MINUTE + 5 - stage.cloud.now() % SLOT)


def publish(stage: Stage, model: str) -> int:
    """Publish a version that answers its own flowers correctly, and keep its training rows."""
    learnt, judged = slice(0, None, 2), slice(1, None, 2)
    published = stage.publish(
        LogisticRegression(max_iter=1000).fit(X[learnt], Y[learnt]), name=model, X=X[judged], y=Y[judged],
        train=X[learnt], train_y=Y[learnt], keep_training_rows=True,
    )  # fmt: skip
    return published.manifest.version
