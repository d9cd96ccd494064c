"""The loss that a fitted regressor minimises, read from its parameters."""

from collections.abc import Callable
from typing import Any

from fairlead.gate.losses import Loss

ABSOLUTE = Loss(kind="absolute")
INNER = ("best_estimator_", "estimator_", "regressor_", "estimator")
"""Attributes in which search, selection and multi-output estimators keep the regressor that answers."""


def loss_of(estimator: Any) -> Loss | None:
    """Return the loss of the final regressor; None for squared errors and for classes that are not known.

    None also for a regressor of a transformed target: its loss is on another scale.
    """
    last = _last(estimator)
    if last is None:
        return None
    reader = _READERS.get(type(last).__name__)
    return reader(last) if reader else None


def _last(estimator: Any) -> Any:
    name = type(estimator).__name__
    if name == "Pipeline":
        return _last(estimator.steps[-1][1])
    if name == "TransformedTargetRegressor":
        return None
    inner = next((getattr(estimator, held) for held in INNER if hasattr(estimator, held)), None)
    return estimator if inner is None or name in _READERS else _last(inner)


def _boosted(quantile: str) -> Callable[[Any], Loss | None]:
    """Return a reader of a boosting model's `loss`; `quantile` is the parameter that has the quantile."""

    def read(model: Any) -> Loss | None:
        if model.loss == "quantile":
            return Loss(kind="pinball", parameter=float(getattr(model, quantile)))
        return _by_name(model.loss)

    return read


def _objective(model: Any) -> Loss | None:
    """Return the loss of a booster's objective, with the library's default parameters."""
    given = model.get_params()
    name = str(given.get("objective")).removeprefix("reg:").removeprefix("count:")
    if name in ("quantile", "quantileerror"):
        quantile = given.get("alpha", 0.9) if name == "quantile" else given.get("quantile_alpha")
        return Loss(kind="pinball", parameter=float(quantile)) if isinstance(quantile, (int, float)) else None
    if name == "tweedie":
        return _tweedie(given.get("tweedie_variance_power") or 1.5)
    if name in ("regression_l1", "l1", "mae", "mean_absolute_error", "absoluteerror"):
        return ABSOLUTE
    return _by_name(name)


def _by_name(name: str) -> Loss | None:
    known = {"absolute_error": ABSOLUTE, "poisson": _tweedie(1), "gamma": _tweedie(2)}
    return known.get(name)


def _tweedie(power: float) -> Loss | None:
    return Loss(kind="deviance", parameter=float(power)) if power >= 1 else None


_READERS: dict[str, Callable[[Any], Loss | None]] = {
    **dict.fromkeys(("LGBMRegressor", "XGBRegressor", "XGBRFRegressor"), _objective),
    "QuantileRegressor": lambda model: Loss(kind="pinball", parameter=float(model.quantile)),
    "GradientBoostingRegressor": _boosted("alpha"),
    "HistGradientBoostingRegressor": _boosted("quantile"),
    "PoissonRegressor": lambda _: _tweedie(1),
    "GammaRegressor": lambda _: _tweedie(2),
    "TweedieRegressor": lambda model: _tweedie(model.power),
    "MLPRegressor": lambda model: _by_name(getattr(model, "loss", "")),
    **dict.fromkeys(
        ("DecisionTreeRegressor", "ExtraTreeRegressor", "RandomForestRegressor", "ExtraTreesRegressor"),
        lambda model: _by_name(model.criterion),
    ),
}
