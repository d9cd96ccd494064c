"""Calls of pinned versions, and changes of the registry that they are read from."""

import contextlib
import json
from datetime import UTC, datetime
from types import ModuleType
from typing import Any

from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression

from fairlead.model.manifest import EngineName
from fairlead.publishing import publish as publishing
from fairlead.publishing.publish import Published
from fairlead.registry.retirements import Retirement, retire
from testkit.lambda_context import context, event
from tests.functional.conftest import Store

SKLEARN = 2
LIVE = 5


def publish(store: Store, version: int, engine: EngineName = "onnx") -> Published:
    X, y = load_iris(return_X_y=True, as_frame=True)
    names = [f"setosa by {version}", "versicolor", "virginica"]
    estimator = LogisticRegression(max_iter=500).fit(X, [names[kind] for kind in y])
    return publishing.publish(
        estimator,
        name="iris",
        X=X,
        y=[names[kind] for kind in y],
        registry=store.registry,
        engine=engine,
        allow_breaking=True,
    )


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def timed(app: ModuleType) -> Clock:
    app.endpoint._clock = Clock()
    clock: Clock = app.endpoint._clock
    return clock


def call(app: ModuleType, name: str, **changes: Any) -> tuple[int, dict[str, Any], dict[str, str]]:
    with contextlib.redirect_stdout(app.printed):
        answer = app.handler(event(name, **changes), context())
    headers = {header: values[0] for header, values in answer["multiValueHeaders"].items()}
    return answer["statusCode"], json.loads(answer["body"]), headers


def body() -> str:
    row = load_iris(as_frame=True).data.iloc[0].to_dict()
    return json.dumps({"instances": [row]})


def predict(app: ModuleType, version: object) -> tuple[int, dict[str, Any], dict[str, str]]:
    return call(app, "predict_pinned", pathParameters={"version": str(version)}, body=body())


def by_query(app: ModuleType, *versions: str) -> tuple[int, dict[str, Any], dict[str, str]]:
    query = {"queryStringParameters": {"version": versions[-1]}}
    several = {"multiValueQueryStringParameters": {"version": list(versions)}}
    return call(app, "predict", body=body(), **query, **several)


def tamper(store: Store, key: str) -> None:
    bucket = {"Bucket": store.env["FAIRLEAD_BUCKET"], "Key": key}
    data = store.client.get_object(**bucket)["Body"].read()
    store.client.put_object(**bucket, Body=data[:-1] + bytes([data[-1] ^ 1]))


def retire_version(store: Store, version: int) -> None:
    when = datetime(2026, 11, 23, tzinfo=UTC)
    retire(store.registry, Retirement(model="iris", version=version, retired=when, retired_by="ada"))


def logged(app: ModuleType) -> list[dict[str, Any]]:
    """Log lines since the last call of this."""
    lines = [json.loads(line) for line in app.printed.getvalue().splitlines() if line.startswith("{")]
    app.printed.seek(0)
    app.printed.truncate()
    return lines


def records(app: ModuleType) -> list[dict[str, Any]]:
    """Lines of requests since the last call of this, or of `logged`."""
    return [one for one in logged(app) if "Requests" in one]
