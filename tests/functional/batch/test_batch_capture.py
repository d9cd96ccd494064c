"""Jobs with `--capture`: the batch function writes a sample as captured lines, whose ids are those of the results."""

from pathlib import Path

import msgspec
import pandas as pd
import pytest

from fairlead.batch.job import Chunk, Order
from fairlead.batch.sample import Capturing
from fairlead.batch.steps import Planned, Steps
from fairlead.errors import SettingsError
from fairlead.feedback.log_delivery import part_of
from fairlead.publishing.publish import Published
from fairlead.registry.store import Reading
from fairlead.telemetry.capture import prediction_id
from tests.functional.batch.conftest import NAMES, numbers
from tests.functional.command_line import fairlead
from tests.functional.conftest import Store

pytestmark = pytest.mark.usefixtures("environment")


class Job:
    """A job of one chunk on S3, whose second row has no answer."""

    def __init__(self, shelf: Store, linear: Published, bucket: str) -> None:
        self._client = shelf.client
        self._registry = Reading(shelf.registry.objects)
        self._bucket = bucket
        self.frame = numbers(20)
        self._client.create_bucket(Bucket=bucket)
        rows = self.frame.astype({"b": object})
        rows.loc[1, "b"] = "none of it"
        self._client.put_object(Bucket=bucket, Key="in/1.csv", Body=rows.to_csv(index=False).encode())
        self._order = Order(
            model="linear",
            version=1,
            digest=linear.sha256,
            input=f"s3://{bucket}/in/*.csv",
            output=f"s3://{bucket}/out/",
        )
        self.lines: list[str] = []

    def run(self, *, capture: bool = True, rate: float = 1.0) -> Planned:
        """Run plan and work, as a process of the batch function does."""
        capturing = Capturing(rate=rate, drop=frozenset({"c"}), write=self.lines.extend)
        steps = Steps(self._registry, 1, capturing)
        planned = steps.plan(msgspec.structs.replace(self._order, capture=capture))
        for chunk in msgspec.json.decode(self._get(planned.left), type=list[Chunk]):
            steps.work(planned, chunk)
        return planned

    def results(self, planned: Planned) -> pd.DataFrame:
        body = self._client.get_object(Bucket=self._bucket, Key=f"out/{planned.job}/results/000000.csv")["Body"]
        return pd.read_csv(body)

    def forget(self, planned: Planned) -> None:
        """Delete the counts, as if the worker had ended before it wrote them."""
        self._client.delete_object(Bucket=self._bucket, Key=f"out/{planned.job}/records/000000.json")

    def _get(self, key: str) -> bytes:
        return bytes(self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read())


@pytest.fixture
def job(shelf: Store, linear: Published, tmp_path: Path) -> Job:
    return Job(shelf, linear, f"capture-{abs(hash(tmp_path)):x}")


def test_captured_rows_are_those_of_the_results_and_lack_dropped_fields(job: Job) -> None:
    found = job.results(job.run()).set_index("prediction_id")
    parts = [part_of(line) for line in job.lines]
    ids = [prediction_id(part.request, part.first + row) for part in parts for row in range(len(part.rows))]
    labels = [label for part in parts for label in part.labels or ()]
    rows = [row for part in parts for row in part.rows]
    answered = found[found["label"].notna()]
    assert len(ids) == 19
    assert dict(zip(ids, labels, strict=True)) == answered["label"].to_dict()
    assert rows == job.frame[NAMES[:2]].drop(index=1).to_numpy().tolist()
    assert {(part.model, part.version, part.of, part.fields) for part in parts} == {("linear", 1, 20, ("a", "b"))}


def test_a_repeated_attempt_writes_the_same_parts_which_the_ledger_takes_once(job: Job) -> None:
    planned = job.run()
    first, job.lines = job.lines, []
    job.forget(planned)
    job.run()
    keys = [[(part.request, part.first) for part in map(part_of, lines)] for lines in (first, job.lines)]
    assert keys[0] == keys[1] != []


def test_without_the_flag_nothing_is_captured_and_the_job_is_the_same(job: Job) -> None:
    planned = job.run(capture=False)
    assert job.lines == []
    assert job.run().job == planned.job


def test_a_stack_that_captures_nothing_refuses_the_flag(job: Job) -> None:
    with pytest.raises(SettingsError, match="captures nothing, because its CaptureRate is 0"):
        job.run(rate=0.0)
    assert job.run(capture=False, rate=0.0).job


def test_a_job_of_this_machine_refuses_the_flag() -> None:
    done = fairlead("batch", "linear@1", "--input", "x.csv", "--output", "out", "--local", 1, "--capture")
    assert done.exit_code == 2
    assert "--capture needs the stack's batch function" in done.stderr
