"""Lambda's limits on a configuration."""

from typing import Any

import pytest

from tests.local.support import NOTHING, archive, refusal, update


@pytest.mark.parametrize(
    ("settings", "reason"),
    [
        ({"Environment": {"Variables": {"BIG": "x" * 4096}}}, "exceeded the 4KB limit"),
        ({"Environment": {"Variables": {"AWS_REGION": "eu-west-1"}}}, "reserved keys"),
        ({"Runtime": "python3.9"}, "python3.13 only"),
    ],
)
def test_invalid_configuration_is_refused(functions: Any, name: str, settings: dict[str, Any], reason: str) -> None:
    refused = refusal(
        functions.update_function_configuration, "UpdateFunctionConfiguration", functions, FunctionName=name, **settings
    )

    assert refused["code"] == "InvalidParameterValueException"
    assert reason in refused["message"]


def test_sixth_layer_is_refused(functions: Any, name: str) -> None:
    layers = [
        functions.publish_layer_version(LayerName=f"{name}-{number}", Content={"ZipFile": NOTHING})["LayerVersionArn"]
        for number in range(6)
    ]

    refused = refusal(
        functions.update_function_configuration, "UpdateFunctionConfiguration", functions, FunctionName=name,
        Layers=layers,
    )  # fmt: skip

    assert "more than 5 layers" in refused["message"]
    assert len(update(functions, name, Layers=layers[:5])["Layers"]) == 5


def test_code_and_layers_over_the_unzipped_limit_are_refused(functions: Any, name: str) -> None:
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


def test_the_account_shows_its_limits_and_the_code_storage_in_use(functions: Any, name: str) -> None:
    """Each published version takes storage of its own; reserved concurrency is taken from the rest."""
    before = functions.get_account_settings()

    version = functions.publish_version(FunctionName=name)
    functions.put_function_concurrency(FunctionName=name, ReservedConcurrentExecutions=400)
    after = functions.get_account_settings()
    functions.delete_function_concurrency(FunctionName=name)

    assert before["AccountLimit"]["TotalCodeSize"] == 75 * 1024**3
    assert before["AccountLimit"]["ConcurrentExecutions"] == 1000
    free = [one["AccountLimit"]["UnreservedConcurrentExecutions"] for one in (before, after)]
    assert free[0] - free[1] == 400
    assert after["AccountUsage"]["TotalCodeSize"] - before["AccountUsage"]["TotalCodeSize"] == version["CodeSize"]
