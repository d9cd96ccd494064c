"""Function processes: frozen code and environment, errors, concurrency, logs and metrics."""

import base64
import json
import os
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from botocore.exceptions import ClientError

from fairlead_local.cloud import LocalCloud
from tests.local.support import Toy, archive, create, settled, until


def facts(functions: Any, name: str, payload: dict[str, Any] | None = None, **more: Any) -> Any:
    answer = functions.invoke(FunctionName=name, Payload=json.dumps(payload or {}).encode(), **more)
    return json.loads(answer["Payload"].read())


def test_process_imports_its_code_and_layers_only(functions: Any, toy: Toy) -> None:
    seen = facts(functions, toy.function)

    assert seen["word"] == "second", "a later layer lies over an earlier one"
    assert seen["importable"] == {
        "only_first": True, "awslambdaric": True, "boto3": False, "moto": False, "fairlead_local": False,
    }  # fmt: skip


def test_environment_has_lambdas_and_the_functions_variables(cloud: LocalCloud, functions: Any, toy: Toy) -> None:
    seen = facts(functions, toy.function, Qualifier="live")["environment"]

    assert seen["WORD"] == "one"
    assert seen["AWS_LAMBDA_FUNCTION_NAME"] == toy.function
    assert seen["AWS_LAMBDA_FUNCTION_VERSION"] == "1"
    assert seen["AWS_LAMBDA_FUNCTION_MEMORY_SIZE"] == "256"
    assert seen["AWS_LAMBDA_INITIALIZATION_TYPE"] == "on-demand"
    assert seen["AWS_REGION"] == seen["AWS_DEFAULT_REGION"] == "us-east-1"
    assert seen["AWS_ENDPOINT_URL"] == cloud.endpoint_url
    assert "PYTEST_CURRENT_TEST" not in seen
    assert "VIRTUAL_ENV" not in seen


def test_qualifier_selects_the_version(functions: Any, toy: Toy) -> None:
    by_alias = functions.invoke(FunctionName=toy.function, Qualifier="live", Payload=b"{}")
    by_name = functions.invoke(FunctionName=f"{toy.function}:live", Payload=b"{}")
    latest = functions.invoke(FunctionName=toy.function, Payload=b"{}")

    assert (by_alias["ExecutedVersion"], by_name["ExecutedVersion"], latest["ExecutedVersion"]) == ("1", "1", "$LATEST")
    assert json.loads(by_alias["Payload"].read())["arn"].endswith(f":function:{toy.function}:live")
    with pytest.raises(ClientError) as caught:
        functions.invoke(FunctionName=toy.function, Qualifier="nobody")
    assert caught.value.response["Error"]["Code"] == "ResourceNotFoundException"


def test_alias_selects_versions_by_its_weights(functions: Any, toy: Toy) -> None:
    """300 draws at 0.3: outside of 50 to 130 less than once in ten million runs."""
    name = "weights"
    code = archive(app="def handler(event, context):\n    return None\n")
    create(functions, name, Code={"ZipFile": code})
    functions.publish_version(FunctionName=name)
    functions.update_function_configuration(FunctionName=name, Description="two")
    settled(functions, name)
    functions.publish_version(FunctionName=name)
    weights = {"AdditionalVersionWeights": {"2": 0.3}}
    functions.create_alias(FunctionName=name, Name="live", FunctionVersion="1", RoutingConfig=weights)
    settled(functions, name, qualifier="2")

    drawn = Counter(functions.invoke(FunctionName=name, Qualifier="live")["ExecutedVersion"] for _ in range(300))

    assert 50 < drawn["2"] < 130
    assert drawn.total() == drawn["1"] + drawn["2"] == 300


def test_function_error_has_its_stack_trace(functions: Any, toy: Toy) -> None:
    answer = functions.invoke(FunctionName=toy.function, Payload=b'{"raise": "as asked"}')
    error = json.loads(answer["Payload"].read())

    assert (answer["StatusCode"], answer["FunctionError"]) == (200, "Unhandled")
    assert (error["errorType"], error["errorMessage"]) == ("ValueError", "as asked")
    assert "handler" in error["stackTrace"][0]


def test_function_over_its_timeout_is_killed_and_the_next_call_served(functions: Any, toy: Toy) -> None:
    before = facts(functions, toy.function)["pid"]
    late = functions.invoke(FunctionName=toy.function, Payload=b'{"sleep": 30}')
    after = facts(functions, toy.function)["pid"]

    assert "Task timed out after 3.00 seconds" in json.loads(late["Payload"].read())["errorMessage"]
    assert before != after
    assert not os.path.exists(f"/proc/{before}")


