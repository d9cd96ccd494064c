"""Reads the overview of a model, which `fairlead monitor` and the console show."""

from typing import TYPE_CHECKING

from fairlead_cli import clock

if TYPE_CHECKING:
    from fairlead.monitoring.overview import Overview
    from fairlead.settings import Operator


def overview(settings: "Operator", name: str, hours: int) -> "Overview":
    """Return a model's overview of the last `hours`; raises NotFoundError, StorageError."""
    from fairlead.aws import clients
    from fairlead.aws.cloudwatch_alarms import Alarms
    from fairlead.aws.s3 import S3Objects
    from fairlead.aws.stack import find
    from fairlead.feedback.ledger.reader import LedgerReader
    from fairlead.journal.journal import Journal
    from fairlead.monitoring.overview import read_overview
    from fairlead.registry.store import Registry

    stack = find(settings)
    objects = S3Objects(clients.client("s3"), stack.bucket)
    return read_overview(
        name,
        clock.now(),
        hours,
        registry=Registry(objects),
        ledger=LedgerReader(clients.client("dynamodb"), stack.ledger),
        journal=Journal(objects, stack.name),
        alarms=Alarms(clients.client("cloudwatch")).of_stack(stack.name),
    )
