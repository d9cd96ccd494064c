"""Trials of releases of penguins models, and answers that are changed in transit."""

import json
from collections.abc import Callable

from fairlead.aws.lambda_function import PredictFunction
from fairlead.aws.release_client import ReleaseClient
from fairlead.journal.records import Described
from fairlead.model.manifest import Finding
from fairlead.publishing.publish import Published, publish
from fairlead.verification.trial.trial import Budget, Trial
from testkit import penguins
from tests.functional.conftest import Store, make_store
from tests.functional.releases_here import FUNCTION, Answer, ReleasesHere

CHECKS = ["release", "manifest", "contents", "identity", "golden rows", "latency", "cold start", "compatibility"]


def without_year(store: Store) -> Published:
    train, held_out = (part.drop(columns="year") for part in penguins.split())
    estimator = penguins.unfitted().fit(train.drop(columns=penguins.TARGET), train[penguins.TARGET])
    return publish(
        estimator,
        name="penguins",
        X=held_out.drop(columns=penguins.TARGET),
        y=held_out[penguins.TARGET],
        registry=store.registry,
        allow_breaking=True,
    )


def tried(
    here: ReleasesHere,
    store: Store,
    published: Published,
    *,
    after: str = "1",
    target: str = "8",
    budget: Budget | None = None,
) -> dict[str, Finding]:
    """The findings of a trial, by check."""
    facts = published.manifest
    described = Described(model=facts.model, version=facts.version, target=target, after=after)
    trial = Trial(
        described,
        PredictFunction(here.client, FUNCTION),
        ReleaseClient(here.client, FUNCTION, target),
        store.registry,
        budget or Budget(latency_ms=250, cold_start_ms=2000),
        sleep=lambda _: None,
    )
    findings = list(trial.findings())
    assert len({finding.check for finding in findings}) == len(findings)
    return {finding.check: finding for finding in findings}


def refused(findings: dict[str, Finding]) -> list[str]:
    return [check for check, finding in findings.items() if finding.refuses]


def flip(body: Answer) -> None:
    body["predictions"][4]["label"] = "Gentoo" if body["predictions"][4]["label"] != "Gentoo" else "Adelie"


def failing(status: int) -> Callable[[Answer], Answer]:
    return lambda answer: {**answer, "statusCode": status, "body": json.dumps({"detail": "broken", "code": "internal"})}


def broken_store(s3_url: str) -> tuple[Store, Published]:
    store = make_store(s3_url)
    return store, penguins.publish(store.registry)
