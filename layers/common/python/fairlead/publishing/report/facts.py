"""The data that report and model card show; nothing else is computed while they are rendered."""

import msgspec

from fairlead.gate.evidence import Budget
from fairlead.gate.findings import Verdict
from fairlead.model.baseline import Baseline
from fairlead.model.manifest import Forced, Manifest

Point = tuple[float, float]


class Confusion(msgspec.Struct, frozen=True, kw_only=True):
    """Rows by true class (first index) and answered class; the last true class may be the model's unknown classes."""

    truths: tuple[str, ...]
    answers: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


class Curve(msgspec.Struct, frozen=True, kw_only=True):
    """One class against the rest: thinned points of ROC (false, true positive rate) and PR (recall, precision)."""

    of: str
    positives: int
    negatives: int
    roc: tuple[Point, ...]
    auc: float
    precision_recall: tuple[Point, ...]
    average_precision: float


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """Rows whose median answer is `answer`: quantiles 5, 25, 50, 75, 95 % of their errors (answer minus truth)."""

    answer: float
    rows: int
    errors: tuple[float, float, float, float, float]


class Histogram(msgspec.Struct, frozen=True, kw_only=True):
    """Counts in bins of equal width from `low` to `high`, and counts of values below and above."""

    low: float
    high: float
    counts: tuple[int, ...]
    below: int = 0
    above: int = 0


class Residuals(msgspec.Struct, frozen=True, kw_only=True):
    """Errors of one target: their histogram, and their spread in ten parts of equally many rows by answer."""

    of: str
    errors: Histogram
    spreads: tuple[Spread, ...]


class Importance(msgspec.Struct, frozen=True, kw_only=True):
    """The growth of the loss when one input is shuffled: mean, least and most over the repeats."""

    name: str
    mean: float
    least: float
    most: float


class Importances(msgspec.Struct, frozen=True, kw_only=True):
    """Permutation importance of every input, largest first; `measure` names the loss, `skipped` why there is none."""

    measure: str
    rows: int
    repeats: int
    inputs: tuple[Importance, ...] = ()
    skipped: str = ""


class GlobalReasons(msgspec.Struct, frozen=True, kw_only=True):
    """The mean absolute contribution of every input over some held-out rows, largest first, on the scale of reasons."""

    method: str
    scale: str
    rows: int
    inputs: tuple[tuple[str, float], ...]


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """One input's histogram over the held-out rows, and over the training rows if they were given."""

    held_out: Histogram
    training: Histogram | None = None


class Observed(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of the held-out rows, small enough to draw.

    `shapes` are by input; `scores` by class (its probability), by target (its value) or `score`. `training` has the
    training rows of each categorical input: counts in the order of the baseline's categories, others last.
    """

    confusion: Confusion | None = None
    curves: tuple[Curve, ...] = ()
    residuals: tuple[Residuals, ...] = ()
    importances: Importances | None = None
    reasons: GlobalReasons | None = None
    shapes: dict[str, Shape] = {}
    scores: dict[str, Histogram] = {}
    training: dict[str, tuple[int, ...]] = {}
    training_rows: int = 0
    budget: Budget | None = None


class ReportFacts(msgspec.Struct, frozen=True, kw_only=True):
    """All data of the report and the model card.

    `manifest` is the one that will be committed, without the blobs of report and card, which cannot contain their own
    digests.
    """

    manifest: Manifest
    verdict: Verdict
    baseline: Baseline
    observed: Observed
    forced: Forced | None = None
