"""fairlead redrive: the stack's function, run until there is nothing left that it has not tried."""

import io
import json
import re
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.response import StreamingBody
from botocore.stub import ANY, Stubber
from typer.testing import CliRunner, Result

from fairlead.aws import lambda_invocation
from fairlead_cli.main import app
from tests.functional.session import connect

DONE = {
    "Redriven": 2, "RedriveFailed": 0, "Left": 0, "FailedRetrainings": 0,
    "Captured": 7, "Duplicates": 1, "Scored": 3, "PoisonRecords": 0,
}  # fmt: skip


@pytest.fixture
def lambda_(monkeypatch: pytest.MonkeyPatch) -> Stubber:
    client = connect("lambda")
    monkeypatch.setattr(lambda_invocation, "client", lambda: client)
    stub = Stubber(client)
    stub.activate()
    return stub


def answer(stub: Stubber, document: Any, **rest: Any) -> None:
    data = json.dumps(document).encode()
    body = StreamingBody(io.BytesIO(data), len(data))
    stub.add_response(
        "invoke", {"StatusCode": 200, "Payload": body, **rest}, {"FunctionName": "fairlead-redrive", "Payload": ANY}
    )


def redrive(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["redrive", *arguments], env={"NO_COLOR": "1", "FAIRLEAD_STACK": "fairlead"})


def test_it_repeats_while_dead_letters_are_left_and_adds_up(lambda_: Stubber) -> None:
    answer(lambda_, DONE | {"Left": 1})
    answer(lambda_, DONE | {"Redriven": 1, "Captured": 1})
    done = redrive("--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout) == DONE | {"Redriven": 3, "Captured": 8, "Duplicates": 2, "Scored": 6}
    assert "2 taken, 1 left" in done.stderr


def test_second_failure_is_exit_code_1(lambda_: Stubber) -> None:
    answer(lambda_, DONE | {"RedriveFailed": 1})
    done = redrive()
    assert done.exit_code == 1
    assert re.search(r"failed again, and stay +1\n", done.stdout)
    assert "sam logs --cw-log-group /aws/lambda/fairlead-redrive" in done.stderr


def test_a_failed_retraining_is_reported_until_its_dead_letter_is_removed(lambda_: Stubber) -> None:
    answer(lambda_, DONE | {"Left": 1, "FailedRetrainings": 2})
    answer(lambda_, DONE | {"FailedRetrainings": 2})
    done = redrive()
    assert done.exit_code == 1
    assert re.search(r"failed retrainings, for operators +2\n", done.stdout)
    assert "docs/how-to/alarms.md#failed-retrainings" in done.stderr


def test_it_does_not_go_round_in_circles(lambda_: Stubber) -> None:
    answer(lambda_, DONE | {"Redriven": 0, "Left": 4})
    assert redrive().exit_code == 1


def test_a_function_that_crashes_is_an_error_with_its_reason(lambda_: Stubber) -> None:
    answer(lambda_, {"errorType": "StorageError", "errorMessage": "could not list"}, FunctionError="Unhandled")
    done = redrive()
    assert done.exit_code == 5
    assert "fairlead-redrive failed: StorageError: could not list" in done.stderr


def test_redrive_of_a_stack_without_the_function_is_refused_with_the_reason(lambda_: Stubber) -> None:
    lambda_.add_client_error("invoke", "ResourceNotFoundException", "Function not found")
    done = redrive()
    assert done.exit_code == 6
    assert "could not run fairlead-redrive (lambda:InvokeFunction)" in done.stderr


def test_the_function_runs_at_the_time_of_the_commands_clock(lambda_: Stubber, monkeypatch: pytest.MonkeyPatch) -> None:
    invoked: list[dict[str, Any]] = []
    lambda_.client.meta.events.register(
        "provide-client-params.lambda.Invoke", lambda params, **_: invoked.append(params)
    )
    monkeypatch.setenv("FAIRLEAD_CLOCK_AHEAD", "864000")
    answer(lambda_, DONE)
    redrive()
    at = datetime.fromisoformat(json.loads(invoked[0]["Payload"])["time"])
    assert at > datetime.now(UTC) + timedelta(days=9)
