"""What retraining learns from and by which limits, as facts."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from fairlead.errors import RefusedError

Row = tuple[Any, ...]


class Labelled(msgspec.Struct, frozen=True, kw_only=True):
    """A row of production with what came true: `id` is the prediction's, `at` when it was asked (ms since 1970).

    `by` reported the outcome (an ARN without its session), `caller` asked (a pseudonym); `contradicted` says that
    somebody reported otherwise later.
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
    """What must hold of labels before anything learns from them; docs/explanation/retraining.md says why these."""

    fewest: int = 200
    """Labelled rows to learn from and to be judged by, together."""
    fewest_held_out: int = 50
    held_out: float = 0.3
    """The newest share of the labelled rows, which judges and is not learnt."""
    oldest: timedelta = timedelta(days=14)
    """Age of the newest labelled prediction: older ones describe a world that may be gone."""
    largest_share: float = 0.6
    """Of the labels, from one reporter; `trusted` reporters are not counted."""
    trusted: tuple[str, ...] = ()
    """ARNs whose labels need no second source, with * for any characters."""
    most_contradicted: float = 0.05
    largest_shift: float = 0.4
    """Total variation between distributions of labels: the share of them that would have to be others."""
    most_repeated: float = 0.5
    """Of the labelled rows, those left out because the same row stands on the other side of the split."""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked for: rows of `since` before `now` (aware UTC), by whom and why.

    A retraining with a `key` is done once. `train` is a file with the champion's training rows, for one that kept none.
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
    """Retraining was refused; `findings` say what was seen."""

    code = "retraining"
