"""Checks of the account and of what the build needs of it: log role, concurrency, code storage, unpacked sizes."""

from pathlib import Path

from fairlead_cli.doctor.diagnosis import Diagnosis, Site, mend, ok
from fairlead_cli.output import size

LOW_CONCURRENCY = 100
"""Executions at once that other functions leave; new accounts have 10, later 1,000."""
FULL = 0.8
"""Share of the code storage from which on it is time to prune."""
UNPACKED = 262_144_000
"""Bytes of a function's code and layers together, unpacked: 250 MiB, which AWS does not raise."""
BUILD = Path(".aws-sam/build")
LARGEST = {
    "predict (onnx)": ("PredictFunction", "CommonLayer", "OnnxLayer"),
    "predict (sklearn)": ("PredictFunction", "CommonLayer", "SklearnLayer"),
    "batch": ("BatchFunction", "CommonLayer", "OnnxLayer", "ParquetLayer", "AwsLayer"),
    "retrain": ("RetrainFunction", "CommonLayer", "TrainLayer", "AwsLayer"),
}
"""Functions with the largest layers; a template test compares them."""


def log_role(site: Site) -> Diagnosis:
    """Check whether API Gateway may write the access log."""
    from fairlead.aws import apigateway

    found = apigateway.log_role(site.client("apigateway"))
    if found:
        return ok(found)
    return mend(
        "API Gateway has no role to write logs with, so the stack's stage cannot be created",
        "aws cloudformation deploy --template-file bootstrap.yaml --stack-name fairlead-bootstrap "
        "--capabilities CAPABILITY_IAM",
    )


def concurrency(site: Site) -> Diagnosis:
    """Check how many functions can run at once."""
    quotas = site.quotas
    said = f"{quotas.unreserved:,} of {quotas.concurrency:,} executions at once are unreserved"
    if quotas.unreserved >= LOW_CONCURRENCY:
        return ok(said)
    return mend(
        f"{said}; calls above them fail with 500",
        "aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-B99A9384 "
        "--desired-value 1000",
    )


def code_storage(site: Site) -> Diagnosis:
    """Check how full Lambda's code storage of the region is."""
    quotas = site.quotas
    share = quotas.code_used / quotas.code_limit
    said = f"{size(quotas.code_used)} of {size(quotas.code_limit)} used ({share:.0%})"
    if share < FULL:
        return ok(said)
    return mend(
        f"{said}; at 100 % neither deploy nor release works",
        "fairlead prune NAME --keep 10 --apply",
        "aws service-quotas request-service-quota-increase --service-code lambda --quota-code L-2ACBD22F "
        "--desired-value 150",
    )


def sizes(_: Site) -> Diagnosis:
    """Check whether the functions of the local build fit Lambda's limit."""
    found = {
        name: sum(_size(BUILD / part) for part in parts)
        for name, parts in LARGEST.items()
        if all((BUILD / part).is_dir() for part in parts)
    }
    if not found:
        return Diagnosis(verdict="n/a", said=f"no {BUILD} here")
    listed = ", ".join(f"{name} {total / 1024**2:.0f} MiB" for name, total in found.items())
    if max(found.values()) < UNPACKED:
        return ok(f"{listed} of 250 MiB unpacked")
    return mend(f"{listed}; Lambda takes 250 MiB unpacked", "rm -r .aws-sam && make build")


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