def test_a_process_that_exits_is_an_error_and_the_next_call_served(functions: Any, toy: Toy) -> None:
    answer = functions.invoke(FunctionName=toy.function, Payload=b'{"exit": 3}')

    assert json.loads(answer["Payload"].read()) == {
        "errorType": "Runtime.ExitError", "errorMessage": "Runtime exited with error: exit status 3",
    }  # fmt: skip
    assert facts(functions, toy.function)["word"] == "second"


def test_an_answer_over_six_megabytes_is_an_error(functions: Any, toy: Toy) -> None:
    answer = functions.invoke(FunctionName=toy.function, Payload=b'{"size": 6291557}')

    assert json.loads(answer["Payload"].read())["errorType"] == "Function.ResponseSizeTooLarge"


def test_calls_at_the_same_time_get_processes_of_their_own(functions: Any, toy: Toy) -> None:
    with ThreadPoolExecutor(3) as workers:
        pids = list(workers.map(lambda _: facts(functions, toy.function, {"sleep": 0.5})["pid"], "abc"))

    assert len(set(pids)) == 3


def test_an_event_invocation_is_accepted_and_runs(cloud: LocalCloud, functions: Any, toy: Toy) -> None:
    answer = functions.invoke(FunctionName=toy.function, InvocationType="Event", Payload=b'{"log": "ran later"}')

    assert (answer["StatusCode"], answer["Payload"].read()) == (202, b"")
    until(lambda: "ran later" in messages(cloud, toy))


def test_log_lines_are_between_start_and_report(cloud: LocalCloud, functions: Any, toy: Toy) -> None:
    answer = functions.invoke(FunctionName=toy.function, LogType="Tail", Payload=b'{"log": "a line of its own"}')
    tail = base64.b64decode(answer["LogResult"]).decode().splitlines()

    assert tail[0].startswith("START RequestId: ")
    assert "a line of its own" in tail
    assert tail[-1].startswith("REPORT RequestId: ")
    assert "a line of its own" in messages(cloud, toy), "a read finds what was printed before it"


def test_embedded_metrics_become_metrics(cloud: LocalCloud, functions: Any, toy: Toy) -> None:
    cloudwatch = cloud.client("cloudwatch")
    line = {
        "_aws": {
            "Timestamp": int(time.time() * 1000),  # a function reads the machine's clock, which does not advance
            "CloudWatchMetrics": [
                {"Namespace": "Toy", "Dimensions": [["model"]], "Metrics": [{"Name": "Rows", "Unit": "Count"}]}
            ],
        },
        "model": "penguins",
        "Rows": [3, 4],
    }

    facts(functions, toy.function, {"log": json.dumps(line)})

    def rows() -> Any:
        return cloudwatch.get_metric_statistics(
            Namespace="Toy", MetricName="Rows", Dimensions=[{"Name": "model", "Value": "penguins"}], Period=60,
            StartTime=cloud.now() - 600, EndTime=cloud.now() + 60, Statistics=["Sum"],
        )["Datapoints"]  # fmt: skip

    assert rows()[0]["Sum"] == 7


def test_a_failing_init_is_the_answer_of_each_call(functions: Any, toy: Toy) -> None:
    name = "broken"
    code = archive(app="raise RuntimeError('cannot load')\n")
    create(functions, name, Code={"ZipFile": code})

    for _ in range(2):
        answer = functions.invoke(FunctionName=name)
        assert answer["FunctionError"] == "Unhandled"
        assert json.loads(answer["Payload"].read())["errorMessage"] == "cannot load"


def test_call_over_reserved_concurrency_is_throttled(functions: Any, toy: Toy) -> None:
    functions.put_function_concurrency(FunctionName=toy.function, ReservedConcurrentExecutions=0)
    try:
        with pytest.raises(functions.exceptions.TooManyRequestsException):
            functions.invoke(FunctionName=toy.function)
    finally:
        functions.delete_function_concurrency(FunctionName=toy.function)


def messages(cloud: LocalCloud, toy: Toy) -> list[str]:
    logs, group = cloud.client("logs"), f"/aws/lambda/{toy.function}"
    streams = logs.describe_log_streams(logGroupName=group)["logStreams"]
    return [
        event["message"]
        for stream in streams
        for event in logs.get_log_events(logGroupName=group, logStreamName=stream["logStreamName"])["events"]
    ]
