"""State machines and executions: distributed maps over a function, with the rights of the machine's role."""

import io
import json
import zipfile
from collections.abc import Callable
from typing import Any

import pytest
from botocore.exceptions import ClientError

from fairlead_local.clients import Clients
from fairlead_local.cloud import LocalCloud
from tests.emulator.iam_users import policy, refused
from tests.local.support import create, until

HOUR = 3600.0

MACHINE = "arn:aws:states:us-east-1:123456789012:stateMachine"
EXECUTION = MACHINE.replace("stateMachine", "execution")
CODE = """
def handler(event, context):
    if event["item"] == "bad":
        raise ValueError("it is bad")
    return event["item"]
"""
RIGHTS: dict[str, Any] = {
    "lambda:InvokeFunction": "arn:aws:lambda:us-east-1:123456789012:function:mapped",
    "s3:GetObject": "arn:aws:s3:::items/*",
    "states:StartExecution": f"{MACHINE}:*",
    "states:DescribeExecution": f"{EXECUTION}:*",
    "states:StopExecution": f"{EXECUTION}:*",
}
Run = Callable[..., dict[str, Any]]


def definition(**state: Any) -> dict[str, Any]:
    """A map over the items of an object; `state` are further members of its one task."""
    work = {"Type": "Task", "Resource": RIGHTS["lambda:InvokeFunction"], "End": True, **state}
    return {
        "StartAt": "Each",
        "States": {
            "Each": {
                "Type": "Map",
                "MaxConcurrencyPath": "$.at_once",
                "ItemReader": {
                    "Resource": "arn:aws:states:::s3:getObject",
                    "ReaderConfig": {"InputType": "JSON"},
                    "Parameters": {"Bucket": "items", "Key.$": "$.key"},
                },
                "ItemSelector": {"item.$": "$$.Map.Item.Value"},
                "ItemProcessor": {
                    "ProcessorConfig": {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"},
                    "StartAt": "Work",
                    "States": {"Work": work, "Left": {"Type": "Pass", "Result": None, "End": True}},
                },
                "End": True,
            }
        },
    }


CAUGHT = {"Catch": [{"ErrorEquals": ["ValueError"], "Next": "Left"}]}


@pytest.fixture(scope="module")
def machines(cloud: LocalCloud) -> Any:
    """boto3's client of Step Functions, with a function and objects of items."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as packed:
        packed.writestr("app.py", CODE)
    create(cloud.client("lambda"), "mapped", Code={"ZipFile": code.getvalue()})
    s3 = cloud.client("s3")
    s3.create_bucket(Bucket="items")
    for key, items in {"good": ["a", "b", "c"], "mixed": ["a", "bad", "c"]}.items():
        s3.put_object(Bucket="items", Key=key, Body=json.dumps(items).encode())
    return cloud.client("stepfunctions")


@pytest.fixture
def role(cloud: LocalCloud, new_name: str) -> Callable[..., str]:
    """Make the test's role for Step Functions, or change it: with the rights of a map but those that are left out."""

    def make(*left_out: str, service: str = "states.amazonaws.com") -> str:
        iam = cloud.client("iam")
        trust = {"Effect": "Allow", "Principal": {"Service": service}, "Action": "sts:AssumeRole"}
        name = f"{new_name}-{service.partition('.')[0]}"
        try:
            arn = iam.create_role(RoleName=name, AssumeRolePolicyDocument=policy(trust))["Role"]["Arn"]
        except iam.exceptions.EntityAlreadyExistsException:
            arn = iam.get_role(RoleName=name)["Role"]["Arn"]
        allow = [
            {"Effect": "Allow", "Action": action, "Resource": resource}
            for action, resource in RIGHTS.items()
            if action not in left_out
        ]
        iam.put_role_policy(RoleName=name, PolicyName="p", PolicyDocument=policy(*allow))
        return str(arn)

    return make


@pytest.fixture
def run(machines: Any, role: Callable[..., str], new_name: str) -> Run:
    """Return a function that creates a machine of a definition, runs it on a key's items, and returns its end state."""

    def ended(given: dict[str, Any], key: str = "good", *, left_out: str = "") -> dict[str, Any]:
        made = machines.create_state_machine(name=new_name, definition=json.dumps(given), roleArn=role(left_out))[
            "stateMachineArn"
        ]
        order = json.dumps({"key": key, "at_once": 2})
        started = machines.start_execution(stateMachineArn=made, input=order)["executionArn"]

        def over() -> dict[str, Any] | None:
            found: dict[str, Any] = machines.describe_execution(executionArn=started)
            return None if found["status"] == "RUNNING" else found

        found: dict[str, Any] = until(over)
        return found

    return ended


def test_a_map_calls_a_function_for_each_item_and_returns_answers_in_order(run: Run, cloud: LocalCloud) -> None:
    before = cloud.advance(HOUR)
    found = run(definition())
    assert (found["status"], json.loads(found["output"])) == ("SUCCEEDED", ["a", "b", "c"])
    assert before - 1 <= found["startDate"].timestamp() <= found["stopDate"].timestamp() <= cloud.now()


def test_a_child_that_catches_its_failure_leaves_the_others_alone(run: Run) -> None:
    assert json.loads(run(definition(**CAUGHT), "mixed")["output"]) == ["a", None, "c"]


def test_a_child_that_fails_fails_the_map(run: Run) -> None:
    found = run(definition(), "mixed")
    assert (found["status"], found["error"]) == ("FAILED", "States.ExceedToleratedFailureThreshold")


@pytest.mark.parametrize(
    ("right", "error"),
    [
        ("s3:GetObject", "States.ItemReaderFailed"),
        ("states:StartExecution", "States.Permissions"),
        ("states:DescribeExecution", "States.Permissions"),
        ("states:StopExecution", "States.Permissions"),
    ],
)
def test_a_map_needs_each_right_of_aws_s_policy_for_it(right: str, error: str, run: Run) -> None:
    found = run(definition(), left_out=right)
    assert (found["status"], found["error"]) == ("FAILED", error)
    assert "AccessDenied" in found["cause"] or f"not authorized to perform: {right}" in found["cause"]


def test_an_error_of_lambda_itself_has_lambda_s_name(run: Run) -> None:
    caught = {"Catch": [{"ErrorEquals": ["Lambda.AWSLambdaException"], "Next": "Left"}]}
    assert json.loads(run(definition(**caught), left_out="lambda:InvokeFunction")["output"]) == [None, None, None]


def test_a_role_that_step_functions_may_not_assume_is_refused(machines: Any, role: Any, new_name: str) -> None:
    arn = role(service="lambda.amazonaws.com")
    code, _, message = refused(
        machines.create_state_machine, name=new_name, definition=json.dumps(definition()), roleArn=arn
    )
    assert code == "AccessDeniedException"
    assert "authorized to assume the provided role" in message


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"Type": "Wait", "Seconds": 1}, r"states of the type Wait \(state Work\)"),
        ({"TimeoutSeconds": 5}, r"TimeoutSeconds \(state Work\)"),
        ({"Resource": "arn:aws:states:::sqs:sendMessage"}, r"tasks of arn:aws:states:::sqs:sendMessage"),
    ],
)
def test_what_the_interpreter_does_not_run_as_aws_does_is_refused_by_name(
    changed: dict[str, Any], said: str, run: Run
) -> None:
    with pytest.raises(ClientError, match=f"the local cloud does not support {said}"):
        run(definition(**changed))


