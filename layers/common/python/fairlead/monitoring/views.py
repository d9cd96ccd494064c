"""What is seen of one version at a moment, as facts."""

from datetime import datetime

import msgspec

from fairlead.drift import Broken, Judgement
from fairlead.model.manifest import Metric


class Labels(msgspec.Struct, frozen=True, kw_only=True):
    """What became known of a window's predictions.

    `predictions` and `outcomes` are those of the window; `invalid` outcomes do not fit the model's output, `conflicts`
    contradict an earlier one. `coverage` is outcomes over predictions, of those that are mature; None where these are
    too few. `delay_hours` bounds how late 90 % of the model's outcomes come; None where none ever came.
    """

    predictions: int
    outcomes: int
    invalid: int
    conflicts: int
    coverage: float | None
    delay_hours: int | None


class Quality(msgspec.Struct, frozen=True, kw_only=True):
    """The primary figure in the window of mature predictions, beside the published one.

    `now` and `drop` are None with fewer than the needed effective outcomes. `drop` is by how much the figure is surely
    worse than published, a share of the published one where that is an error; up to 0 it is not surely worse.
    `figures` has every figure of that window.
    """

    metric: str
    published: Metric | None
    now: Metric | None
    drop: float | None
    outcomes: int
    effective_outcomes: float
    since: datetime
    until: datetime
    figures: dict[str, Metric]


class View(msgspec.Struct, frozen=True, kw_only=True):
    """One version at a moment: drift and traffic of the last `hours`, quality of as many mature hours.

    `estimate` is the accuracy to expect without outcomes, which is advice. `judged` is the drift; None where the
    version has no baseline. `broken` are inputs that broke within the last hour; None as well
    with too few rows.
    """

    model: str
    version: int
    live: bool
    at: datetime
    hours: int
    judged: Judgement | None
    broken: tuple[Broken, ...] | None
    labels: Labels
    quality: Quality
    estimate: Metric | None
