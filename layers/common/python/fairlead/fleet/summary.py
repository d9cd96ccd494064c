"""One stack at a time, as a row of the fleet: live release, figures, alarms in ALARM, cost."""

from datetime import datetime

import msgspec

from fairlead.model.manifest import Metric


class LiveQuality(msgspec.Struct, frozen=True, kw_only=True):
    """The primary metric of mature predictions against the published figure; `now` is None with too few outcomes.

    `drop` is by how much the live version is surely worse than published, at most 0 if it is not, None if unknown.
    """

    metric: str
    now: Metric | None
    published: Metric | None
    drop: float | None
    said: str


class StackSummary(msgspec.Struct, frozen=True, kw_only=True):
    """One stack. A field is None where it is unknown; `problems` says why.

    `own_code` is the package of its publisher that the live version executes, empty without one. `since` is when the
    release became live. `requests`, `error_share` (0–1) and `latency_ms` (99th percentile of the
    slowest hour) are callers' calls. `drifted` and `broken` name inputs and answers; None if they cannot be judged.
    `alarms` are those in state ALARM, without the stack's name. `idle_dollars` is a month without calls.
    """

    stack: str
    status: str
    fairlead: str
    api_url: str
    model: str | None = None
    version: int | None = None
    own_code: str = ""
    release: str | None = None
    since: datetime | None = None
    requests: int | None = None
    error_share: float | None = None
    latency_ms: float | None = None
    quality: LiveQuality | None = None
    drifted: tuple[str, ...] | None = None
    broken: tuple[str, ...] | None = None
    alarms: tuple[str, ...] | None = None
    idle_dollars: float | None = None
    problems: tuple[str, ...] = ()

    @property
    def live(self) -> str:
        """The live model and version, with the package of its publisher if it executes one; empty without a model."""
        code = f", own code {self.own_code}" if self.own_code else ""
        return f"{self.model} {self.version}{code}" if self.model else ""


class Fleet(msgspec.Struct, frozen=True, kw_only=True):
    """Every Fairlead stack of an account and region at a time; traffic and drift are of the `hours` before."""

    region: str
    at: datetime
    hours: int
    stacks: tuple[StackSummary, ...]
