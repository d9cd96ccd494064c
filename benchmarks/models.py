"""The two models that every benchmark serves, really published, and an S3 on loopback that serves their blobs."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from typing import Any

from sklearn.datasets import load_breast_cancer
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import train_test_split
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from fairlead.publishing.publish import Published, publish
from fairlead.registry.store import Registry
from testkit.loopback import Received, Sent, loopback
from testkit.memory import Memory

ESTIMATORS = {
    "logistic regression": lambda: make_pipeline(StandardScaler(), LogisticRegression()),
    "forest of 100 trees": lambda: RandomForestClassifier(100, random_state=0),
}


@dataclass(frozen=True)
class Case:
    """One published model and rows to ask it."""

    name: str
    estimator: Any
    published: Published
    objects: Memory
    instances: list[dict[str, float]]

    def body(self, rows: int) -> str:
        return json.dumps({"instances": self.instances[:rows]})

    def env(self, endpoint: str) -> dict[str, str]:
        """Return a release's frozen environment, with the loopback S3 as endpoint."""
        return {
            "AWS_ENDPOINT_URL": endpoint,
            "AWS_ACCESS_KEY_ID": "benchmark",
            "AWS_SECRET_ACCESS_KEY": "benchmark",
            "AWS_REGION": "us-east-1",
            "AWS_LAMBDA_FUNCTION_NAME": "fairlead-predict",
            "AWS_LAMBDA_FUNCTION_VERSION": "14",
            "FAIRLEAD_BUCKET": "registry",
            "FAIRLEAD_MODEL": self.published.manifest.model,
            "FAIRLEAD_VERSION": str(self.published.manifest.version),
            "FAIRLEAD_MANIFEST_SHA256": self.published.sha256,
            "POWERTOOLS_SERVICE_NAME": "predict",
            "POWERTOOLS_METRICS_NAMESPACE": "Fairlead",
            "POWERTOOLS_LOG_LEVEL": "INFO",
        }


@cache
def case(name: str) -> Case:
    """Fit, publish, and keep the held-out rows; breast cancer, 30 features."""
    X, y = load_breast_cancer(return_X_y=True, as_frame=True)
    X_train, X_test, y_train, y_test = train_test_split(X, y, random_state=0)
    # Fitted on a bare array: the plain way then needs no pandas, which would only make it slower.
    estimator = ESTIMATORS[name]().fit(X_train.to_numpy(), y_train)
    objects = Memory()
    published = publish(estimator, name="bench", X=X_test, y=y_test, registry=Registry(objects))
    return Case(name, estimator, published, objects, X_test.head(100).to_dict(orient="records"))


@contextmanager
def loopback_s3(objects: Memory, reads: list[str] | None = None) -> Iterator[str]:
    """Serve the store as `GET /registry/<key>`; `reads` collects the requested keys."""

    def answer(request: Received) -> Sent:
        key = request.path.removeprefix("/registry/")
        if reads is not None:
            reads.append(key)
        return 200, {}, objects.objects[key]

    with loopback(answer) as url:
        yield url
