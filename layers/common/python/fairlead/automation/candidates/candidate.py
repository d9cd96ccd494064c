"""The retrain function's event: which version is the candidate, and why it was made."""

from collections.abc import Mapping
from typing import Any

import msgspec

from fairlead.errors import SettingsError


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A candidate: the version, the digest (`sha256:…`) of its manifest, and why it was made.

    `request` is Lambda's id of the event, which stays the same when the event is retried.
    """

    model: str
    version: int
    digest: str
    reason: str = ""
    request: str = ""

    @property
    def key(self) -> str:
        """The key of its decision in the journal."""
        return f"candidate:{self.model}@{self.version}:{self.digest}"

    def __str__(self) -> str:
        return f"{self.model} version {self.version}"


def candidate_of(event: Mapping[str, Any], *, request: str) -> Candidate:
    """Parse the retrain function's event; raises SettingsError for anything else."""
    named = {name: event.get(name) for name in ("model", "version", "digest")}
    try:
        return msgspec.convert({**named, "reason": event.get("reason") or "", "request": request}, type=Candidate)
    except msgspec.ValidationError as error:
        raise SettingsError(f"the event does not name a candidate: {error}") from error
