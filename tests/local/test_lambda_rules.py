"""Lambda's API is as strict as AWS where a release depends on it; error codes are those of botocore's model."""

import itertools
import time
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.support import ROLE, archive, create, settled, until

NAMES = (f"rules-{number}" for number in itertools.count())
CODE = archive(app="def handler(event, context):\n    return context.function_version\n")


@pytest.fixture
def name(functions: Any) -> str:
    """A fresh function, settled."""
    return create(functions, next(NAMES))


def update(functions: Any, name: str, **settings: Any) -> dict[str, Any]:
    functions.update_function_configuration(FunctionName=name, **settings)
    return settled(functions, name)


def publish(functions: Any, name: str, description: str) -> str:
    """A new version: the description makes it differ from the last."""
    update(functions, name, Description=description)
    return str(functions.publish_version(FunctionName=name)["Version"])


def refusal(call: Callable[..., Any], operation: str, functions: Any, **parameters: Any) -> dict[str, Any]:
    """The error a call is refused with, whose code the operation's model must know."""
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


@pytest.mark.parametrize(
    ("operation", "method", "extra"),
    [
        ("UpdateFunctionConfiguration", "update_function_configuration", {"Timeout": 4}),
        ("UpdateFunctionCode", "update_function_code", {"ZipFile": CODE}),
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
        ("UpdateFunctionCode", "update_function_code", {"ZipFile": CODE}),
        ("PublishVersion", "publish_version", {}),
    ],
)
def test_nothing_else_happens_while_an_update_is_in_progress(
    functions: Any, name: str, operation: str, method: str, extra: Any
) -> None:
    functions.update_function_configuration(FunctionName=name, Timeout=7)

    refused = refusal(getattr(functions, method), operation, functions, FunctionName=name, **extra)

    assert (refused["code"], refused["status"]) == ("ResourceConflictException", 409)
    assert "An update is in progress" in refused["message"]


def test_publishing_guards_the_code_it_expects(functions: Any, name: str) -> None:
    digest = functions.get_function_configuration(FunctionName=name)["CodeSha256"]
    refused = refusal(functions.publish_version, "PublishVersion", functions, FunctionName=name, CodeSha256="other")

    assert refused["code"] == "InvalidParameterValueException"
    assert f"different from current CodeSHA256 in $LATEST ({digest})" in refused["message"]
    assert functions.publish_version(FunctionName=name, CodeSha256=digest)["Version"] == "1"


def test_publishing_what_is_published_gives_that_version_again(functions: Any, name: str) -> None:
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


def test_a_version_keeps_what_was_frozen(functions: Any, name: str) -> None:
    update(functions, name, Environment={"Variables": {"A": "1", "B": "1"}})
    functions.publish_version(FunctionName=name)
    update(functions, name, Environment={"Variables": {"A": "2"}})

    frozen = functions.get_function_configuration(FunctionName=name, Qualifier="1")
    latest = functions.get_function_configuration(FunctionName=name)
    assert frozen["Environment"]["Variables"] == {"A": "1", "B": "1"}
    assert latest["Environment"]["Variables"] == {"A": "2"}, "the map is replaced whole"


def test_layers_are_replaced_as_a_whole(functions: Any, name: str) -> None:
    first, second = (
        functions.publish_layer_version(LayerName=f"{name}-{word}", Content={"ZipFile": CODE})["LayerVersionArn"]
        for word in ("first", "second")
    )
    update(functions, name, Layers=[first, second])
    changed = update(functions, name, Layers=[second])

    assert [layer["Arn"] for layer in changed["Layers"]] == [second]


def test_a_stale_alias_revision_is_refused(functions: Any, name: str) -> None:
    functions.publish_version(FunctionName=name)
    alias = functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")
    moved = functions.update_alias(FunctionName=name, Name="live", Description="moved", RevisionId=alias["RevisionId"])

    refused = refusal(
        functions.update_alias, "UpdateAlias", functions, FunctionName=name, Name="live", RevisionId=alias["RevisionId"]
    )

    assert (refused["code"], refused["status"]) == ("PreconditionFailedException", 412)
    assert moved["RevisionId"] != alias["RevisionId"]


@pytest.mark.parametrize(
    ("version", "weights", "reason"),
    [
        ("1", {"2": 0.1, "3": 0.1}, "cannot be greater than 1"),
        ("1", {"2": 1.5}, "between 0.0 and 1.0"),
        ("$LATEST", {"1": 0.5}, "$LATEST is not supported"),
        ("1", {"1": 0.5}, "already included"),
    ],
)
def test_an_alias_has_at_most_two_published_versions(
    functions: Any, name: str, version: str, weights: dict[str, float], reason: str
) -> None:
    for description in ("one", "two", "three"):
        publish(functions, name, description)
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1")

    refused = refusal(
        functions.update_alias, "UpdateAlias", functions, FunctionName=name, Name="live", FunctionVersion=version,
        RoutingConfig={"AdditionalVersionWeights": weights},
    )  # fmt: skip

    assert refused["code"] == "InvalidParameterValueException"
    assert reason in refused["message"]


def test_weights_stay_until_an_empty_routing_clears_them(functions: Any, name: str) -> None:
    publish(functions, name, "one")
    publish(functions, name, "two")
    weights = {"AdditionalVersionWeights": {"2": 0.25}}
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1", RoutingConfig=weights)

    kept = functions.update_alias(FunctionName=name, Name="live", Description="no routing given")
    cleared = functions.update_alias(FunctionName=name, Name="live", RoutingConfig={"AdditionalVersionWeights": {}})

    assert kept["RoutingConfig"] == weights
    assert "RoutingConfig" not in cleared


