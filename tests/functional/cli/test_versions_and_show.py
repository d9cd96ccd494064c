"""fairlead versions and fairlead show, on moto."""

from datetime import timedelta, timezone

import msgspec
import pytest

from fairlead.aws.stack import Stack
from fairlead.registry.store import Registry
from tests.functional.command_line import fairlead, result
from tests.functional.session import connect
from tests.functional.strict_lambda import StrictLambda


def test_versions_without_a_name_lists_the_models(registry: Registry) -> None:
    assert result("versions") == [{"model": "churn", "latest": 3}, {"model": "penguins", "latest": 1}]
    lines = fairlead("versions").stdout.splitlines()
    assert [line.split() for line in lines] == [["model", "latest"], ["churn", "3"], ["penguins", "1"]]


def test_an_empty_registry_prints_a_line_and_exits_with_0(deployed_stack: Stack) -> None:
    done = fairlead("versions")

    assert (done.exit_code, done.stdout) == (0, "")
    assert "no model has been published yet" in done.stderr


def test_versions_lists_newest_first_and_marks_live_and_previous(registry: Registry, lambda_: StrictLambda) -> None:
    fairlead("release", "churn", 1)
    fairlead("release", "churn", 3)

    listed = result("versions", "churn")
    table = fairlead("versions", "churn").stdout.splitlines()

    assert [(one["version"], one["role"]) for one in listed] == [(3, "live"), (2, ""), (1, "previous")]
    assert listed[0]["digest"] == f"sha256:{registry.manifest('churn', 3)[1]}"
    assert [line.split()[0] for line in table] == ["version", "3", "2", "1"]
    assert "live" in table[1]
    assert "ada" in table[1]


def test_versions_are_listed_without_a_stack_too(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FAIRLEAD_BUCKET", "registry")

    done = fairlead("versions", "churn", "--stack", "gone")

    assert done.exit_code == 0
    assert "the live release is unknown" in done.stderr
    assert len(done.stdout.splitlines()) == 4


def test_a_damaged_version_is_listed_as_such_beside_the_others(
    registry: Registry, deployed_stack: Stack, lambda_: StrictLambda
) -> None:
    connect("s3").put_object(Bucket=deployed_stack.bucket, Key="models/churn/versions/2.json", Body=b'{"schema": 9}')

    listed = {one["version"]: one for one in result("versions", "churn")}

    assert "schema 9" in listed[2]["error"]
    assert "error" not in listed[1]
    assert fairlead("versions", "churn").exit_code == 0


def test_an_unknown_model_is_an_error_with_a_hint(registry: Registry) -> None:
    done = fairlead("versions", "nobody")

    assert (done.exit_code, done.stdout) == (6, "")
    assert "there is no model 'nobody'" in done.stderr
    assert "fairlead versions" in done.stderr


def test_show_without_version_prints_the_latest(registry: Registry) -> None:
    manifest, sha256 = registry.manifest("churn", 3)

    document = result("show", "churn")
    printed = fairlead("show", "churn").stdout

    assert (document["version"], document["digest"]) == (3, f"sha256:{sha256}")
    assert document["parent"]["sha256"] == registry.manifest("churn", 2)[1]
    assert document["signature"]["inputs"][0]["name"] == "x"
    for fact in (
        sha256,
        "churn version 3",
        "version 2",
        "sklearn.svm.SVC",
        "basic, plus",
        manifest.blobs["onnx"].sha256,
    ):
        assert fact in printed


def test_versions_and_show_print_creation_in_utc(
    registry: Registry, deployed_stack: Stack, lambda_: StrictLambda
) -> None:
    """GIVEN a manifest whose time has an offset of two hours, THEN both commands print the same moment in UTC."""
    manifest, _ = registry.manifest("churn", 3)
    east = timezone(timedelta(hours=2))
    offset = msgspec.structs.replace(manifest, created=manifest.created.astimezone(east))
    key = "models/churn/versions/3.json"
    connect("s3").put_object(Bucket=deployed_stack.bucket, Key=key, Body=msgspec.json.encode(offset))

    assert "+02:00" in msgspec.json.encode(offset).decode()
    assert "2026-11-23 12:00Z" in fairlead("versions", "churn").stdout.splitlines()[1]
    assert "2026-11-23 12:00:00Z by ada" in fairlead("show", "churn").stdout


def test_show_names_one_version(registry: Registry) -> None:
    assert result("show", "churn", 1)["version"] == 1
    done = fairlead("show", "churn", 9)
    assert (done.exit_code, done.stdout) == (6, "")
    assert "'churn' has no version 9" in done.stderr


def test_stack_that_is_not_deployed_names_the_command_to_run(moto: None) -> None:
    done = fairlead("show", "churn")

    assert done.exit_code == 6
    assert "no stack 'fairlead'" in done.stderr
    assert "sam build && sam deploy" in done.stderr
