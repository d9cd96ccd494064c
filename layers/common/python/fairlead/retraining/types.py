"""Data types of retraining: labelled rows, limits, orders."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from fairlead.errors import RefusedError

Row = tuple[Any, ...]


class Labelled(msgspec.Struct, frozen=True, kw_only=True):
    """A production row with its outcome: `id` is the prediction's, `at` the time of its request (ms since 1970).

    `by` is the reporter's ARN without its session, `caller` the requester's pseudonym. `contradicted` is whether a
    different outcome was reported later.
    """

    id: str
    request: str
    at: int
    row: Row
    target: Any
    by: str
    caller: str
    contradicted: bool = False


class Limits(msgspec.Struct, frozen=True, kw_only=True):
    """Limits of the label guards; docs/explanation/retraining.md explains the values."""

    fewest: int = 200
    """Labelled rows, training and held-out rows together."""
    fewest_held_out: int = 50
    held_out: float = 0.3
    """The newest share of the labelled rows, which is held out."""
    oldest: timedelta = timedelta(days=14)
    """Maximum age of the newest labelled prediction."""
    largest_share: float = 0.6
    """Maximum share of labels from one reporter; `trusted` reporters are not counted."""
    trusted: tuple[str, ...] = ()
    """ARNs whose labels need no second source, with * for any characters."""
    most_contradicted: float = 0.05
    largest_shift: float = 0.4
    """Total variation between distributions of labels: the share of labels that would have to change."""
    most_repeated: float = 0.5
    """Maximum share of labelled rows left out because the same row is on the other side of the split."""


class RetrainingOrder(msgspec.Struct, frozen=True, kw_only=True):
    """An order to retrain on rows of the time `since` before `now` (aware UTC); `by` and `why` go into the journal.

    An order with a `key` is done once. `train` is a file with the champion's training rows, if it kept none.
    """

    model: str
    now: datetime
    by: str
    why: str
    since: timedelta = timedelta(days=30)
    key: str = ""
    train: Path | None = None
    limits: Limits = Limits()


class RetrainingError(RefusedError):
    """Retraining was refused; `findings` give the reasons."""

    code = "retraining"
