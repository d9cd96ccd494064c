"""Facts of a version's report and model card: everything they say, and nothing that must still be computed."""

import msgspec

from fairlead.gate.evidence import Budget
from fairlead.gate.findings import Verdict
from fairlead.model.baseline import Baseline
from fairlead.model.manifest import Forced, Manifest

Point = tuple[float, float]


class Confusion(msgspec.Struct, frozen=True, kw_only=True):
    """Rows by true class (first index) and answered class; the last true class may be those the model does not know."""

    truths: tuple[str, ...]
    answers: tuple[str, ...]
    counts: tuple[tuple[int, ...], ...]


class Curve(msgspec.Struct, frozen=True, kw_only=True):
    """One class against the rest: ROC points (false, true positive rate) and PR points (recall, precision), thinned."""

    of: str
    positives: int
    negatives: int
    roc: tuple[Point, ...]
    auc: float
    precision_recall: tuple[Point, ...]
    average_precision: float


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """Rows whose answer lies about `answer`: quantiles 5, 25, 50, 75, 95 % of their errors (answer less truth)."""

    answer: float
    rows: int
    errors: tuple[float, float, float, float, float]


class Histogram(msgspec.Struct, frozen=True, kw_only=True):
    """Counts in bins of equal width from `low` to `high`, and of what lies below and above."""

    low: float
    high: float
    counts: tuple[int, ...]
    below: int = 0
    above: int = 0


class Residuals(msgspec.Struct, frozen=True, kw_only=True):
    """Errors of one target: their histogram, and how they spread by answer, in ten parts of equally many rows."""

    of: str
    errors: Histogram
    spreads: tuple[Spread, ...]


class Importance(msgspec.Struct, frozen=True, kw_only=True):
    """How much worse the answers become when one input is shuffled: mean, least and most over the repeats."""

    name: str
    mean: float
    least: float
    most: float


class Importances(msgspec.Struct, frozen=True, kw_only=True):
    """Permutation importance of every input, largest first; `measure` says of what, `skipped` why there is none."""

    measure: str
    rows: int
    repeats: int
    inputs: tuple[Importance, ...] = ()
    skipped: str = ""


class Shape(msgspec.Struct, frozen=True, kw_only=True):
    """One number's histogram over the held-out rows, and over the training rows where they are at hand."""

    held_out: Histogram
    training: Histogram | None = None


class Observed(msgspec.Struct, frozen=True, kw_only=True):
    """What the held-out rows show of the model, small enough to draw.

    `shapes` are by input, `scores` by what is answered (the probability of a class, the value of a target, a score),
    `training` is by input of categories: counts in the order of the baseline's, others last.
    """

    confusion: Confusion | None = None
    curves: tuple[Curve, ...] = ()
    residuals: tuple[Residuals, ...] = ()
    importances: Importances | None = None
    shapes: dict[str, Shape] = {}
    scores: dict[str, Histogram] = {}
    training: dict[str, tuple[int, ...]] = {}
    training_rows: int = 0
    budget: Budget | None = None


class ReportFacts(msgspec.Struct, frozen=True, kw_only=True):
    """Everything the report and the card say.

    `manifest` is as it will be committed, but for the blobs of report and card, which cannot name themselves.
    """

    manifest: Manifest
    verdict: Verdict
    baseline: Baseline
    observed: Observed
    forced: Forced | None = None
