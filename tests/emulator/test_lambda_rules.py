"""Lambda's rules that a release depends on; error codes are those of botocore's model."""

import time
from typing import Any

import pytest
from botocore.exceptions import ClientError

from fairlead_local.cloud import LocalCloud
from tests.local.support import NOTHING, ROLE, archive, create, publish, refusal, settled, until, update


@pytest.mark.parametrize(
    ("operation", "method", "extra"),
    [
        ("UpdateFunctionConfiguration", "update_function_configuration", {"Timeout": 4}),
        ("UpdateFunctionCode", "update_function_code", {"ZipFile": NOTHING}),
        ("PublishVersion", "publish_version", {}),
    ],
)
def test_a_stale_revision_is_refused(functions: Any, name: str, operation: str, method: str, extra: Any) -> None:
    stale = functions.get_function_configuration(FunctionName=name)["RevisionId"]
    update(functions, name, Timeout=5)

    refused = refusal(getattr(functions, method), operation, functions, FunctionName=name, RevisionId=stale, **extra)

    assert (refused["code"], refused["status"]) == ("PreconditionFailedException", 412)


def test_the_present_revision_is_accepted(functions: Any, name: str) -> None:
    revision = functions.get_function_configuration(FunctionName=name)["RevisionId"]

    assert functions.publish_version(FunctionName=name, RevisionId=revision)["Version"] == "1"


def test_the_revision_changes_with_an_update_and_again_when_it_settles(functions: Any, name: str) -> None:
    before = functions.get_function_configuration(FunctionName=name)["RevisionId"]
    updating = functions.update_function_configuration(FunctionName=name, Timeout=6)
    after = settled(functions, name)

    assert updating["LastUpdateStatus"] == "InProgress"
    assert len({before, updating["RevisionId"], after["RevisionId"]}) == 3


@pytest.mark.parametrize(
    ("operation", "method", "extra"),
    [
        ("UpdateFunctionConfiguration", "update_function_configuration", {"Timeout": 4}),
        ("UpdateFunctionCode", "update_function_code", {"ZipFile": NOTHING}),
        ("PublishVersion", "publish_version", {}),
    ],
)
def test_second_update_during_an_update_is_refused(
    functions: Any, name: str, operation: str, method: str, extra: Any
) -> None:
    functions.update_function_configuration(FunctionName=name, Timeout=7)

    refused = refusal(getattr(functions, method), operation, functions, FunctionName=name, **extra)

    assert (refused["code"], refused["status"]) == ("ResourceConflictException", 409)
    assert "An update is in progress" in refused["message"]


def test_publish_with_another_code_digest_is_refused(functions: Any, name: str) -> None:
    digest = functions.get_function_configuration(FunctionName=name)["CodeSha256"]
    refused = refusal(functions.publish_version, "PublishVersion", functions, FunctionName=name, CodeSha256="other")

    assert refused["code"] == "InvalidParameterValueException"
    assert f"different from current CodeSHA256 in $LATEST ({digest})" in refused["message"]
    assert functions.publish_version(FunctionName=name, CodeSha256=digest)["Version"] == "1"


def test_publish_without_changes_returns_the_last_version(functions: Any, name: str) -> None:
    first = functions.publish_version(FunctionName=name)
    again = functions.publish_version(FunctionName=name)

    assert (first["Version"], again["Version"]) == ("1", "1")
    assert publish(functions, name, "changed") == "2"


def test_a_version_is_pending_then_active(functions: Any, name: str) -> None:
    published = functions.publish_version(FunctionName=name)
    functions.get_waiter("published_version_active").wait(
        FunctionName=name, Qualifier="1", WaiterConfig={"Delay": 1, "MaxAttempts": 5}
    )

    assert published["State"] == "Pending"
    assert functions.get_function_configuration(FunctionName=name, Qualifier="1")["State"] == "Active"


def test_published_version_is_immutable(functions: Any, name: str) -> None:
    update(functions, name, Environment={"Variables": {"A": "1", "B": "1"}})
    functions.publish_version(FunctionName=name)
    update(functions, name, Environment={"Variables": {"A": "2"}})

    frozen = functions.get_function_configuration(FunctionName=name, Qualifier="1")
    latest = functions.get_function_configuration(FunctionName=name)
    assert frozen["Environment"]["Variables"] == {"A": "1", "B": "1"}
    assert latest["Environment"]["Variables"] == {"A": "2"}, "the map is replaced whole"


