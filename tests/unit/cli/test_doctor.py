"""Verdicts of the doctor that no deployment here can show: each state of a stack, sizes, exit codes, no credentials."""

import json
from pathlib import Path
from typing import Any, NoReturn

import boto3
import pytest
from typer.testing import CliRunner

from fairlead.errors import NotFoundError
from fairlead.settings import Operator
from fairlead_cli.doctor import access, deployment, quotas
from fairlead_cli.doctor.diagnosis import Diagnosis, Site
from fairlead_cli.doctor.examine import CHECKS, exit_code
from fairlead_cli.main import app

STATUS: Any = boto3.client("cloudformation", "us-east-1").meta.service_model.shape_for("StackStatus")
DELETE = "aws cloudformation delete-stack --stack-name fairlead-x"
DEPLOY = "sam deploy --stack-name fairlead-x --resolve-s3 --capabilities CAPABILITY_IAM"


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder without samconfig.toml and build."""
    monkeypatch.chdir(tmp_path)


def site(status: str = "CREATE_COMPLETE", **outputs: str) -> Site:
    made = Site(Operator(stack="fairlead-x"))
    listed = [{"OutputKey": name, "OutputValue": value} for name, value in outputs.items()]
    made.__dict__["stack"] = {"StackName": "fairlead-x", "StackStatus": status, "Outputs": listed}
    return made


@pytest.fixture
def no_events(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fairlead.aws.stack.first_failure", lambda *_: "Api: the log role is missing")
    monkeypatch.setattr(Site, "client", lambda *_: None)


@pytest.mark.usefixtures("no_events")
@pytest.mark.parametrize("status", STATUS.enum)
def test_every_state_of_a_stack_is_fine_or_has_a_command(status: str) -> None:
    found = deployment.state(site(status))

    assert (found.verdict == "ok") == (status in {"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"})
    assert bool(found.mend) == (found.verdict == "mend")
    assert status in found.said


@pytest.mark.parametrize(
    ("name", "verdict"),
    [
        *(("fairlead", "missing"), ("risk-eu", "missing"), ("f" * 35, "missing")),
        *(("risk-eu-2", "mend"), ("risk-canary", "mend"), ("Risk", "mend"), ("f" * 36, "mend")),
    ],
)
def test_a_name_that_a_deploy_refuses_is_a_finding_before_the_deploy(name: str, verdict: str) -> None:
    class Missing(Site):
        @property
        def stack(self) -> NoReturn:
            raise NotFoundError(f"the stack {name} does not exist")

    found = deployment.state(Missing(Operator(stack=name)))

    assert found.verdict == verdict
    assert name in found.said


@pytest.mark.usefixtures("no_events")
@pytest.mark.parametrize(
    ("status", "first"),
    [
        ("CREATE_FAILED", DELETE),
        ("ROLLBACK_COMPLETE", DELETE),
        ("ROLLBACK_FAILED", DELETE),
        ("DELETE_FAILED", DELETE),
        ("UPDATE_ROLLBACK_COMPLETE", DEPLOY),
        ("UPDATE_ROLLBACK_FAILED", "aws cloudformation continue-update-rollback --stack-name fairlead-x"),
        ("UPDATE_FAILED", "aws cloudformation rollback-stack --stack-name fairlead-x"),
        ("REVIEW_IN_PROGRESS", DEPLOY),
        ("UPDATE_ROLLBACK_IN_PROGRESS", "fairlead doctor --stack fairlead-x"),
    ],
)
def test_each_state_of_a_stack_has_the_command_that_repairs_it(status: str, first: str) -> None:
    assert deployment.state(site(status)).mend[0] == first


def test_the_deploy_command_is_that_of_the_environment_with_the_stack() -> None:
    Path("samconfig.toml").write_text('version = 0.1\n[dev.global.parameters]\nstack_name = "fairlead-x"\n')

    assert site().deploy == "sam deploy --config-env dev"


@pytest.mark.parametrize("version", ["0.0.1", ""])
def test_a_stack_of_another_version_is_a_finding(version: str) -> None:
    found = deployment.version(site(ApiUrl="x", **({"FairleadVersion": version} if version else {})))

    assert found.verdict == "mend"
    assert found.mend[:2] == ("make build", DEPLOY)
    assert (f"# or: pip install 'fairlead=={version}'" in found.mend) == bool(version)


@pytest.mark.parametrize(("size", "verdict"), [(quotas.UNPACKED - 1, "ok"), (quotas.UNPACKED, "mend")])
def test_a_build_that_lambda_would_refuse_is_a_finding(size: int, verdict: str) -> None:
    for part in quotas.LARGEST["retrain"]:
        (quotas.BUILD / part).mkdir(parents=True)
    with (quotas.BUILD / "TrainLayer" / "big.so").open("wb") as file:
        file.truncate(size)

    assert quotas.sizes(site()).verdict == verdict


def test_sizes_without_a_build_are_not_counted_as_passed() -> None:
    assert quotas.sizes(site()).verdict == "n/a"


@pytest.mark.parametrize(
    ("verdicts", "code"),
    [
        (["ok", "n/a"], 0),
        (["ok", "missing", "n/a"], 6),
        (["ok", "mend"], 7),
        (["missing", "mend"], 7),
        (["ok", "not checked"], 7),
    ],
)
def test_the_exit_code_is_zero_only_if_nothing_is_left(verdicts: list[Any], code: int) -> None:
    assert exit_code([Diagnosis(verdict=verdict, said="") for verdict in verdicts]) == code


@pytest.mark.parametrize(
    ("arn", "told"),
    [
        ("arn:aws:iam::123456789012:user/team/ana", ("user", "ana")),
        ("arn:aws:sts::123456789012:assumed-role/ops/session", ("role", "ops")),
        ("arn:aws:iam::123456789012:root", ("user", "YOUR_USER")),
    ],
)
def test_the_caller_s_name_is_read_from_the_arn(arn: str, told: tuple[str, str]) -> None:
    assert access._identity(arn) == told


@pytest.fixture
def nothing_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("AWS_DEFAULT_REGION", raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", "none")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "none")


@pytest.mark.usefixtures("nothing_set")
def test_without_region_and_credentials_the_doctor_reports_the_region_and_skips_checks_of_aws() -> None:
    done = CliRunner().invoke(app, ["doctor", "--json"])

    told = {one["check"]: one for one in json.loads(done.stdout)["checks"]}
    assert done.exit_code == 7
    assert told.keys() == CHECKS.keys()
    assert told["region"]["mend"][0].startswith("export AWS_DEFAULT_REGION=")
    needing = ("credentials", "clock", "log-role", "stack", "policies")
    assert {told[name]["verdict"] for name in needing} == {"not checked"}


@pytest.mark.usefixtures("nothing_set")
def test_a_region_without_credentials_asks_for_these(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "eu-west-1")

    assert access.credentials(site()).verdict == "mend"


@pytest.mark.usefixtures("nothing_set")
def test_a_region_that_boto3_does_not_read_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_REGION", "eu-west-1")

    assert access.region(site()).mend == ('export AWS_DEFAULT_REGION="$AWS_REGION"',)


@pytest.mark.usefixtures("nothing_set")
@pytest.mark.parametrize("name", ["eu west 1", "-eu-west-1", "eu_west_1"])
def test_a_region_that_can_be_no_region_is_a_finding(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", name)

    found = access.region(site())
    assert (found.verdict, found.said) == ("mend", f"{name!r} is no region's name")
    assert found.mend[0].startswith("export AWS_DEFAULT_REGION=")


def test_an_unknown_check_to_skip_is_wrong_usage() -> None:
    done = CliRunner().invoke(app, ["doctor", "--skip", "moon"])

    assert done.exit_code == 2
    assert "decisions-topic" in done.stderr
