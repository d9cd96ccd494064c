"""A deployed stack of a unique name, with a role for each of its managed policies."""

import json
import subprocess
import sys
from collections import Counter
from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import joblib
from botocore.exceptions import ClientError
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from tests.aws.clouds import ROOT, TIMINGS, Cloud, until
from tests.local.packing import BUILT
from tests.local.release_stack import BROKEN_FOR_CALLERS, zipped
from tests.local.support import Answer, call, signer

FAIRLEAD = str(Path(sys.executable).with_name("fairlead"))
MODEL = "iris"
PARAMETERS = (
    *TIMINGS,
    *("DeploymentStrategy=custom", "CustomCanaryMinutes=1", "CustomCanaryPercent=50", "CanaryMinimumRequests=5"),
)
X, Y = load_iris(return_X_y=True, as_frame=True)
ROWS = X.head(1).to_dict("records")
POLICIES = {
    "caller": "Caller",
    "reporter": "Feedback",
    "publisher": "Publisher",
    "operator": "Operator",
    "analyst": "Batch",
    "foreign": "",
}
SESSION_MINUTES = 60
ENOUGH = timedelta(minutes=20)
"""A session with less time left is renewed before it is used."""
FOREVER = 900.0
"""Seconds that a role's rights, a deployment or an alarm may take on AWS."""


