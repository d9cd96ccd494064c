"""The data types of the journal: drafts and records of alias moves, and the description of a deployment.

Law: `decode(encode(r)) == r`, and the record after `r` holds the SHA-256 of `encode(r)`. To change the format, add a
field with a default; when old readers would misread the new meaning, raise SCHEMA, which old readers refuse.
"""

import re
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec

from fairlead.errors import IntegrityError, SchemaError
from fairlead.model.manifest import UNREADABLE
from fairlead.model.release import Release

SCHEMA = 1
CODEDEPLOY = "codedeploy"
"""The `by` of records about CodeDeploy's own moves."""

DESCRIPTION = re.compile(
    r"fairlead: (?P<model>[a-z0-9][a-z0-9-]{0,62})@(?P<version>[1-9][0-9]*)"
    r" release (?P<target>[1-9][0-9]*) after (?P<after>[1-9][0-9]*)"
)

Aware = Annotated[datetime, msgspec.Meta(tz=True)]
Kind = Literal[
    "intended",  # an operation is about to move live to `now`
    "shifting",  # CodeDeploy moves live from `was` to `now`; `weights` if some calls reach `now` already
    "moved",  # the alias points at `now` alone
    "verified",  # the hook let `now` pass
    "failed",  # `now` did not become live; of a deployment: live is at `was`, except for the shares in `weights`
    "found",  # the alias points at `now`, but the author of this record did not move it
    "retired",  # `model` `version` is retired
    "pruned",  # the Lambda version `was` is deleted
    "decided",  # what the system did about an alarm or a retraining, and why
    "unreadable",  # never written: replaces a damaged record when it is read
]


class Draft(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A record before it is written; the journal adds its number, its time and its place in the chain.

    `alias` is set only if the record sets the state of that alias, so not for an attempt that moved nothing. `by` is an
    STS ARN, or "codedeploy". A record with a `key` is written once. `model` and `version` are the subject of a record
    without releases. `happened` is when it took effect, if AWS says that this was before the writing.
    """

    kind: Kind
    by: str
    why: str = ""
    alias: Literal["", "live", "previous"] = ""
    was: Release | None = None
    now: Release | None = None
    weights: dict[str, float] = {}
    deployment: str = ""
    key: str = ""
    model: str = ""
    version: int = 0
    happened: Aware | None = None
    evidence: dict[str, Any] = {}


class StatePointers(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The numbers of the records that set the aliases' state after this one, and of the open intents; 0 for none.

    With them a reader finds the live release without reading the whole journal.
    """

    live: int = 0
    previous: int = 0
    intents: tuple[int, ...] = ()


class Record(Draft, frozen=True, kw_only=True, omit_defaults=True):
    """One record. `previous` is the SHA-256 of the folder and bytes of the record that it follows, "" for the first.

    `skips` counts the objects between the two; they are not records of this journal. `earlier` is the SHA-256 of the
    record before the one that it follows, so that the chain survives one damaged or deleted record. `at` is aware UTC
    by the writer's clock, never before the record that it follows. `mark` is random, so that no two records have the
    same bytes: a writer that finds its own bytes knows that it wrote them.
    """

    schema: int
    number: int
    previous: str
    at: Aware
    mark: str
    earlier: str = ""
    skips: Annotated[int, msgspec.Meta(ge=0)] = 0
    since: StatePointers = StatePointers()

    @property
    def effective(self) -> datetime:
        """The time at which it took effect: `happened` if known, else `at`."""
        return self.happened or self.at


class Described(msgspec.Struct, frozen=True, kw_only=True):
    """The description of a deployment that Fairlead started: releases by Lambda version number."""

    model: str
    version: int
    target: str
    after: str


def describe_deployment(described: Described) -> str:
    """Return the text for CreateDeployment's `description`, which the hook and the record function parse."""
    return f"fairlead: {described.model}@{described.version} release {described.target} after {described.after}"


def parse_deployment(text: str | None) -> Described | None:
    """Parse a deployment's description; None for a deployment that Fairlead did not start."""
    found = DESCRIPTION.fullmatch(text or "")
    if not found:
        return None
    return Described(model=found["model"], version=int(found["version"]), target=found["target"], after=found["after"])


def encode(record: Record) -> bytes:
    """Return the bytes to store; the next record holds their digest."""
    return msgspec.json.format(msgspec.json.encode(record), indent=1)


def decode(data: bytes) -> Record:
    """Parse a record; raises SchemaError for an unknown schema number, IntegrityError for any other malformed bytes."""
    try:
        document = msgspec.json.decode(data, type=dict[str, Any])
        if (schema := document.get("schema")) != SCHEMA:
            raise SchemaError(
                f"a journal record has schema {schema!r}; this version of Fairlead reads schema {SCHEMA}",
                hint="install the version of Fairlead that wrote it, or a newer one",
            )
        return msgspec.convert(document, type=Record)
    except UNREADABLE as error:
        raise IntegrityError(f"a journal record is malformed: {error}") from error
