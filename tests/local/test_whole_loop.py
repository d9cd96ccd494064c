"""The loop on the local cloud, rights enforced: a release that is good where it was judged and bad where it is asked,
what callers report, the alarm, the decision and the way back. What goes in is counted."""

import json
import os
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier
from typer.testing import CliRunner

from fairlead.drift.counters import SLOT
from fairlead.ledger.reading import LedgerReader
from fairlead.publishing import story
from fairlead.quality.figures import total
from fairlead_cli.main import app
from fairlead_local.cloud import Credentials, LocalCloud
from tests.local.support import Sam, call, until

ROOT = Path(__file__).parents[2]
PATIENT = ["VerifyColdStartMs=60000", "VerifyLatencyMs=20000", "CanaryLatencyMs=60000", "LatencyMs=60000"]
X, Y = load_iris(return_X_y=True, as_frame=True)
LARGE = X["petal length (cm)"] >= 4.7
CALLS, ROWS = 60, 5

pytestmark = pytest.mark.xdist_group("whole-loop")


@dataclass(frozen=True)
class Stage:
    """The deployed stack and its people."""

    cloud: LocalCloud
    people: dict[str, Credentials]

    def did(self, *arguments: object) -> str:
        """Run an operator's command that must succeed."""
        env = self.cloud.environment(self.people["operator"])
        done = CliRunner().invoke(app, [str(one) for one in arguments], env=env)
        assert done.exit_code == 0, done.output
        return str(done.stdout)

    def answer(self, who: str, path: str, body: dict[str, Any]) -> Any:
        """A signed call."""
        return call(f"{self.cloud.api_url}{path}", self.people[who], body=body)

    def live(self) -> int:
        """The model version that live holds."""
        return int(json.loads(self.did("status", "iris", "--json"))["live"]["version"])

    def ledger(self) -> LedgerReader:
        return LedgerReader(self.cloud.client("dynamodb"), "fairlead-ledger")

    def counted(self, version: int) -> tuple[int, dict[str, float]]:
        """Rows captured and quality counters of a version, since for ever."""
        end = int(self.cloud.now()) // SLOT + 1
        clusters = self.ledger().traffic("iris", version, end - 960, end).clusters.values()
        return sum(one.get("rows", 0) for one in clusters), total(
            self.ledger().quality("iris", version, end - 960, end)
        )


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    if not (ROOT / ".aws-sam/build/template.yaml").exists():
        pytest.fail("the stack is not built: run `make build` first")
    with LocalCloud() as cloud, pytest.MonkeyPatch.context() as patch:
        for name in [name for name in os.environ if name.startswith(("AWS_", "FAIRLEAD_"))]:
            patch.delenv(name)
        for name, value in cloud.environment().items():
            patch.setenv(name, value)
        deploy = ["sam", "deploy", "--stack-name", "fairlead", "--resolve-s3", "--no-confirm-changeset"]
        done = subprocess.run(
            [*deploy, "--no-progressbar", "--parameter-overrides", *PATIENT],
            cwd=ROOT, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == 0, done.stdout + done.stderr
        outputs = Sam(cloud).outputs("fairlead")
        policies = {
            "caller": ["CallerPolicyArn"],
            "reporter": ["FeedbackPolicyArn"],
            "operator": ["OperatorPolicyArn", "PublisherPolicyArn"],
        }
        yield Stage(
            cloud, {name: cloud.add_user(name, [outputs[one] for one in arns]) for name, arns in policies.items()}
        )


@pytest.fixture(scope="module")
def versions(stage: Stage) -> tuple[int, int]:
    """A good version, and one that knows small flowers only and was judged on those."""
    small = X["petal length (cm)"] < 5
    learnt, held_out = slice(0, None, 2), slice(1, None, 2)
    good = LogisticRegression(max_iter=1000).fit(X[learnt], Y[learnt])
    poor = DecisionTreeClassifier(max_depth=1, random_state=0).fit(X[small], Y[small])
    first = story.publish(
        good, name="iris", X=X[held_out], y=Y[held_out], train=X[learnt], train_y=Y[learnt], keep_training_rows=True,
        by="ada",
    )  # fmt: skip
    asked = small & (Y < 2)
    second = story.publish(
        poor, name="iris", X=X[asked], y=Y[asked], force=True, reason="judged on small flowers", allow_breaking=True,
        by="ada",
    )  # fmt: skip
    return first.manifest.version, second.manifest.version


def test_a_release_that_is_worse_in_the_world_is_found_out_and_undone(stage: Stage, versions: tuple[int, int]) -> None:
    good, poor = versions
    stage.did("release", "iris", good, "--wait")
    stage.did("release", "iris", poor, "--strategy", "all-at-once", "--wait")
    assert stage.live() == poor

    # Callers ask about large flowers, and report what they were.
    flowers, truth = X[LARGE], Y[LARGE]
    outcomes = []
    for number in range(CALLS):
        chosen = [(number * ROWS + n) % len(flowers) for n in range(ROWS)]
        answer = stage.answer("caller", "/predict", {"instances": flowers.iloc[chosen].to_dict("records")})
        assert answer.status == 200
        outcomes += [
            {"prediction_id": prediction["id"], "actual": int(truth.iloc[place])}
            for prediction, place in zip(answer.json["predictions"], chosen, strict=True)
        ]
    assert stage.answer("caller", "/feedback", {"outcomes": outcomes[:1]}).status == 403
    until(lambda: stage.counted(poor)[0] == CALLS * ROWS, seconds=60)

    statuses: Counter[str] = Counter()
    contradicted = [one | {"actual": (one["actual"] + 1) % 3} for one in outcomes[:20]]
    for batch in (outcomes[:150], outcomes[150:], outcomes[:40], contradicted):
        answer = stage.answer("reporter", "/feedback", {"outcomes": batch})
        assert answer.status == (207 if batch is contradicted else 200)
        statuses.update(result["status"] for result in answer.json["results"])
    assert statuses == {"recorded": CALLS * ROWS, "duplicate": 40, "conflict": 20}
    rows, counts = stage.counted(poor)
    assert (rows, counts["outcomes"]) == (CALLS * ROWS, CALLS * ROWS)

    # The clock goes on: gauges, the alarm, the decision.
    stage.cloud.advance(2.5 * 3600)
    assert stage.live() == good
    history = json.loads(stage.did("history", "iris", "--json"))
    decided = [one for one in history if one["kind"] == "decided"]
    assert "previous is better" in {one["evidence"]["rule"] for one in decided}
