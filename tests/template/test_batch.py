"""The batch function and its state machine: made on request only, with rights on the named folders alone."""

import json
import re
from typing import Any

import pytest

from tests.template.rights import allowed, many
from tests.template.stack import EVERYTHING, translate

PLACES = {name: EVERYTHING[name] for name in ("BatchInput", "BatchOutput")}
CAPTURED = {"BatchCapture", "BatchLogsMayCallFeedback"}
MADE = CAPTURED | {
    *("BatchFunction", "BatchLogs", "BatchMachine", "BatchMapRole", "BatchPolicy", "BatchRole", "ParquetLayer")
}
REGISTRY = "arn:<AWS::Partition>:s3:::<Registry>"


@pytest.mark.parametrize("given", [{}, {"BatchInput": "rows/in/"}, {"BatchOutput": "rows/out/"}])
def test_without_both_places_there_is_nothing_of_batch(given: dict[str, str]) -> None:
    assert not [name for name in translate(**given).resources if name.startswith(("Batch", "Parquet"))]


def test_with_both_places_function_machine_and_policy_are_made() -> None:
    made = set(translate(**PLACES).resources) - set(translate().resources)
    assert {re.sub("[0-9a-f]{10}$", "", name) for name in made} == MADE


@pytest.mark.parametrize("role", ["BatchRole", "BatchPolicy"])
def test_objects_are_read_and_written_in_the_named_folders_alone(role: str) -> None:
    statements = allowed(role, **PLACES)
    reached = {
        resource
        for entry in statements.values()
        for resource in many(entry["Resource"])
        if {"s3:GetObject", "s3:PutObject"} & set(many(entry["Action"]))
    }
    own = {one for one in reached if not one.startswith(REGISTRY)}
    assert own == {"arn:<AWS::Partition>:s3:::rows/in/*", "arn:<AWS::Partition>:s3:::rows/out/*"}
    written = [entry for entry in statements.values() if "s3:PutObject" in many(entry["Action"])]
    assert [entry["Resource"] for entry in written] == (
        ["arn:<AWS::Partition>:s3:::rows/out/*"] if role == "BatchRole" else []
    )
    for name in ("ListRows", "ListResults"):
        folder = "in/*" if name == "ListRows" else "out/*"
        assert statements[name]["Resource"] == "arn:<AWS::Partition>:s3:::rows"
        assert statements[name]["Condition"] == {"StringLike": {"s3:prefix": folder}}


def test_the_machine_calls_the_batch_function_and_its_own_children_alone() -> None:
    statements = allowed("BatchMapRole", **PLACES)
    assert statements["CallBatch"]["Resource"] == "<BatchFunction.Arn>"
    assert statements["StartChunks"]["Resource"].endswith(":stateMachine:fairlead-batch")
    assert all(":execution:fairlead-batch" in one for one in statements["FollowChunks"]["Resource"])
    assert "*" not in {one for entry in statements.values() for one in many(entry["Resource"])}


def test_captured_lines_go_to_feedback_as_predicts_do() -> None:
    stack = translate(**PLACES, CaptureRate="0.5", CaptureDrop="name")
    batch, predict = stack.properties("BatchCapture"), stack.properties("CaptureSubscription")
    assert batch == predict | {"LogGroupName": "<BatchLogs>"}
    assert stack.resources["BatchCapture"]["DependsOn"] == "BatchLogsMayCallFeedback"
    permission = stack.properties("BatchLogsMayCallFeedback")
    assert permission == stack.properties("LogsMayCallFeedback") | {"SourceArn": "<BatchLogs.Arn>"}
    for name in ("FeedbackFunction", "RedriveFunction"):
        variables = stack.properties(name)["Environment"]["Variables"]
        assert variables["FAIRLEAD_LOG_GROUPS"] == "<PredictLogs>,<BatchLogs>"
    variables = stack.properties("BatchFunction")["Environment"]["Variables"]
    assert (variables["FAIRLEAD_CAPTURE_RATE"], variables["FAIRLEAD_CAPTURE_DROP"]) == ("0.5", "name")


def test_no_role_of_batch_deletes_or_has_a_wildcard_action() -> None:
    roles = ("BatchRole", "BatchMapRole", "BatchPolicy")
    found = {one for name in roles for entry in allowed(name, **PLACES).values() for one in many(entry["Action"])}
    assert not [one for one in found if "*" in one or "Delete" in one]


def states() -> dict[str, Any]:
    found: dict[str, Any] = translate(**PLACES).properties("BatchMachine")["Definition"]["States"]
    return found


def test_every_task_is_repeated_after_a_failure_of_lambda_itself() -> None:
    chunks = states()["Chunks"]["ItemProcessor"]["States"]
    for task in (states()["Plan"], states()["Finish"], chunks["Work"]):
        (retry,) = task["Retry"]
        assert "Lambda.TooManyRequestsException" in retry["ErrorEquals"]
        assert "States.ALL" not in retry["ErrorEquals"]
    assert chunks["Work"]["Catch"] == [{"ErrorEquals": ["States.ALL"], "Next": "Left"}]


def test_the_map_is_distributed_and_limited_by_the_parameter() -> None:
    chunks = states()["Chunks"]
    assert chunks["ItemProcessor"]["ProcessorConfig"]["Mode"] == "DISTRIBUTED"
    assert chunks["MaxConcurrencyPath"] == "$.concurrency"
    variables = translate(BatchConcurrency="7", **PLACES).properties("BatchFunction")["Environment"]["Variables"]
    assert variables["FAIRLEAD_BATCH_CONCURRENCY"] == "7"


def test_the_definition_names_no_function_but_by_its_substitutions() -> None:
    machine = translate(**PLACES).properties("BatchMachine")
    assert machine["DefinitionSubstitutions"] == {"Batch": "<BatchFunction.Arn>", "Partition": "<AWS::Partition>"}
    assert "lambda:" not in json.dumps(machine["Definition"])
