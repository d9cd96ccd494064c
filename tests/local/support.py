"""The SAM CLI against the cloud, signed calls, and small archives."""

import contextlib
import io
import json
import os
import socket
import subprocess
import time
import zipfile
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
import urllib3
from botocore import UNSIGNED
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.config import Config
from botocore.credentials import Credentials as Signing
from botocore.exceptions import ClientError

from fairlead_local.cloud import Credentials, LocalCloud

ROOT = Path(__file__).parents[2]
ISSUER = "https://token.actions.githubusercontent.com"
ROLE = "arn:aws:iam::123456789012:role/any"
HTTP = urllib3.PoolManager(retries=False, maxsize=8)


def clock_ahead(cloud: LocalCloud) -> dict[str, str]:
    """Return the variable by which commands go by the cloud's clock."""
    return {"FAIRLEAD_CLOCK_AHEAD": str(cloud.now() - time.time())}


@dataclass(frozen=True)
class Toy:
    """The deployed toy stack."""

    folder: Path
    outputs: dict[str, str]

    @property
    def function(self) -> str:
        return self.outputs["FunctionName"]


@dataclass(frozen=True)
class Sam:
    """The real SAM CLI against the cloud."""

    cloud: LocalCloud

    def run(self, *arguments: str, cwd: Path, check: bool = True) -> subprocess.CompletedProcess[str]:
        """Run `sam`; its whole output is in stdout."""
        return subprocess.run(
            ["sam", *arguments],
            cwd=cwd,
            env=os.environ | self.cloud.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=check,
        )

    def deploy(
        self,
        folder: Path,
        stack: str,
        overrides: Sequence[str] = (),
        *,
        template: Path | None = None,
        check: bool = True,
    ) -> subprocess.CompletedProcess[str]:
        """Run `sam deploy` as a user would, or of a template whose archives are in S3 already."""
        extra = ["--parameter-overrides", *overrides] if overrides else []
        return self.run(
            "deploy", *(["--template-file", str(template)] if template else []), "--stack-name", stack, "--resolve-s3",
            "--capabilities", "CAPABILITY_IAM", "--no-progressbar", "--no-confirm-changeset",
            "--no-fail-on-empty-changeset", *extra, cwd=folder, check=check,
        )  # fmt: skip

    def outputs(self, stack: str) -> dict[str, str]:
        """The stack's outputs."""
        found = self.cloud.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]["Outputs"]
        return {output["OutputKey"]: output["OutputValue"] for output in found}