@dataclass
class Deployed:
    """The stack and the sessions of its roles; commands run as processes, calls are signed."""

    cloud: Cloud
    name: str
    folder: Path
    outputs: dict[str, str] = field(default_factory=dict)
    _sessions: dict[str, Mapping[str, Any]] = field(default_factory=dict)

    # The stack.

    @property
    def rows(self) -> str:
        """The name of the bucket of batch jobs, which is removed with all that has the stack's name."""
        return f"{self.name}-rows"

    def add_rows(self) -> None:
        """Create the bucket of batch jobs, with a file of rows of iris."""
        s3, region = self.cloud.client("s3"), self.region()
        where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        s3.create_bucket(Bucket=self.rows, **where)
        s3.put_object(Bucket=self.rows, Key="in/iris.csv", Body=X.to_csv(index=False).encode())

    def deploy(self, *parameters: str) -> None:
        """Deploy the built stack and read its outputs."""
        places = (f"BatchInput={self.rows}/in/", f"BatchOutput={self.rows}/out/")
        done = self.cloud.deploy(self.name, [*PARAMETERS, *places, *parameters])
        assert done.returncode == 0, done.stdout
        found = self.cloud.client("cloudformation").describe_stacks(StackName=self.name)["Stacks"][0]
        self.outputs = {output["OutputKey"]: output["OutputValue"] for output in found["Outputs"]}

    def add_roles(self) -> None:
        """Create a role for each policy that the account's principals may assume, and assume it."""
        iam, account = self.cloud.client("iam"), self.cloud.client("sts").get_caller_identity()["Account"]
        trust = {
            "Version": "2012-10-17",
            "Statement": [
                {"Effect": "Allow", "Principal": {"AWS": f"arn:aws:iam::{account}:root"}, "Action": "sts:AssumeRole"}
            ],
        }
        for who, policy in POLICIES.items():
            iam.create_role(
                RoleName=self.role(who),
                AssumeRolePolicyDocument=json.dumps(trust),
                Tags=[{"Key": "fairlead-model", "Value": MODEL}],
            )
            if policy:
                iam.attach_role_policy(RoleName=self.role(who), PolicyArn=self.outputs[f"{policy}PolicyArn"])
        for who in POLICIES:
            self.session(who)

    def session(self, who: str) -> Mapping[str, Any]:
        """Return a role's session that lasts long enough for a scenario: sessions last an hour at most."""
        kept = self._sessions.get(who)
        if kept is None or kept["Expiration"] - datetime.now(UTC) < ENOUGH:
            account = self.cloud.client("sts").get_caller_identity()["Account"]
            kept = until(self.cloud, partial(self._assumed, account, who), within=FOREVER, step=5)
            self._sessions[who] = kept
        return kept

    def role(self, who: str) -> str:
        """Return the name of a role of the suite."""
        return f"{self.name}-test-{who}"

    def _assumed(self, account: str, who: str) -> Mapping[str, Any] | None:
        with suppress(ClientError):  # a new role takes seconds on AWS
            arn = f"arn:aws:iam::{account}:role/{self.role(who)}"
            session: Mapping[str, Any] = self.cloud.client("sts").assume_role(
                RoleArn=arn, RoleSessionName="suite", DurationSeconds=SESSION_MINUTES * 60
            )["Credentials"]
            return session
        return None

    # Commands.

    def fairlead(self, *arguments: object, who: str = "operator") -> "subprocess.CompletedProcess[str]":
        """Run a command as one of the roles; `admin` is the person who runs the suite."""
        environment = self.cloud.environment(self.session(who) if who != "admin" else None)
        told = {"FAIRLEAD_STACK": self.name}
        if self.outputs:
            told["FAIRLEAD_API_URL"] = self.cloud.api_url(self.outputs)
        return subprocess.run(
            [FAIRLEAD, *(str(one) for one in arguments)], cwd=ROOT, env=environment | told,
            capture_output=True, text=True, check=False,
        )  # fmt: skip

    def did(self, *arguments: object, who: str = "operator") -> str:
        """Run a command that must succeed; returns its stdout."""
        done = self.fairlead(*arguments, who=who)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def result(self, *arguments: object) -> Any:
        """Return a command's result as JSON."""
        return json.loads(self.did(*arguments, "--json"))

    def publish(self, strength: float) -> int:
        """Publish a version of iris; returns its number."""
        joblib.dump(LogisticRegression(max_iter=500, C=strength).fit(X, Y), self.folder / "iris.joblib")
        X.assign(species=Y).to_csv(self.folder / "iris.csv", index=False)
        (self.folder / "policy.toml").write_text(
            "[budget]\ncold_load_ms = 60000\none_row_ms = 5000\nhundred_rows_ms = 10000\n"
        )
        files = ("--data", self.folder / "iris.csv", "--target", "species", "--policy", self.folder / "policy.toml")
        self.did("publish", self.folder / "iris.joblib", "--name", MODEL, *files, who="publisher")
        return max(int(one["version"]) for one in self.result("versions", MODEL))

    def spoil(self) -> None:
        """Put code that fails every caller into $LATEST; the deployment hook's own events still succeed."""
        functions, name = self.cloud.client("lambda"), self.outputs["PredictFunctionName"]
        source = (BUILT / "PredictFunction/app.py").read_text() + BROKEN_FOR_CALLERS
        functions.update_function_code(FunctionName=name, ZipFile=zipped(source))
        until(self.cloud, self._updated, within=FOREVER, step=2)

    def _updated(self) -> bool:
        found = self.cloud.client("lambda").get_function_configuration(FunctionName=self.outputs["PredictFunctionName"])
        return bool(found["LastUpdateStatus"] == "Successful")

    # Calls.

    def call(self, path: str = "/predict", *, who: str | None = "caller", **given: Any) -> Answer:
        """Return the answer to a call that a role signed; None signs nothing."""
        keys = self.session(who) if who else None
        sign = None
        if keys:
            sign = signer(_signing(keys), region=self.region(), token=keys["SessionToken"])
        url = self.cloud.api_url(self.outputs) + path
        return call(url, None, sign=sign, **{"body": {"instances": ROWS}, **given})

    def region(self) -> str:
        """Return the region of the stack."""
        return str(self.cloud.client("lambda").meta.region_name)

    def calls(self, count: int) -> Counter[tuple[int, str]]:
        """Return statuses and releases of so many calls, four at a time."""
        with ThreadPoolExecutor(4) as pool:
            answers = list(pool.map(lambda _: self.call(), range(count)))
        return Counter((one.status, str(_member(one, "release"))) for one in answers)

    def alias(self) -> dict[str, Any]:
        """Return the alias live."""
        found: dict[str, Any] = self.cloud.client("lambda").get_alias(
            FunctionName=self.outputs["PredictFunctionName"], Name="live"
        )
        return found


def _member(answer: Answer, name: str) -> Any:
    with suppress(ValueError, AttributeError):
        return answer.json.get(name)
    return None


def _signing(keys: Mapping[str, str]) -> Any:
    from fairlead_local.cloud import Credentials

    return Credentials(keys["AccessKeyId"], keys["SecretAccessKey"])
