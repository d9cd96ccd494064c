"""The stage of the scenarios: the built stack deployed, versions published, and users with one of its policies each."""

import io
import os
import subprocess
import threading
import time
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from fairlead.model.manifest import EngineName
from fairlead.publishing import publish
from fairlead.publishing.store import Published
from fairlead_local.cloud import Credentials, LocalCloud
from tests import quick_publishing
from tests.local.commands import STACK, Commands
from tests.local.packing import BUILT, UNPACKED, deploy, packed
from tests.local.support import Answer, Sam, call, settled, until

AT_ONCE = ("--strategy", "all-at-once", "--wait")
PATIENT = [
    *("VerifyColdStartMs=60000", "VerifyLatencyMs=20000", "CanaryLatencyMs=60000", "CaptureRate=0"),
    "ReleaseCandidates=canary-10-5m",
]
ENGINES: tuple[EngineName, ...] = ("onnx", "onnx", "sklearn")
"""Of the versions that are there from the first."""
MINUTE = 60.0
X, Y = load_iris(return_X_y=True, as_frame=True)
ROW = X.head(1).to_dict("records")

BROKEN_FOR_CALLERS = """
_whole, _read = handler, http.json_body


def _broken(_):
    raise RuntimeError("a defect in the new code")


def handler(event, context):
    http.json_body = _broken if event["requestContext"].get("accountId") else _read  # the hook's events have none
    return _whole(event, context)
"""
CRASHES_FOR_CALLERS = """
_whole = handler


def handler(event, context):
    if event["requestContext"].get("accountId"):
        raise RuntimeError("a defect in the new code")
    return _whole(event, context)
"""
WRONG_ANSWERS = """
_whole = handler


def handler(event, context):
    answer = _whole(event, context)
    return {**answer, "body": answer["body"].replace('"label":0', '"label":1')}
"""


@dataclass(frozen=True)
class Identity:
    """The release that gave an answer."""

    release: str
    version: int
    digest: str


@dataclass
class Met:
    """The callers' results: statuses, and the releases that answered."""

    statuses: Counter[int] = field(default_factory=Counter)
    identities: Counter[Identity] = field(default_factory=Counter)

    @property
    def calls(self) -> int:
        return sum(self.statuses.values())

    @property
    def failed(self) -> int:
        return self.calls - self.statuses[200]

    def add(self, answer: Answer) -> None:
        self.statuses[answer.status] += 1
        if answer.status == 200:
            facts = answer.json
            self.identities[Identity(facts["release"], facts["version"], facts["digest"])] += 1


