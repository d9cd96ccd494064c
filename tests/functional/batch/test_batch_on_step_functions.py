"""The template's state machine, run by moto's own interpreter: its tasks are the handler of functions/batch."""

import io
import json
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import boto3
import pandas as pd
import pytest
from moto import mock_aws
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils

from fairlead.batch import plan, steps
from fairlead.batch.worker import Worker
from fairlead.errors import StorageError
from fairlead.publishing.publish import Published
from testkit.lambda_context import context
from tests.functional.batch.conftest import numbers
from tests.functional.command_line import fairlead, result
from tests.functional.conftest import Store
from tests.functional.function_app import load_function
from tests.template.stack import translate

PLACES = {"BatchInput": "rows/in/", "BatchOutput": "rows/out/"}
ROLE = "arn:aws:iam::123456789012:role/machine"


class Bucket:
    """A bucket for rows and results."""

    def __init__(self, client: Any, name: str) -> None:
        self.client = client
        self.name = name

    def put(self, key: str, data: str | bytes) -> None:
        self.client.put_object(Bucket=self.name, Key=key, Body=data)

    def keys(self, prefix: str) -> list[str]:
        return [one["Key"] for one in self.client.list_objects_v2(Bucket=self.name, Prefix=prefix).get("Contents", [])]

    def get(self, key: str) -> Any:
        return self.client.get_object(Bucket=self.name, Key=key)["Body"]

    def command(self, ending: str = "csv") -> tuple[str, ...]:
        place = f"s3://{self.name}"
        return ("batch", "linear@1", "--input", f"{place}/in/*.{ending}", "--output", f"{place}/out/")


@pytest.fixture
def bucket(shelf: Store, tmp_path: Path) -> Bucket:
    name = f"rows-{abs(hash(tmp_path)):x}"
    shelf.client.create_bucket(Bucket=name)
    return Bucket(shelf.client, name)