@pytest.mark.parametrize("text", ["{", "{}"])
def test_a_definition_that_is_none_is_refused(text: str, machines: Any, role: Any, new_name: str) -> None:
    assert refused(machines.create_state_machine, name=new_name, definition=text, roleArn=role())[0] == (
        "InvalidDefinition"
    )


def test_a_name_is_one_machine_and_one_execution(machines: Any, role: Any, new_name: str) -> None:
    given = {"name": new_name, "definition": json.dumps(definition()), "roleArn": role()}
    made = machines.create_state_machine(**given)["stateMachineArn"]
    assert made == machines.create_state_machine(**given)["stateMachineArn"] == f"{MACHINE}:{new_name}"
    other = given | {"definition": json.dumps(definition(**CAUGHT))}
    assert refused(machines.create_state_machine, **other)[0] == "StateMachineAlreadyExists"
    once = {"stateMachineArn": made, "name": "once", "input": "{}"}
    started = machines.start_execution(**once)["executionArn"]
    assert started == f"{EXECUTION}:{new_name}:once"
    assert refused(machines.start_execution, **once | {"input": '{"a":1}'})[0] == "ExecutionAlreadyExists"
    machines.delete_state_machine(stateMachineArn=made)
    machines.delete_state_machine(stateMachineArn=made)
    assert refused(machines.start_execution, **once)[0] == "StateMachineDoesNotExist"
    assert machines.describe_execution(executionArn=started)["name"] == "once"


def test_making_a_machine_needs_the_right_to_pass_its_role_to_step_functions_and_to_tag(
    machines: Any, role: Any, user: Callable[..., Clients], new_name: str
) -> None:
    arn = f"{MACHINE}:{new_name}"
    make = {"Effect": "Allow", "Action": "states:CreateStateMachine", "Resource": arn}
    tag = {"Effect": "Allow", "Action": "states:TagResource", "Resource": arn}
    hand = {"Effect": "Allow", "Action": "iam:PassRole", "Resource": role()}
    given = {
        "name": new_name,
        "definition": json.dumps(definition()),
        "roleArn": role(),
        "tags": [{"key": "a", "value": "b"}],
    }

    def said(*statements: dict[str, Any]) -> str:
        return refused(user(*statements)["stepfunctions"].create_state_machine, **given)[2]

    other = hand | {"Condition": {"StringEquals": {"iam:PassedToService": "lambda.amazonaws.com"}}}
    assert "states:CreateStateMachine" in said(tag, hand)
    assert "states:TagResource" in said(make, hand)
    assert "iam:PassRole" in said(make, tag, other)
    right = hand | {"Condition": {"StringEquals": {"iam:PassedToService": "states.amazonaws.com"}}}
    assert user(make, tag, right)["stepfunctions"].create_state_machine(**given)["stateMachineArn"] == arn


def test_an_execution_is_started_and_seen_with_rights_on_its_machine_alone(
    machines: Any, role: Any, user: Callable[..., Clients], new_name: str
) -> None:
    made = machines.create_state_machine(name=new_name, definition=json.dumps(definition()), roleArn=role())[
        "stateMachineArn"
    ]
    start = {"Effect": "Allow", "Action": "states:StartExecution", "Resource": made}
    see = {"Effect": "Allow", "Action": "states:DescribeExecution", "Resource": f"{EXECUTION}:{new_name}:*"}
    own = user(start, see)["stepfunctions"]
    started = own.start_execution(stateMachineArn=made)["executionArn"]
    assert own.describe_execution(executionArn=started)["stateMachineArn"] == made
    assert refused(own.start_execution, stateMachineArn=f"{MACHINE}:another")[0] == "AccessDeniedException"
    assert refused(own.describe_execution, executionArn=f"{EXECUTION}:another:x")[0] == "AccessDeniedException"
