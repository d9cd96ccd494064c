"""Batch jobs of a stack: the template's state machine in the local cloud, with the rights of the stack's policies."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from typer.testing import Result

from fairlead.batch import executions
from tests.local.commands import STACK
from tests.local.feedback_stack import ROWS, Stage
from tests.local.variants import X, begin

pytestmark = pytest.mark.xdist_group("loop")


class Bucket:
    """The bucket of rows and results."""

    def __init__(self, stage: Stage) -> None:
        self._s3 = stage.cloud.client("s3")
        self._role = stage.cloud.client("lambda").get_function_configuration(FunctionName=f"{STACK}-batch")["Role"]
        self._s3.create_bucket(Bucket=ROWS)

    def put(self, key: str, data: bytes) -> None:
        self._s3.put_object(Bucket=ROWS, Key=key, Body=data)

    def keys(self, prefix: str) -> list[str]:
        return [one["Key"] for one in self._s3.list_objects_v2(Bucket=ROWS, Prefix=prefix).get("Contents", [])]

    def json(self, key: str) -> Any:
        return json.loads(self._s3.get_object(Bucket=ROWS, Key=key)["Body"].read())

    def close(self, keys: str) -> None:
        """Deny the batch function to write objects with these keys."""
        arn = f"arn:aws:s3:::{ROWS}/{keys}"
        deny = {"Effect": "Deny", "Principal": {"AWS": self._role}, "Action": "s3:PutObject", "Resource": arn}
        self._s3.put_bucket_policy(Bucket=ROWS, Policy=json.dumps({"Version": "2012-10-17", "Statement": [deny]}))

    def open(self) -> None:
        self._s3.delete_bucket_policy(Bucket=ROWS)


@pytest.fixture(scope="module")
def bucket(loop_stage: Stage) -> Bucket:
    """Two inputs of 150 rows, and a live version to answer them."""
    begin(loop_stage, "batched")
    made = Bucket(loop_stage)
    for name in ("a", "b"):
        made.put(f"in/{name}.jsonl", X.to_json(orient="records", lines=True).encode())
    return made


@pytest.fixture(autouse=True)
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executions, "POLL", 0.1)


@pytest.fixture
def closed(bucket: Bucket) -> Iterator[None]:
    """The results of the second chunk cannot be written."""
    bucket.close("out/*/results/000001*")
    yield
    bucket.open()


def batch(stage: Stage, *more: object, who: str = "analyst", rows: str = "in/*.jsonl") -> Result:
    """Run a job of the live version."""
    places = ("--input", f"s3://{ROWS}/{rows}", "--output", f"s3://{ROWS}/out/")
    return stage.fairlead("batch", "batched", *places, *more, who=who)


def test_a_failed_chunk_is_recorded_and_the_next_run_does_it_alone(
    loop_stage: Stage, bucket: Bucket, closed: None
) -> None:
    done = batch(loop_stage)
    assert done.exit_code == 5, done.output
    assert "1 of 2 chunks failed; chunk 1: could not create s3://rows/out/" in done.stderr, done.stderr
    [job] = {key.split("/")[1] for key in bucket.keys("out/")}
    assert bucket.keys(f"out/{job}/records/") == [f"out/{job}/records/000000.json"]
    assert len(bucket.keys(f"out/{job}/failures/")) == 2
    assert not bucket.keys(f"out/{job}/manifest.json")

    bucket.open()
    again = json.loads(batch(loop_stage, "--json").stdout)

    assert (again["job"], again["rows"], again["answered"], again["chunks"]) == (job, 300, 300, 2)
    assert [[one["number"] for one in bucket.json(key)] for key in bucket.keys(f"out/{job}/left/")] == [[0, 1], [1]]
    assert sum(one["rows"] for one in bucket.json(f"out/{job}/manifest.json")["results"]) == 300
    assert json.loads(batch(loop_stage, "--json").stdout) == again


def test_an_estimate_needs_no_more_than_the_policy_of_batch(loop_stage: Stage, bucket: Bucket) -> None:
    said = json.loads(batch(loop_stage, "--estimate", "--json", rows="in/a.jsonl").stdout)
    assert (said["chunks"], said["dollars"] > 0) == (1, True)


def test_jobs_need_the_policy_of_batch(loop_stage: Stage, bucket: Bucket) -> None:
    done = batch(loop_stage, who="caller")
    assert done.exit_code == 1, done.output
    assert "caller is not authorized to perform" in done.stderr
