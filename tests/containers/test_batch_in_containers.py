"""A chunk of a batch job in a container as Lambda has it: the part of pyarrow that ships reads and writes there."""

import io
import json
import subprocess
from typing import Any

import msgspec
import pandas as pd
import pytest

from fairlead.batch.job import Names, Order
from fairlead.batch.locations import Bucket
from fairlead.batch.plan import Planner, request_of
from fairlead.batch.steps import Planned
from fairlead.registry.store import Registry
from fairlead_local.cloud import LocalCloud
from testkit import penguins
from tests.containers.conftest import BUCKET
from tests.containers.sam import OPTIONS, ROOT

pytestmark = [pytest.mark.containers, pytest.mark.xdist_group("containers")]


def invoke(env: dict[str, str], event: dict[str, Any]) -> str:
    """Return what `sam local invoke BatchFunction` prints."""
    command = [
        "sam",
        "local",
        "invoke",
        "BatchFunction",
        "-e",
        "-",
        *OPTIONS,
        "BatchInput=rows/in/",
        "BatchOutput=rows/out/",
    ]
    payload = json.dumps(msgspec.to_builtins(event))
    done = subprocess.run(command, cwd=ROOT, env=env, input=payload, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_parquet_is_read_and_written_in_lambdas_image(cloud: LocalCloud, released: dict[str, str]) -> None:
    s3 = cloud.client("s3")
    rows = penguins.split()[1].drop(columns=penguins.TARGET).astype({"island": "category"})
    s3.put_object(Bucket=BUCKET, Key="rows/in/1.parquet", Body=rows.to_parquet(index=False))
    place = f"s3://{BUCKET}/rows/"
    digest = released["FAIRLEAD_MANIFEST_SHA256"]
    order = Order(model="penguins", version=1, digest=digest, input=f"{place}in/*.parquet", output=f"{place}out/")
    files = Bucket(s3, BUCKET)
    signature = Registry(files).manifest("penguins", 1, sha256=digest)[0].signature
    planner = Planner(request_of(order, files, "rows/in/*.parquet"), signature, files)
    plan, [chunk] = planner.planned(files, "rows/out/")
    planned = Planned(order=order, job=plan.job, bucket=BUCKET, left="", concurrency=1)

    said = invoke(released, {"step": "work", "planned": planned, "chunk": chunk})

    result = Names("rows/out/", plan.job).result(0, "parquet")
    scored = pd.read_parquet(io.BytesIO(files.get(result)))
    assert said.splitlines()[-1] == "null"
    assert len(scored) == len(rows)
    assert scored["label"].notna().all()