@dataclass
class Scene(Commands):
    """One deployed stack and its users. Commands are run in this process as one of them, or as real processes."""

    cloud: LocalCloud
    packed: Path
    outputs: dict[str, str]
    people: dict[str, Credentials]
    versions: list[int] = field(default_factory=list)

    @property
    def function(self) -> str:
        return self.outputs["PredictFunctionName"]

    # Commands.

    def process(self, *arguments: object, who: str = "operator", endpoint: str = "") -> "subprocess.Popen[str]":
        """Start a command as a process of its own."""
        return subprocess.Popen(
            ["fairlead", *(str(one) for one in arguments)],
            env=os.environ | self.environment(who, endpoint=endpoint),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def release(self, version: int | str, *more: object) -> str:
        """Release a version and wait until it is live; its release. `--code` is a version too."""
        chosen = ["--code"] if version == "--code" else ["iris", version]
        return str(self.result("release", *chosen, *AT_ONCE, *more)["live"]["release"])

    def start(self, version: int | str, *more: object, hooked: bool = True) -> str:
        """Start a canary of a version; its release. By default, wait until a tenth of the callers reaches it."""
        chosen = ["--code"] if version == "--code" else ["iris", version]
        started = self.result("release", *chosen, "--strategy", "canary-10-5m", *more)
        release = str(started["release"]["release"])
        if hooked:
            self.until(lambda: self.weights() == {release: 0.1})
        return release

    # Observations.

    def alias(self, name: str = "live") -> str:
        return str(self._alias(name)["FunctionVersion"])

    def weights(self) -> dict[str, float]:
        found: dict[str, float] = self._alias("live").get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
        return found

    def _alias(self, name: str) -> dict[str, Any]:
        found: dict[str, Any] = self.cloud.client("lambda").get_alias(FunctionName=self.function, Name=name)
        return found

    def alarm(self, name: str) -> str:
        """The state of an alarm."""
        [found] = self.cloud.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
        return str(found["StateValue"])

    def frozen(self, release: str) -> dict[str, Any]:
        """A release's configuration."""
        found: dict[str, Any] = self.cloud.client("lambda").get_function_configuration(
            FunctionName=self.function, Qualifier=release
        )
        return found

    def held(self, release: str) -> int:
        """The model version that a release holds."""
        return int(self.frozen(release)["Environment"]["Variables"]["FAIRLEAD_VERSION"])

    def identity(self, release: str) -> Identity:
        facts = self.frozen(release)["Environment"]["Variables"]
        return Identity(release, int(facts["FAIRLEAD_VERSION"]), f"sha256:{facts['FAIRLEAD_MANIFEST_SHA256']}")

    def deployments(self) -> list[dict[str, Any]]:
        """Every deployment, newest first."""
        codedeploy = self.cloud.client("codedeploy")
        numbers = codedeploy.list_deployments(
            applicationName=self.outputs["DeploymentApplication"], deploymentGroupName=self.outputs["DeploymentGroup"]
        )["deployments"]
        found = [codedeploy.get_deployment(deploymentId=number)["deploymentInfo"] for number in numbers]
        return sorted(found, key=lambda one: one["createTime"], reverse=True)

    def running(self) -> bool:
        return any(one["status"] not in ("Succeeded", "Failed", "Stopped") for one in self.deployments())

    def history(self, count: int = 50) -> list[dict[str, Any]]:
        """The journal's newest records, oldest first."""
        found: list[dict[str, Any]] = self.result("history", "iris", "--limit", count)
        return found[::-1]

    def since(self, number: int) -> list[str]:
        """Return the journal's moves after a number, as text; decisions about alarms are in the loop's tests."""
        found = [one for one in self.history() if one["number"] > number and one["kind"] != "decided"]
        return [f"{one['kind']} {one['alias']}".strip() for one in found]

    def newest(self) -> int:
        return int(self.result("history", "iris", "--limit", 1)[0]["number"])

    def check_record(self) -> None:
        """Check that the journal's chain is intact, that the aliases are where it says, and that no intent is open."""
        said = "a deployment still runs"

        def settled() -> bool:
            nonlocal said
            if self.running():
                return False
            verified = self.fairlead("history", "iris", "--verify")
            said = verified.output
            return verified.exit_code == 0

        try:
            self.until(settled)
        except AssertionError:
            pytest.fail(said)
        since = self.result("history", "iris", "--limit", 1)[0]["since"]
        assert not since.get("intents"), self.did("history", "iris")

    def live_at(self, moment: float) -> str:
        """The release that was live at a moment, as the journal has it."""
        at = datetime.fromtimestamp(moment, UTC).isoformat()
        return str(self.result("who-was-live", "iris", "--at", at)["live"]["release"])

    # Actions.

    def until(self, found: Callable[[], Any]) -> Any:
        return until(found, seconds=90.0)

    def early(self) -> None:
        """Advance to five seconds into a minute, so that the calls that follow are in one minute."""
        self.cloud.advance(MINUTE + 5 - self.cloud.now() % MINUTE)

    def call(self, path: str = "/predict") -> Answer:
        """A signed call of an application's."""
        return call(self.cloud.api_url + path, self.people["caller"], body={"instances": ROW})

    def read(self, path: str) -> Answer:
        """Call the API with GET, without a prediction."""
        return call(self.cloud.api_url + path, self.people["caller"], method="GET")

    def calls(self, count: int, *, threads: int = 4) -> Met:
        """Make so many calls, by several callers at once."""
        with self.callers(threads=threads, most=count // threads) as met:
            pass
        return met

    @contextmanager
    def callers(self, *, threads: int = 3, most: int = 0, pause: float = 0.05) -> Iterator[Met]:
        """Callers who call until the block ends, or until each has called `most` times."""
        met, over, lock = Met(), threading.Event(), threading.Lock()

        def go() -> None:
            done = 0
            while (done < most) if most else not over.is_set():
                answer = self.call()
                done += 1
                with lock:
                    met.add(answer)
                time.sleep(0 if most else pause)

        working = [threading.Thread(target=go) for _ in range(threads)]
        for thread in working:
            thread.start()
        try:
            yield met
        finally:
            over.set()
            for thread in working:
                thread.join()

    def code(self, change: str = "") -> None:
        """Put code into the scratch, as a deployment does: the built one, with a change at its end."""
        functions = self.cloud.client("lambda")
        source = (BUILT / "PredictFunction/app.py").read_text() + change
        functions.update_function_code(FunctionName=self.function, ZipFile=zipped(source))
        settled(functions, self.function)

    def deploy(self, *overrides: str) -> None:
        """Deploy the built stack with parameters."""
        self.outputs = deploy(self.cloud, self.packed, STACK, [*PATIENT, *overrides])

    def sam_deploy(self, template: Path) -> None:
        """Run `sam deploy` of another template, which uploads its folders."""
        sam = Sam(self.cloud)
        sam.deploy(template.parent, STACK, PATIENT, template=template)
        self.outputs = sam.outputs(STACK)

    def publish(self, estimator: Any, **how: Any) -> Published:
        """Publish a version of iris with a publisher's rights."""
        with pytest.MonkeyPatch.context() as patch:
            for name, value in self.environment("publisher").items():
                patch.setenv(name, value)
            quick_publishing.give_budget(patch)
            quick_publishing.prove_in_forks(patch)
            return publish.publish(estimator.fit(X, Y), name="iris", X=X, y=Y, **how)

    def standing(self, version: int) -> str:
        """Make this version live on the built code, with no deployment running; returns its release."""
        if self.running():
            self.fairlead("rollback", "iris", "--reason", "the last scenario is over")
        self.code()
        return self.release(version)


def zipped(source: str) -> bytes:
    """Return the archive of app.py: the same bytes for the same source."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as packed:
        packed.writestr(zipfile.ZipInfo("app.py"), source)
    return buffer.getvalue()


@contextmanager
def staged(folder: Path) -> Iterator[Scene]:
    """Deploy the stack and publish three versions: two for onnx, the last for sklearn."""
    with LocalCloud(archives=UNPACKED) as cloud:
        scene = Scene(cloud, packed(cloud, folder), {}, {"admin": cloud.admin})
        scene.deploy()
        policies = {"caller": "Caller", "publisher": "Publisher", "operator": "Operator", "colleague": "Operator"}
        for who, policy in policies.items():
            scene.people[who] = cloud.add_user(
                who, [scene.outputs[f"{policy}PolicyArn"]], tags={"fairlead-model": "iris"}
            )
        for place, engine in enumerate(ENGINES):
            published = scene.publish(LogisticRegression(max_iter=500, C=1.0 + place), engine=engine)
            scene.versions.append(published.manifest.version)
        yield scene