def test_an_alias_needs_a_version_that_exists(functions: Any, name: str) -> None:
    refused = refusal(
        functions.create_alias, "CreateAlias", functions, FunctionName=name, Name="live", FunctionVersion="9"
    )

    assert (refused["code"], refused["status"]) == ("ResourceNotFoundException", 404)


def test_a_version_an_alias_points_to_cannot_be_deleted(functions: Any, name: str) -> None:
    publish(functions, name, "one")
    publish(functions, name, "two")
    weights = {"AdditionalVersionWeights": {"2": 0.0}}
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1", RoutingConfig=weights)

    for version in ("1", "2"):
        refused = refusal(functions.delete_function, "DeleteFunction", functions, FunctionName=name, Qualifier=version)
        assert (refused["code"], refused["status"]) == ("ResourceConflictException", 409)

    functions.delete_alias(FunctionName=name, Name="live")
    functions.delete_function(FunctionName=name, Qualifier="1")
    assert publish(functions, name, "three") == "3", "numbers are never used again"


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"Environment": {"Variables": {"BIG": "x" * 4096}}}, "exceeded the 4KB limit"),
        ({"Environment": {"Variables": {"AWS_REGION": "eu-west-1"}}}, "reserved keys"),
        ({"Runtime": "python3.9"}, "python3.13 only"),
    ],
)
def test_a_configuration_lambda_refuses_is_refused(
    functions: Any, name: str, settings: dict[str, Any], reason: str
) -> None:
    refused = refusal(
        functions.update_function_configuration, "UpdateFunctionConfiguration", functions, FunctionName=name, **settings
    )

    assert refused["code"] == "InvalidParameterValueException"
    assert reason in refused["message"]


def test_at_most_five_layers(functions: Any, name: str) -> None:
    layers = [
        functions.publish_layer_version(LayerName=f"{name}-{number}", Content={"ZipFile": CODE})["LayerVersionArn"]
        for number in range(6)
    ]

    refused = refusal(
        functions.update_function_configuration, "UpdateFunctionConfiguration", functions, FunctionName=name,
        Layers=layers,
    )  # fmt: skip

    assert "more than 5 layers" in refused["message"]
    assert len(update(functions, name, Layers=layers[:5])["Layers"]) == 5


def test_code_and_layers_may_not_unzip_to_more_than_the_limit(functions: Any, name: str) -> None:
    """Two layers of 131,072,001 bytes each, which is one byte more together than Lambda allows."""
    zeros = archive(zeros=b"\0" * 131_072_001)
    layers = [
        functions.publish_layer_version(LayerName=f"{name}-{word}", Content={"ZipFile": zeros})["LayerVersionArn"]
        for word in ("first", "second")
    ]

    refused = refusal(
        functions.update_function_configuration, "UpdateFunctionConfiguration", functions, FunctionName=name,
        Layers=layers,
    )  # fmt: skip

    assert refused["code"] == "InvalidParameterValueException"
    assert "exceeds the maximum allowed size of 262144000 bytes" in refused["message"]


def test_a_function_that_is_being_created_cannot_be_invoked_yet(functions: Any) -> None:
    name = next(NAMES)
    functions.create_function(
        FunctionName=name, Runtime="python3.13", Handler="app.handler", Role=ROLE, Code={"ZipFile": CODE}
    )

    refused = refusal(functions.invoke, "Invoke", functions, FunctionName=name)

    assert (refused["code"], refused["status"]) == ("ResourceConflictException", 409)


def test_an_operation_that_is_not_implemented_says_so_by_name(functions: Any, name: str) -> None:
    with pytest.raises(ClientError, match="does not implement lambda:GetAccountSettings"):
        functions.get_account_settings()


def test_snapstart_runs_the_init_when_publishing(functions: Any) -> None:
    """A published version is told that it starts from a snapshot; `$LATEST` never does."""
    code = archive(app="import os\nINIT = os.environ['AWS_LAMBDA_INITIALIZATION_TYPE']\n"
                       "def handler(event, context):\n    return INIT\n")  # fmt: skip
    name = create(functions, next(NAMES), Code={"ZipFile": code}, SnapStart={"ApplyOn": "PublishedVersions"})

    published = functions.publish_version(FunctionName=name)
    state = until(lambda: settled_version(functions, name, "1"))

    assert published["SnapStart"] == {"ApplyOn": "PublishedVersions", "OptimizationStatus": "On"}
    assert state["State"] == "Active"
    assert functions.invoke(FunctionName=name, Qualifier="1")["Payload"].read() == b'"snap-start"'
    assert functions.invoke(FunctionName=name)["Payload"].read() == b'"on-demand"'


def test_an_init_that_fails_under_snapstart_makes_the_version_failed(functions: Any) -> None:
    code = archive(app="raise RuntimeError('no model')\n")
    name = create(functions, next(NAMES), Code={"ZipFile": code}, SnapStart={"ApplyOn": "PublishedVersions"})

    functions.publish_version(FunctionName=name)
    state = until(lambda: settled_version(functions, name, "1"))

    assert (state["State"], state["StateReasonCode"]) == ("Failed", "FunctionError.RuntimeInitError")
    assert "no model" in state["StateReason"]
    refused = refusal(functions.invoke, "Invoke", functions, FunctionName=name, Qualifier="1")
    assert refused["code"] == "ResourceConflictException"


def settled_version(functions: Any, name: str, number: str) -> dict[str, Any] | None:
    state: dict[str, Any] = functions.get_function_configuration(FunctionName=name, Qualifier=number)
    time.sleep(0.02)
    return state if state["State"] != "Pending" else None
