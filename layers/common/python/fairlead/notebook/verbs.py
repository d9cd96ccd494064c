"""`fairlead.publish`, `validate`, `release` and `monitor`: the operations of the command line, for notebooks."""

import functools
import os
from typing import Any

from fairlead.aws import clients
from fairlead.aws.cloudwatch_alarms import Alarms
from fairlead.aws.s3 import S3Objects
from fairlead.aws.stack import find
from fairlead.feedback.ledger.reader import LedgerReader
from fairlead.journal.journal import Journal, utc_now
from fairlead.monitoring.overview import read_overview
from fairlead.notebook.results import Monitored, NotebookRelease, PublishedVersion, Validated, shown
from fairlead.notebook.steps import steps
from fairlead.publishing import publish as publishing
from fairlead.registry.connection import open_registry
from fairlead.registry.store import Registry
from fairlead.releases.facade import opened
from fairlead.settings import operator


@functools.wraps(publishing.publish)
def publish(estimator: Any, *, name: str, **options: Any) -> PublishedVersion:  # noqa: D103 - the docstring of what it wraps
    with steps(f"publishing {name}") as progress:
        done = publishing.publish(estimator, name=name, **{"progress": progress, **options})
    return shown(PublishedVersion, done)


@functools.wraps(publishing.validate)
def validate(estimator: Any, *, name: str, **options: Any) -> Validated:  # noqa: D103 - as publish
    with steps(f"judging {name}") as progress:
        verdict = publishing.validate(estimator, name=name, **{"progress": progress, **options})
    return shown(Validated, verdict)


def release(
    name: str,
    version: int,
    *,
    strategy: str = "",
    wait: bool = True,
    reason: str = "",
    switch_model: bool = False,
    stack: str = "",
) -> NotebookRelease:
    """Make a version live, as `fairlead release` does.

    Args:
        name: the model.
        version: its version.
        strategy: how traffic shifts, for example "canary-10-5m"; empty for the stack's own.
        wait: return only when all traffic has shifted.
        reason: why, for the journal.
        switch_model: replace another live model, all at once.
        stack: the deployed stack; empty takes FAIRLEAD_STACK, else "fairlead".

    Raises ReleaseError with the reason and a hint; then `live` has not moved.

    """
    where = operator({**os.environ, **({"FAIRLEAD_STACK": stack} if stack else {})})
    with steps(f"releasing {name} version {version}") as progress:
        releases = opened(find(where), progress=progress)
        done = releases.release(
            open_registry(where), name, version, strategy=strategy, reason=reason, switch_model=switch_model
        )
        if wait and done.deployment:
            progress("shifting traffic")
            done = releases.follow(done)
    return shown(NotebookRelease, done)


def monitor(name: str, *, hours: int = 24, stack: str = "") -> Monitored:
    """Return quality, drift, outcomes, alarms and decisions of a model, as `fairlead monitor` shows them.

    Args:
        name: the model.
        hours: how far to look back, 1 to 720.
        stack: the deployed stack; empty takes FAIRLEAD_STACK, else "fairlead".

    Raises NotFoundError for an unknown model, and where no prediction of it was captured.

    """
    found = find(operator({**os.environ, **({"FAIRLEAD_STACK": stack} if stack else {})}))
    objects = S3Objects(clients.client("s3"), found.bucket)
    overview = read_overview(
        name,
        utc_now(),
        hours,
        registry=Registry(objects),
        ledger=LedgerReader(clients.client("dynamodb"), found.ledger),
        journal=Journal(objects, found.name),
        alarms=Alarms(clients.client("cloudwatch")).of_stack(found.name),
    )
    return shown(Monitored, overview.checked())
