"""Opens the stack's journal for a command, and formats its records."""

from typing import TYPE_CHECKING

from fairlead_cli import clock

if TYPE_CHECKING:
    from fairlead.journal.alias_state import ObservedAliases
    from fairlead.journal.journal import Journal
    from fairlead.journal.records import Record
    from fairlead.model.release import Release
    from fairlead.registry.store import Registry
    from fairlead.settings import Operator

STANDS = frozenset({"moved", "shifting", "found"})
"""Kinds of records that state an alias's position."""


def open_journal(settings: "Operator") -> "tuple[Journal, Registry]":
    """Open the journal in the registry's bucket; returns the registry too."""
    from fairlead.journal.journal import Journal
    from fairlead.registry.connection import open_registry

    opened = open_registry(settings)
    return Journal(opened.objects, settings.stack, clock=clock.now), opened


def see(settings: "Operator") -> "ObservedAliases":
    """Return the aliases' actual positions."""
    from fairlead.aws import clients
    from fairlead.aws.lambda_function import PredictFunction
    from fairlead.aws.stack import find
    from fairlead.errors import NotFoundError
    from fairlead.journal.alias_state import ObservedAliases

    function = PredictFunction(clients.client("lambda"), find(settings).function)
    live = function.alias("live")
    try:
        previous = function.release(function.alias("previous").version)
    except NotFoundError:
        previous = None
    return ObservedAliases(live=function.release(live.version), weights=live.weights, previous=previous)


def present_life(settings: "Operator") -> str:
    """Return the life of the stack that is deployed; empty if none is."""
    from fairlead.aws.stack import find
    from fairlead.errors import NotFoundError

    try:
        return find(settings).life
    except NotFoundError:
        return ""


def concerns(record: "Record", model: str) -> bool:
    """Return whether a record is about a model; an unreadable record may be."""
    held = {record.model, *(release.model for release in (record.was, record.now) if release)}
    return model in held or record.kind == "unreadable"


def what(record: "Record") -> str:
    """Return the record's subject: `moved live`, `decided`."""
    return f"{record.kind} {record.alias if record.kind in STANDS else ''}".strip()


def moving(record: "Record", life: str) -> str:
    """Return the move's source and target, or the release or version of the record; `life` is the present one."""
    if record.was and (record.now or record.kind in STANDS):
        return f"{short(record.was, life)} → {short(record.now, life)}"
    if record.was or record.now:
        return short(record.now or record.was, life)
    return f"{record.model}@{record.version}" if record.model else ""


def short(release: "Release | None", life: str) -> str:
    """Format a release for a table cell: `r14 churn@7`, `r1` without a model, `r3 churn@2 (1a2b3c4d)` if earlier."""
    if release is None:
        return "?"
    held = f" {release.model}@{release.version}" if release.model else ""
    return f"r{release.release}{held}" + (f" ({release.life[:8]})" if is_earlier(release, life) else "")


def is_earlier(release: "Release", life: str) -> bool:
    """Return whether a release is of an earlier stack of the name; `life` is the present one."""
    return release.life not in {"", life}


def who(record: "Record") -> str:
    """Return who moved it, without the account: `user/ada`, `codedeploy for user/ada`."""
    from fairlead.model.principal import named

    author = record.evidence.get("asked_by")
    return named(record.by) + (f" for {named(str(author))}" if author else "")


def strategy(record: "Record") -> str:
    """Return the strategy of a deployment, or the name of a configuration that no strategy names."""
    from fairlead.releases.strategies import spoken

    configuration = record.evidence.get("configuration") if record.kind == "shifting" else None
    return spoken(str(configuration), custom="") if configuration else ""
