"""Records of functions, versions, aliases and layers."""

import time
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Literal

from fairlead_local.account import arn, function_arn
from fairlead_local.lambda_.archives import Archive

LATEST = "$LATEST"
SETTLE_SECONDS = 0.25
State = Literal["Pending", "Active", "Inactive", "Failed"]


def new_revision() -> str:
    """Return a new RevisionId."""
    return str(uuid.uuid4())


def now_text() -> str:
    """Return the present time in the format of LastModified."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%f")[:-3] + "+0000"


@dataclass
class Version:
    """A configuration with its code: `$LATEST`, which changes, or a published number, which never does."""

    function: str
    number: str
    settings: dict[str, Any]
    code: Archive
    layers: list["LayerVersion"]
    revision: str = field(default_factory=new_revision)
    state: State = "Pending"
    reason: str = ""
    reason_code: str = ""
    updating: bool = False
    settles_at: float | None = None
    modified: str = field(default_factory=now_text)

    def __getstate__(self) -> dict[str, Any]:
        """A change that is under way ends at once in another process, whose monotonic clock is another."""
        return {**vars(self), "settles_at": None if self.settles_at is None else 0.0}

    def settle_later(self) -> None:
        """Start a creation or update, which takes a moment as in AWS."""
        self.settles_at = time.monotonic() + SETTLE_SECONDS

    def settle(self) -> None:
        """Finish a creation or update that is due: the version is active and has a new RevisionId."""
        if self.settles_at is None or time.monotonic() < self.settles_at:
            return
        self.settles_at = None
        self.revision = new_revision()
        self.updating = False
        if self.state == "Pending":
            self.state = "Active"

    @property
    def snap_start(self) -> bool:
        """Whether publishing takes a snapshot."""
        return bool(self.settings.get("SnapStart", {}).get("ApplyOn") == "PublishedVersions")

    @property
    def arn(self) -> str:
        """The ARN with the version's number; without a qualifier for `$LATEST`."""
        return function_arn(self.function, None if self.number == LATEST else self.number)


@dataclass
class Alias:
    """A name for one version, or for two with weights."""

    function: str
    name: str
    version: str
    description: str = ""
    weights: dict[str, float] = field(default_factory=dict)
    revision: str = field(default_factory=new_revision)


@dataclass
class LayerVersion:
    """An immutable version of a layer."""

    name: str
    number: int
    code: Archive
    facts: dict[str, Any]
    created: str = field(default_factory=now_text)

    @property
    def layer_arn(self) -> str:
        """The ARN without the version."""
        return arn("lambda", f"layer:{self.name}")

    @property
    def arn(self) -> str:
        """The ARN with the version."""
        return f"{self.layer_arn}:{self.number}"


@dataclass
class Function:
    """A function: `$LATEST`, published versions by number, aliases, and resource policies by qualifier."""

    name: str
    latest: Version
    versions: dict[str, Version] = field(default_factory=dict)
    aliases: dict[str, Alias] = field(default_factory=dict)
    policies: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    invoke_configs: dict[str, dict[str, Any]] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    published: int = 0
    published_from: tuple[str, str] | None = None
    reserved_concurrency: int | None = None
