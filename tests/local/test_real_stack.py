"""The project's own template, deployed as built, before its first release."""

from pathlib import Path

import pytest

from fairlead_local.cloud import Credentials, LocalCloud
from tests.local.support import Sam, call

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def stack(sam: Sam, cloud: LocalCloud) -> Credentials:
    """A caller of the deployed stack."""
    if not (ROOT / ".aws-sam/build/template.yaml").exists():
        pytest.fail("the stack is not built: run `make build` first")
    done = sam.run(
        "deploy", "--stack-name", "real", "--resolve-s3", "--capabilities", "CAPABILITY_IAM", "--no-confirm-changeset",
        "--no-progressbar", cwd=ROOT, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout
    return cloud.add_user("real", [sam.outputs("real")["CallerPolicyArn"]])


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/health", 503),
        ("GET", "/model", 503),
        ("GET", "/nothing", 404),
        ("GET", "/", 404),
        ("GET", "/predict", 404),
    ],
)
def test_before_the_first_release_it_answers_problems(
    cloud: LocalCloud, stack: Credentials, method: str, path: str, status: int
) -> None:
    answer = call(cloud.api_url + path, stack, method=method)

    assert answer.status == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json["status"] == status


def test_what_the_gateway_refuses_is_a_problem_too(cloud: LocalCloud, stack: Credentials) -> None:
    unsigned = call(f"{cloud.api_url}/predict", None)
    denied = call(f"{cloud.api_url}/predict", cloud.add_user("nobody"))

    assert (unsigned.status, unsigned.json["code"]) == (403, "unsigned")
    assert (denied.status, denied.json["code"]) == (403, "access_denied")
    assert unsigned.headers["content-type"] == denied.headers["content-type"] == "application/problem+json"