def deploy_dev(env: dict[str, str], template: Path, *more: str) -> None:
    """`sam deploy` as samconfig.toml says for the environment dev."""
    done = subprocess.run(
        ["sam", "deploy", "--config-file", str(ROOT / "samconfig.toml"), "--config-env", "dev", "--no-progressbar",
         "--template-file", str(template), *more],
        cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout


def github_job(
    cloud: LocalCloud, role: str, *, subject: str = "repo:owner/name:environment:dev", seconds: int = 7200
) -> dict[str, str]:
    """Return the environment of a GitHub job that has assumed a role with its token, for that time."""
    token = cloud.identity_token(iss=ISSUER, aud="sts.amazonaws.com", sub=subject)
    sts = boto3.client(
        "sts", endpoint_url=cloud.endpoint_url, region_name="us-east-1", config=Config(signature_version=UNSIGNED)
    )
    keys = sts.assume_role_with_web_identity(
        RoleArn=role, RoleSessionName="github-1", WebIdentityToken=token, DurationSeconds=seconds
    )["Credentials"]
    session = Credentials(keys["AccessKeyId"], keys["SecretAccessKey"])
    return os.environ | cloud.environment(session) | {"AWS_SESSION_TOKEN": keys["SessionToken"]}


@dataclass(frozen=True)
class Answer:
    """An HTTP answer."""

    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


def call(
    url: str,
    keys: Credentials | None,
    *,
    method: str = "POST",
    body: bytes | str | dict[str, Any] = b"",
    headers: dict[str, str] | None = None,
    sign: Callable[[AWSRequest], None] | None = None,
) -> Answer:
    """Call the gateway, signed by botocore for execute-api if there are keys, or as `sign` says."""
    data = json.dumps(body).encode() if isinstance(body, dict) else body.encode() if isinstance(body, str) else body
    request = AWSRequest(method, url, data=data, headers={"content-type": "application/json"} | (headers or {}))
    if sign:
        sign(request)
    elif keys:
        signer(keys)(request)
    return send(request, data)


def send(request: AWSRequest, data: bytes) -> Answer:
    """Send a request as it is."""
    answer = HTTP.request(
        str(request.method), str(request.prepare().url), body=data, headers=dict(request.headers.items())
    )
    return Answer(answer.status, {name.lower(): answer.headers[name] for name in answer.headers}, answer.data)


def signer(
    keys: Credentials, *, service: str = "execute-api", region: str = "us-east-1", token: str | None = None
) -> Callable[[AWSRequest], None]:
    """A botocore signature."""
    signing = Signing(keys.access_key_id, keys.secret_access_key, token)
    return lambda request: SigV4Auth(signing, service, region).add_auth(request)


def archive(**files: str | bytes) -> bytes:
    """A zip of modules by name."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, text in files.items():
            packed.writestr(name.replace("__", "/") + ".py", text)
    return buffer.getvalue()


NOTHING = archive(app="def handler(event, context):\n    return context.function_version\n")


def free_ports(count: int) -> list[int]:
    """Ports of loopback that nothing listens on."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(count)]
        for one in sockets:
            one.bind(("127.0.0.1", 0))
        return [int(one.getsockname()[1]) for one in sockets]


def until(found: Callable[[], Any], *, seconds: float = 30.0) -> Any:
    """Return the first true value of `found`; fails after `seconds`. The pauses grow: a look can take many requests."""
    start = time.monotonic()
    while not (result := found()):
        waited = time.monotonic() - start
        assert waited < seconds, "it never came"
        time.sleep(max(0.05, waited / 8))
    return result


def make_role(cloud: LocalCloud) -> None:
    """The role of functions that need no rights."""
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    cloud.client("iam").create_role(RoleName=ROLE.rsplit("/", maxsplit=1)[-1], AssumeRolePolicyDocument=document)


@contextlib.contextmanager
def tampered(cloud: LocalCloud, bucket: str, key: str) -> Iterator[None]:
    """Append a byte to an object as an administrator who lifts the bucket's policy; restore both afterwards."""
    s3 = cloud.client("s3")
    good, policy = s3.get_object(Bucket=bucket, Key=key)["Body"].read(), s3.get_bucket_policy(Bucket=bucket)["Policy"]
    s3.delete_bucket_policy(Bucket=bucket)
    s3.put_object(Bucket=bucket, Key=key, Body=good + b" ")
    try:
        yield
    finally:
        s3.put_object(Bucket=bucket, Key=key, Body=good)
        s3.put_bucket_policy(Bucket=bucket, Policy=policy)


def create(functions: Any, name: str, **settings: Any) -> str:
    """Create a function and wait until it can be invoked."""
    given: dict[str, Any] = {
        "Runtime": "python3.13",
        "Handler": "app.handler",
        "Role": ROLE,
        "Code": {"ZipFile": NOTHING},
    }
    functions.create_function(FunctionName=name, **{**given, **settings})
    settled(functions, name)
    return name


def settled(functions: Any, name: str, *, qualifier: str = "$LATEST") -> dict[str, Any]:
    """The configuration once creation or update is over; boto3's waiters sleep a second at least."""

    def done() -> dict[str, Any] | None:
        state: dict[str, Any] = functions.get_function_configuration(FunctionName=name, Qualifier=qualifier)
        return state if state["State"] == "Active" and state["LastUpdateStatus"] == "Successful" else None

    found: dict[str, Any] = until(done)
    return found


def update(functions: Any, name: str, **settings: Any) -> dict[str, Any]:
    functions.update_function_configuration(FunctionName=name, **settings)
    return settled(functions, name)


def publish(functions: Any, name: str, description: str) -> str:
    """Publish a new version: the description makes it differ from the last."""
    update(functions, name, Description=description)
    return str(functions.publish_version(FunctionName=name)["Version"])


def refusal(call: Callable[..., Any], operation: str, functions: Any, **parameters: Any) -> dict[str, Any]:
    """Return the error of a refused call, and check that the operation's model has its code."""
    with pytest.raises(ClientError) as caught:
        call(**parameters)
    code = caught.value.response["Error"]["Code"]
    modelled = {shape.name for shape in functions.meta.service_model.operation_model(operation).error_shapes}
    assert code in modelled
    return {
        "code": code,
        "message": caught.value.response["Error"]["Message"],
        "status": caught.value.response["ResponseMetadata"]["HTTPStatusCode"],
    }
