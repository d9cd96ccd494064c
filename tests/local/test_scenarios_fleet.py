"""Two models in one account: a stack each, one registry, one domain, one alarm topic, one list."""

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import boto3
import pytest

from fairlead import Client
from fairlead_cli.samconfig import add_environment
from tests import quick_publishing
from tests.local.commands import STACK
from tests.local.packing import deploy
from tests.local.release_stack import PATIENT, ROW, Scene, X, Y
from tests.local.support import ROOT, call

pytestmark = pytest.mark.xdist_group("scenarios")

DOMAIN = "ml.example.com"
CERTIFICATE = "arn:aws:acm:us-east-1:123456789012:certificate/0"


@pytest.fixture(scope="module")
def tumour(stage: Scene, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """A second stack, as `fairlead fleet add` prepares it, with the first one's registry; its outputs."""
    cloudformation: Any = stage.cloud.client("cloudformation")
    cloudformation.create_stack(
        StackName="domain-ml", TemplateBody=(ROOT / "bootstrap-domain.yaml").read_text(),
        Parameters=[{"ParameterKey": "DomainName", "ParameterValue": DOMAIN},
                    {"ParameterKey": "CertificateArn", "ParameterValue": CERTIFICATE}],
    )  # fmt: skip
    topic = stage.cloud.client("sns").create_topic(Name="alarms")["TopicArn"]
    folder = tmp_path_factory.mktemp("fleet")
    for name in ("samconfig.toml", "template.yaml"):
        (folder / name).write_bytes((ROOT / name).read_bytes())
    shared = [f"RegistryBucket={stage.outputs['BucketName']}", f"DomainName={DOMAIN}", f"AlarmTopicArn={topic}"]
    add_environment(folder / "samconfig.toml", "tumour", [*shared, *PATIENT, "BasePath=cells", "Watch=lean"])
    made = tomllib.loads((folder / "samconfig.toml").read_text())["tumour"]["deploy"]["parameters"]
    overrides = made["parameter_overrides"].split()
    return deploy(stage.cloud, stage.packed, "tumour", overrides)


@pytest.fixture(scope="module")
def fleet(stage: Scene, tumour: dict[str, str]) -> Iterator[list[dict[str, Any]]]:
    """Both models live, a version each; the rows that `fairlead fleet --json` shows after calls of the first."""
    from sklearn.linear_model import LogisticRegression

    from fairlead.publishing import publish

    stage.standing(stage.versions[0])
    environment = stage.cloud.environment() | {"FAIRLEAD_STACK": "tumour"}
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        patch.delenv("FAIRLEAD_API_URL", raising=False)
        patch.delenv("FAIRLEAD_BUCKET", raising=False)
        quick_publishing.give_budget(patch)
        publish.publish(LogisticRegression(max_iter=500).fit(X, Y), name="tumour", X=X, y=Y)
        stage.did("release", "tumour", 1, "--strategy", "all-at-once", "--wait", "--stack", "tumour", who="admin")
        stage.calls(4)

        def listed() -> list[dict[str, Any]]:
            rows: list[dict[str, Any]] = json.loads(stage.did("fleet", "--json", who="admin"))["stacks"]
            return rows if rows[0]["requests"] >= 4 else []

        yield stage.until(listed)


def test_the_fleet_has_a_row_a_stack(fleet: list[dict[str, Any]], stage: Scene) -> None:
    first, second = fleet

    assert [(one["stack"], one["model"], one["problems"]) for one in fleet] == [
        (STACK, "iris", []),
        ("tumour", "tumour", []),
    ]
    assert (first["version"], second["version"]) == (stage.versions[0], 1)
    assert all(one["since"] for one in fleet)
    assert (first["error_share"], second["requests"]) == (0, 0)
    assert 0 < first["latency_ms"] < 60_000
    assert (first["idle_dollars"], second["idle_dollars"]) == (4.02, 1.22)
    assert second["alarms"] == []


def test_table_and_page_show_both(fleet: list[dict[str, Any]], stage: Scene, tmp_path: Path) -> None:
    shown = stage.did("fleet", "--html", tmp_path / "fleet.html", who="admin")

    assert [line.split()[:2] for line in shown.splitlines()[1:]] == [[STACK, "iris"], ["tumour", "tumour"]]
    page = (tmp_path / "fleet.html").read_text()
    assert all(f">{one['stack']}<" in page for one in fleet)


def test_a_domain_s_path_reaches_its_model_by_signed_calls(
    fleet: list[dict[str, Any]], tumour: dict[str, str], stage: Scene
) -> None:
    """The signature is for the host and the path as they were called; the right is on the API's own resource."""
    assert tumour["ApiUrl"] == f"https://{DOMAIN}/cells"
    caller = stage.cloud.add_user("tumour-caller", [tumour["CallerPolicyArn"]])
    base = stage.cloud.api_url.rpartition("/")[0]
    answer = call(f"{base}/cells/predict", caller, body={"instances": ROW}, headers={"Host": DOMAIN})
    assert (answer.status, answer.json["model"]) == (200, "tumour")
    assert call(f"{base}/cells/predict", stage.people["caller"], body={"instances": ROW}).status == 403

    session = boto3.Session(caller.access_key_id, caller.secret_access_key, region_name="us-east-1")
    client = Client(f"{base}/cells", session=session)
    assert client.predict(X.head(3)).model == "tumour"
    document = call(f"{base}/cells/openapi.json", caller, method="GET", headers={"Host": DOMAIN}).json
    assert document["servers"] == [{"url": f"http://{DOMAIN}/cells"}]


def test_both_models_are_in_one_registry_and_each_stack_has_a_journal(
    fleet: list[dict[str, Any]], stage: Scene
) -> None:
    versions = json.loads(stage.did("versions", "--json", who="admin"))
    assert {"iris", "tumour"} <= {one["model"] for one in versions}
    for stack in ("tumour", fleet[0]["stack"]):
        assert (
            stage.fairlead(
                "history", "--verify", "tumour" if stack == "tumour" else "iris", "--stack", stack, who="admin"
            ).exit_code
            == 0
        )
