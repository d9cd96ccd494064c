"""The built stack, zipped and unpacked once for every cloud of a run, and deployed without the SAM CLI.

That `sam deploy` zips, uploads and deploys it too is tested in test_environments; nearly half a gigabyte of layers, it
takes a minute each time.
"""

import fcntl
import json
import re
import shutil
import uuid
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from boto3.s3.transfer import TransferConfig

from fairlead_local.cloud import LocalCloud
from fairlead_local.cloudformation import templates
from tests.local.support import until

ROOT = Path(__file__).parents[2]
BUILT = ROOT / ".aws-sam/build"
ARCHIVES = ROOT / ".aws-sam/archives"
UNPACKED = ARCHIVES / "unpacked"
"""For `LocalCloud(archives=…)`."""
BUCKET = "archives"
ONE_PART = TransferConfig(multipart_threshold=1 << 30)  # moto copies the parts of an upload twice
CODE = re.compile(r"^( +(?:CodeUri|ContentUri): )(\w+)$", re.MULTILINE)


def packed(cloud: LocalCloud, folder: Path, *, bucket: str = BUCKET, prefix: str = "") -> Path:
    """A template of the built stack for `sam deploy`, whose archives lie in this cloud's S3."""
    assert (BUILT / "template.yaml").exists(), "the stack is not built: run `make build` first"
    with _alone():
        if _stale():
            _pack()
    s3 = cloud.client("s3")
    if bucket == BUCKET:
        s3.create_bucket(Bucket=bucket)
    for archive in ARCHIVES.glob("*.zip"):
        s3.upload_file(str(archive), bucket, prefix + archive.name, Config=ONE_PART)
    text = CODE.sub(rf"\1s3://{bucket}/{prefix}\2.zip", (BUILT / "template.yaml").read_text())
    template = folder / "packed.json"  # `sam deploy` reads its template seven times, YAML with four seconds of CPU
    template.write_text(json.dumps(templates.parse(text)))
    return template


def deploy(cloud: LocalCloud, template: Path, stack: str, overrides: Sequence[str] = ()) -> dict[str, str]:
    """Deploy a packed template by a change set, as `sam deploy` does with more of the processor; return the outputs."""
    cloudformation = cloud.client("cloudformation")
    cloud.client("s3").upload_file(str(template), BUCKET, template.name)
    found = [one for one in cloudformation.describe_stacks()["Stacks"] if one["StackName"] == stack]
    given = dict(one.split("=", 1) for one in overrides)
    kept = {one["ParameterKey"] for old in found for one in old.get("Parameters", ())} - given.keys()
    name = f"packed-{uuid.uuid4()}"
    cloudformation.create_change_set(
        StackName=stack,
        ChangeSetName=name,
        ChangeSetType="UPDATE" if found else "CREATE",
        TemplateURL=f"{cloud.endpoint_url}/{BUCKET}/{template.name}",
        Capabilities=["CAPABILITY_IAM"],
        Parameters=[
            *({"ParameterKey": key, "ParameterValue": value} for key, value in given.items()),
            *({"ParameterKey": key, "UsePreviousValue": True} for key in sorted(kept)),
        ],
    )
    if cloudformation.describe_change_set(StackName=stack, ChangeSetName=name)["Status"] != "FAILED":
        cloudformation.execute_change_set(StackName=stack, ChangeSetName=name)
    until(lambda: not _state(cloud, stack)["StackStatus"].endswith("_IN_PROGRESS"), seconds=300)
    made = _state(cloud, stack)
    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    reasons = [one["ResourceStatusReason"] for one in events if one["ResourceStatus"].endswith("_FAILED")]
    assert made["StackStatus"] in {"CREATE_COMPLETE", "UPDATE_COMPLETE"}, (made["StackStatus"], reasons)
    return {output["OutputKey"]: output["OutputValue"] for output in made["Outputs"]}


def _state(cloud: LocalCloud, stack: str) -> dict[str, Any]:
    found: dict[str, Any] = cloud.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    return found


@contextmanager
def _alone() -> Iterator[None]:
    """Lock: one worker zips, and the others wait for it."""
    ARCHIVES.mkdir(parents=True, exist_ok=True)
    with (ARCHIVES / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _stale() -> bool:
    """Return whether the stack was built after it was zipped: a build rewrites its template."""
    done = ARCHIVES / "template.yaml"
    return not done.exists() or done.stat().st_mtime_ns != (BUILT / "template.yaml").stat().st_mtime_ns


def _pack() -> None:
    shutil.rmtree(UNPACKED, ignore_errors=True)
    for name in CODE.findall((BUILT / "template.yaml").read_text()):
        _zip(BUILT / name[1], ARCHIVES / f"{name[1]}.zip")
    shutil.copy2(BUILT / "template.yaml", ARCHIVES / "template.yaml")  # last: the archives are complete


def _zip(folder: Path, archive: Path) -> None:
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as made:
        for path in sorted(folder.rglob("*")):
            if path.is_file():
                made.write(path, path.relative_to(folder))
