"""The view of one version at a time: traffic, drift, labels and quality, as plain data."""

from datetime import datetime

import msgspec

from fairlead.drift import Broken, Judgement
from fairlead.model.manifest import Metric


class Labels(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of a window's predictions and outcomes.

    `invalid` outcomes do not fit the model's output; `conflicts` contradict an earlier one. `coverage` is the share of
    mature predictions with an outcome (0–1), None with too few. `delay_hours` is the time within which 90 % of the
    model's outcomes arrive, None without outcomes.
    """

    predictions: int
    outcomes: int
    invalid: int
    conflicts: int
    coverage: float | None
    delay_hours: int | None


class Quality(msgspec.Struct, frozen=True, kw_only=True):
    """The primary metric in the window of mature predictions, and its published figure.

    `now` and `drop` are None with too few effective outcomes. `drop` is by how much the figure is surely worse than
    published; for an error metric it is a share of the published error. At most 0 means not surely worse. `figures` has
    every metric of that window.
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
    """One version at a time: drift and traffic of the last `hours`, quality of as many mature hours.

    `estimate` is the expected accuracy without outcomes, which triggers nothing. `judged` is the drift, None without a
    baseline. `broken` are inputs that broke within the last hour, None without a baseline or with too few rows.
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