def test_layers_are_replaced_as_a_whole(functions: Any, name: str) -> None:
    first, second = (
        functions.publish_layer_version(LayerName=f"{name}-{word}", Content={"ZipFile": NOTHING})["LayerVersionArn"]
        for word in ("first", "second")
    )
    update(functions, name, Layers=[first, second])
    changed = update(functions, name, Layers=[second])

    assert [layer["Arn"] for layer in changed["Layers"]] == [second]


def test_a_function_that_is_being_created_cannot_be_invoked_yet(functions: Any, new_name: str) -> None:
    functions.create_function(
        FunctionName=new_name, Runtime="python3.13", Handler="app.handler", Role=ROLE, Code={"ZipFile": NOTHING}
    )

    refused = refusal(functions.invoke, "Invoke", functions, FunctionName=new_name)

    assert (refused["code"], refused["status"]) == ("ResourceConflictException", 409)


def test_operation_without_handler_is_refused_by_name(functions: Any) -> None:
    with pytest.raises(ClientError, match="does not implement lambda:ListCodeSigningConfigs"):
        functions.list_code_signing_configs()


def test_snapstart_runs_the_init_when_publishing(functions: Any, new_name: str) -> None:
    """The environment of a published version says that it starts from a snapshot; that of `$LATEST` does not."""
    code = archive(app="import os\nINIT = os.environ['AWS_LAMBDA_INITIALIZATION_TYPE']\n"
                       "def handler(event, context):\n    return INIT\n")  # fmt: skip
    name = create(functions, new_name, Code={"ZipFile": code}, SnapStart={"ApplyOn": "PublishedVersions"})

    published = functions.publish_version(FunctionName=name)
    state = until(lambda: settled_version(functions, name, "1"))

    assert published["SnapStart"] == {"ApplyOn": "PublishedVersions", "OptimizationStatus": "On"}
    assert state["State"] == "Active"
    assert functions.invoke(FunctionName=name, Qualifier="1")["Payload"].read() == b'"snap-start"'
    assert functions.invoke(FunctionName=name)["Payload"].read() == b'"on-demand"'


def test_failed_init_with_snapstart_fails_the_version(functions: Any, new_name: str) -> None:
    code = archive(app="raise RuntimeError('no model')\n")
    name = create(functions, new_name, Code={"ZipFile": code}, SnapStart={"ApplyOn": "PublishedVersions"})

    functions.publish_version(FunctionName=name)
    state = until(lambda: settled_version(functions, name, "1"))

    assert (state["State"], state["StateReasonCode"]) == ("Failed", "FunctionError.RuntimeInitError")
    assert "no model" in state["StateReason"]
    refused = refusal(functions.invoke, "Invoke", functions, FunctionName=name, Qualifier="1")
    assert refused["code"] == "ResourceConflictException"


def test_inactive_version_refuses_the_call_that_reactivates_it(
    cloud: LocalCloud, functions: Any, new_name: str
) -> None:
    name = create(functions, new_name, SnapStart={"ApplyOn": "PublishedVersions"})
    functions.publish_version(FunctionName=name)
    until(lambda: settled_version(functions, name, "1"))
    cloud.make_inactive(name, "1")
    assert functions.get_function_configuration(FunctionName=name, Qualifier="1")["State"] == "Inactive"

    refused = refusal(functions.invoke, "Invoke", functions, FunctionName=name, Qualifier="1")
    state = until(lambda: settled_version(functions, name, "1"))

    assert (refused["code"], refused["status"], state["State"]) == ("SnapStartNotReadyException", 409, "Active")
    assert functions.invoke(FunctionName=name, Qualifier="1")["Payload"].read() == b'"1"'
    with pytest.raises(ValueError, match="Function not found"):
        cloud.make_inactive(name, "7")


def settled_version(functions: Any, name: str, number: str) -> dict[str, Any] | None:
    state: dict[str, Any] = functions.get_function_configuration(FunctionName=name, Qualifier=number)
    time.sleep(0.02)
    return state if state["State"] != "Pending" else None