@pytest.fixture
def machine(shelf: Store, linear: Published, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Create stack and state machine; S3 is a process of its own, every other service moto in this one."""
    for name, value in shelf.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("AWS_ENDPOINT_URL")
    monkeypatch.setenv("AWS_ENDPOINT_URL_S3", shelf.env["AWS_ENDPOINT_URL"])
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("FAIRLEAD_BATCH_CONCURRENCY", "2")
    monkeypatch.setattr(plan, "CHUNK_BYTES", 4_000)
    monkeypatch.setattr("fairlead.batch.executions.POLL", 0.1)
    with mock_aws(config={"stepfunctions": {"execute_state_machine": True}}):
        handler = load_function("batch").handler
        monkeypatch.setattr(lambda_eval_utils, "_invoke_lambda_function", lambda **asked: invoked(handler, **asked))
        arn = created()
        deployed(arn)
        yield arn


def invoked(handler: Any, *, parameters: dict[str, Any], **_: Any) -> Any:
    """Call the handler as Lambda does, with JSON on both sides."""
    payload = parameters["Payload"]
    event = json.loads(payload) if isinstance(payload, str | bytes) else payload
    try:
        answer = json.loads(json.dumps(handler(event, context())))
    except Exception as error:
        message = json.dumps({"errorMessage": str(error), "errorType": type(error).__name__})
        raise lambda_eval_utils.LambdaFunctionErrorException("Unhandled", message) from error
    return {"StatusCode": 200, "Payload": answer}


def created() -> str:
    """Create the state machine of the template."""
    definition = json.dumps(translate(**PLACES).properties("BatchMachine")["Definition"])
    for name, value in {"Batch": "arn:aws:lambda:us-east-1:123456789012:function:batch", "Partition": "aws"}.items():
        definition = definition.replace(f"${{{name}}}", value)
    client = boto3.client("stepfunctions")
    arn = client.create_state_machine(name="batch", definition=definition, roleArn=ROLE)["stateMachineArn"]
    return str(arn)


def deployed(machine: str) -> None:
    """Create a stack whose outputs are those of the template."""
    outputs = dict.fromkeys(translate(**PLACES).outputs, "x") | {"BaseEnvironment": "{}", "BatchConcurrency": "2"}
    outputs["BatchMachineArn"] = machine
    template = {
        "Resources": {"Topic": {"Type": "AWS::SNS::Topic"}},
        "Outputs": {name: {"Value": value} for name, value in outputs.items()},
    }
    boto3.client("cloudformation").create_stack(StackName="fairlead", TemplateBody=json.dumps(template))


@pytest.mark.usefixtures("machine")
def test_a_job_on_step_functions_answers_every_row_in_chunks(bucket: Bucket) -> None:
    frame = numbers(500)
    bucket.put("in/1.csv", frame.iloc[:350].to_csv(index=False))
    bucket.put("in/2.csv", frame.iloc[350:].to_csv(index=False) + "k,x,1,2\n")

    done = result(*bucket.command())

    found = pd.concat([pd.read_csv(bucket.get(key)) for key in bucket.keys(f"out/{done['job']}/results/")])
    assert done["chunks"] > 3
    assert (done["rows"], done["answered"], done["refused"]) == (501, 500, 1)
    assert list(found["key"]) == [*frame["key"], "2"]
    manifest = json.loads(bucket.get(f"out/{done['job']}/manifest.json").read())
    assert sum(one["rows"] for one in manifest["results"]) == 501


@pytest.mark.usefixtures("machine")
def test_parquet_on_step_functions_is_read_by_row_groups(bucket: Bucket, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(plan, "CHUNK_ROWS", 200)
    frame = numbers(500)
    bucket.put("in/1.parquet", frame.to_parquet(index=False, row_group_size=100))

    done = result(*bucket.command("parquet"))

    keys = bucket.keys(f"out/{done['job']}/results/")
    found = pd.concat([pd.read_parquet(io.BytesIO(bucket.get(key).read())) for key in keys])
    assert (done["chunks"], done["rows"], done["answered"]) == (3, 500, 500)
    assert list(found["key"]) == list(frame["key"])


@pytest.mark.usefixtures("machine")
def test_a_failed_chunk_is_recorded_and_the_next_execution_does_it_alone(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put("in/1.csv", numbers(400).to_csv(index=False))
    work, asked = Worker.work, SimpleNamespace(chunks=[])

    def failing(worker: Worker, chunk: Any) -> Any:
        asked.chunks.append(chunk.number)
        if chunk.number == 1:
            raise RuntimeError("no memory")
        return work(worker, chunk)

    monkeypatch.setattr(Worker, "work", failing)
    done = fairlead(*bucket.command())
    assert done.exit_code == 5
    assert "1 of 4 chunks failed; chunk 1: RuntimeError: no memory" in done.stderr
    assert sorted(asked.chunks) == [0, 1, 1, 2, 3]
    failures = [key for key in bucket.keys("out/") if "/failures/" in key]
    assert "no memory" in json.loads(bucket.get(failures[0]).read())["error"]
    assert not [key for key in bucket.keys("out/") if key.endswith("manifest.json")]

    asked.chunks.clear()
    monkeypatch.setattr(
        Worker, "work", lambda worker, chunk: (asked.chunks.append(chunk.number), work(worker, chunk))[1]
    )
    again = result(*bucket.command())
    assert (again["rows"], asked.chunks) == (400, [1])


@pytest.mark.usefixtures("machine")
def test_the_reason_of_a_failed_job_is_the_last_of_a_chunk_that_is_left(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    bucket.put("in/1.csv", numbers(400).to_csv(index=False))
    work, reasons = Worker.work, {0: "a reason of the past", 1: "the first reason"}

    def failing(worker: Worker, chunk: Any) -> Any:
        if chunk.number in reasons:
            raise RuntimeError(reasons[chunk.number])
        return work(worker, chunk)

    monkeypatch.setattr(Worker, "work", failing)
    assert "2 of 4 chunks failed" in fairlead(*bucket.command()).stderr
    del reasons[0]
    reasons[1] = "the last reason"
    assert "1 of 4 chunks failed; chunk 1: RuntimeError: the last reason" in fairlead(*bucket.command()).stderr


@pytest.mark.usefixtures("machine")
def test_a_place_that_the_stack_does_not_reach_is_not_advised_again(
    bucket: Bucket, monkeypatch: pytest.MonkeyPatch
) -> None:
    def denied(*_: Any) -> Any:
        raise StorageError("could not list s3://rows/elsewhere/ (s3:ListBucket): AccessDenied, no policy allows it")

    bucket.put("in/1.csv", numbers(5).to_csv(index=False))
    monkeypatch.setattr(steps, "open_place", denied)
    done = fairlead(*bucket.command())
    assert "AccessDenied" in done.stderr
    assert "BatchInput and BatchOutput" in done.stderr
    assert "run the same command again" not in done.stderr


@pytest.mark.usefixtures("machine")
def test_an_estimate_has_dollars_and_writes_nothing(bucket: Bucket) -> None:
    bucket.put("in/1.csv", numbers(400).to_csv(index=False))
    said = result(*bucket.command(), "--estimate")
    assert said["chunks"] == 4
    assert said["dollars"] > 0
    assert bucket.keys("out/") == []


@pytest.mark.usefixtures("machine", "neighbours")
def test_a_version_on_the_sklearn_engine_is_refused_with_the_other_way(bucket: Bucket) -> None:
    bucket.put("in/1.csv", numbers(5).to_csv(index=False))
    done = fairlead("batch", "neighbours@1", *bucket.command()[2:])
    assert "neighbours version 1 is on the sklearn engine" in done.stderr
    assert "--local N" in done.stderr
    assert "arn:aws:states" not in done.stderr  # no job was started


@pytest.mark.usefixtures("machine")
def test_inputs_that_cannot_be_planned_are_named_and_no_further_run_is_advised(bucket: Bucket) -> None:
    bucket.put("in/1.csv", "b,c\n1,2\n")
    done = fairlead(*bucket.command())
    assert done.exit_code == 5
    assert "in/1.csv lacks the column 'a'" in done.stderr
    assert "run the same command again" not in done.stderr


@pytest.mark.usefixtures("machine")
def test_inputs_that_are_not_on_s3_are_refused_with_the_other_way() -> None:
    done = fairlead("batch", "linear@1", "--input", "in/*.csv", "--output", "s3://rows/out/")
    assert done.exit_code == 2
    assert "in/*.csv is not on S3" in done.stderr
    assert "--local N" in done.stderr
