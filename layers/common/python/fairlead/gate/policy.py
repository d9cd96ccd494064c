"""The gate's policy: thresholds for every check. Every key has a default; `policy_file` reads a policy from TOML.

`docs/reference/gate-policy.md` explains each key; a test compares the two.
"""

import hashlib
from typing import Annotated, Literal

import msgspec

Share = Annotated[float, msgspec.Meta(ge=0.0, le=1.0)]
Positive = Annotated[float, msgspec.Meta(gt=0.0)]
NotNegative = Annotated[float, msgspec.Meta(ge=0.0)]
Bound = Annotated[float, msgspec.Meta(ge=-1e300, le=1e300)]  # refuses NaN, which TOML can write
Count = Annotated[int, msgspec.Meta(ge=1)]
Severity = Literal["fail", "warn", "off"]
Undecided = Literal["refuse", "go on"]
ProbeKind = Literal["missing", "unseen category", "extreme", "far extreme", "row order", "batch size"]


class PolicyTable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A table of the policy; an unknown key is refused, never ignored."""


class Metrics(PolicyTable, frozen=True):
    """Bounds for metrics by name: the whole confidence interval must lie inside.

    `undecided` is the action if the bound lies inside the interval.
    """

    at_least: dict[str, Bound] = {}
    at_most: dict[str, Bound] = {}
    undecided: Undecided = "refuse"


class CrossValidation(PolicyTable, frozen=True):
    """`largest_gap` is the largest distance of the held-out value from the folds' mean, in standard errors."""

    largest_gap: Positive = 4.0


class ChampionRules(PolicyTable, frozen=True):
    """The margin by which a candidate may be worse than the live version; for errors a share of the live value."""

    metric: Literal[
        "auto", "accuracy", "balanced_accuracy", "f1", "roc_auc", "log_loss", "brier", "mae", "rmse", "loss"
    ] = "auto"
    not_worse_by: NotNegative = 0.01
    inconclusive: Undecided = "go on"
    fewest_rows: Count = 30


class Condition(PolicyTable, frozen=True):
    """Rows whose `field` is one of `equals`, at least `at_least` and below `below`; all given conditions must hold."""

    field: str
    equals: list[str | int | float | bool] | None = None
    at_least: Bound | None = None
    below: Bound | None = None


class NamedSlice(PolicyTable, frozen=True):
    """Rows that meet every condition."""

    name: str
    where: Annotated[list[Condition], msgspec.Meta(min_length=1)]


class Slices(PolicyTable, frozen=True):
    """Limits for slices worse than the other rows: `largest_gap` of accuracy, `largest_ratio` times the MAE."""

    automatic: bool = True
    fewest_rows: Count = 30
    quantiles: Annotated[int, msgspec.Meta(ge=2, le=20)] = 4
    most_categories: Count = 20
    largest_gap: Share = 0.15
    largest_ratio: Annotated[float, msgspec.Meta(ge=1.0)] = 3.0
    correction: Literal["holm", "benjamini-hochberg"] = "holm"
    level: Share = 0.01
    listed: Count = 5
    named: list[NamedSlice] = []


class Baselines(PolicyTable, frozen=True):
    """The margin by which the model must beat a dummy without inputs (ROC AUC, balanced accuracy, R² or D²)."""

    margin: NotNegative = 0.0
    undecided: Undecided = "refuse"


class Leakage(PolicyTable, frozen=True):
    """Limits for held-out rows that were trained on and for single inputs that alone predict the target."""

    shared_rows: Share = 0.01
    single_input: Share = 0.99
    ignore: list[str] = []


class Split(PolicyTable, frozen=True):
    """Limits for the shift between training and held-out rows; the columns of a time split or a grouped split."""

    time: str | None = None
    group: str | None = None
    largest_shift: Share = 0.25
    level: Share = 0.001


class Robustness(PolicyTable, frozen=True):
    """Kinds of probe that only warn."""

    warn_only: tuple[ProbeKind, ...] = ("far extreme",)


class BudgetLimits(PolicyTable, frozen=True):
    """Limits for the engine's cost in a fresh process: megabytes and milliseconds."""

    artifact_mb: Positive = 200.0
    memory_mb: Positive = 1024.0
    cold_load_ms: Positive = 8000.0
    one_row_ms: Positive = 200.0
    hundred_rows_ms: Positive = 1000.0


class Privacy(PolicyTable, frozen=True):
    """Whether personal data among the inputs warns or refuses, and inputs to ignore."""

    verdict: Literal["warn", "fail"] = "warn"
    ignore: list[str] = []


class Explanations(PolicyTable, frozen=True):
    """Whether the version gives reasons for predictions to callers who ask."""

    enabled: bool = True


class Policy(PolicyTable, frozen=True):
    """All thresholds. `checks` turns a check's failures into warnings, or turns the check off."""

    confidence: Annotated[float, msgspec.Meta(gt=0.5, lt=1.0)] = 0.95
    checks: dict[str, Severity] = {}
    metrics: Metrics = Metrics()
    cross_validation: CrossValidation = CrossValidation()
    champion: ChampionRules = ChampionRules()
    slices: Slices = Slices()
    baselines: Baselines = Baselines()
    leakage: Leakage = Leakage()
    split: Split = Split()
    robustness: Robustness = Robustness()
    budget: BudgetLimits = BudgetLimits()
    privacy: Privacy = Privacy()
    explanations: Explanations = Explanations()

    def canonical(self) -> bytes:
        """Return the policy as JSON with its defaults; equal policies have equal bytes."""
        return msgspec.json.encode(self, order="deterministic")

    def digest(self) -> str:
        """Return the SHA-256 of the canonical JSON, which is stored with every version that the policy judged."""
        return hashlib.sha256(self.canonical()).hexdigest()
