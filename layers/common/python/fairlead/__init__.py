"""Fairlead: a fitted scikit-learn model as a live, authorised, versioned endpoint on AWS Lambda.

Notebooks call `fairlead.publish(estimator, name=…, X=…, y=…)`, `fairlead.validate(…)` (the same without storing),
`fairlead.release(name, version)` and `fairlead.monitor(name)`. `fairlead.Client(url).predict(rows)` asks the
endpoint, and `fairlead.AsyncClient` does so for asyncio. `fairlead.scorer(name, version)` scores batches in Spark, Dask
and Ray.
Each other package is one room; a room imports only rooms of lower rows:

    errors        every error, with its HTTP status and exit code
    prices        list prices of AWS, for estimates
    auth          Signature Version 4 for httpx, requests and others
    settings      settings from the environment
    model         what a version is: signature, manifest, baseline, golden rows, answers, release
    engines       run a model: onnx or scikit-learn
    telemetry     log lines, metrics, captured requests
    aws           one AWS service a module
    html          elements, charts and style of the HTML pages
    gate          quality gate: checks over evidence, one verdict
    drift         drift of inputs and predictions against the baseline
    client        ask an endpoint: tables in, predictions out
    api           the public HTTP contract
    registry      versions in S3: blobs, manifests, lineage, retirements
    quality       metrics from reported outcomes
    journal       audit log of the aliases, a hash chain in S3
    serving       load one frozen version, answer requests, pinned versions too
    publishing    estimator and rows → one immutable version, or a refusal
    feedback      captured predictions and outcomes → the ledger in DynamoDB
    releases      release, rollback, retire, prune, status
    batch         predictions for many rows: plan, chunks, results, manifest
    verification  CodeDeploy's hook tries a release before traffic
    monitoring    views, gauges, dashboard, shadow comparison
    scoring       predictions in the caller's own process, for Spark, Dask and Ray
    automation    response to alarms, release of candidates
    fleet         every stack of an account and region as one list
    retraining    a new version from reported outcomes
    notebook      publish, validate, release, monitor, with results as tables

Nothing heavy is imported here: Lambda imports this package on every cold start.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from fairlead.client.asynchronous import AsyncClient as AsyncClient
    from fairlead.client.client import Client as Client
    from fairlead.scoring.scorer import scorer as scorer

__version__ = "0.1.0"

NOTEBOOK = ("monitor", "publish", "release", "validate")


def __getattr__(name: str) -> Any:
    """Load what the package offers on first use: publishing imports scikit-learn, and Lambda needs no client."""
    if name in {*NOTEBOOK, "scorer"}:
        from fairlead.errors import naming_missing_packages

        with naming_missing_packages():
            if name == "scorer":
                from fairlead.scoring.scorer import scorer

                return scorer
            from fairlead.notebook import verbs

        return getattr(verbs, name)
    if name == "Client":
        from fairlead.client.client import Client

        return Client
    if name == "AsyncClient":
        from fairlead.client.asynchronous import AsyncClient

        return AsyncClient
    raise AttributeError(f"module 'fairlead' has no attribute {name!r}")


def __dir__() -> list[str]:
    """Return the names for completion, without importing what they load."""
    return sorted([*NOTEBOOK, "AsyncClient", "Client", "__version__", "scorer"])
