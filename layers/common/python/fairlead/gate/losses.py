"""The loss that a regressor minimises, and the constant answer that minimises it.

A quantile regressor lies above most targets by design, and a Poisson regressor has larger errors on larger targets.
Both may be worse than the mean by squared error, so they are judged by their own loss.
"""

import numpy as np

from fairlead.gate.evidence import Floats, Loss

__all__ = ["Loss", "best_constant", "row_losses", "words"]


def row_losses(loss: Loss, target: Floats, values: Floats) -> Floats:
    """Return each value's loss in the arrays' common shape; infinite if a deviance is not defined.

    Pinball: Koenker and Bassett (Econometrica 46, 1978). Unit deviances of the Tweedie family by power: 1 Poisson, 2
    gamma (Jørgensen, The Theory of Dispersion Models, 1997), as scikit-learn's mean_tweedie_deviance.
    """
    if loss.kind == "absolute":
        return np.abs(target - values)
    if loss.kind == "pinball":
        return np.maximum(loss.parameter * (target - values), (loss.parameter - 1) * (target - values))
    with np.errstate(divide="ignore", invalid="ignore"):
        deviance = _unit_deviance(loss.parameter, target, values)
    return np.where(np.isfinite(deviance) & (values > 0), deviance, np.inf)


def best_constant(loss: Loss, target: Floats) -> Floats:
    """Return the constant answer with the least loss for each target, shape (targets,)."""
    if loss.kind == "absolute":
        return np.median(target, axis=0)
    if loss.kind == "pinball":
        return np.quantile(target, loss.parameter, axis=0)
    return target.mean(axis=0)


def words(loss: Loss | None) -> str:
    """Return the name of a mean loss, for a table."""
    if loss is None or loss.kind == "absolute":
        return "MAE"
    if loss.kind == "pinball":
        return f"pinball loss at {loss.parameter:g}"
    return {1.0: "Poisson deviance", 2.0: "gamma deviance"}.get(loss.parameter, f"Tweedie deviance {loss.parameter:g}")


def _unit_deviance(power: float, target: Floats, values: Floats) -> Floats:
    if power == 1:
        return 2 * (np.where(target > 0, target * np.log(target / values), 0.0) - target + values)
    if power == 2:
        return 2 * (np.log(values / target) + target / values - 1)
    own = np.maximum(target, 0.0) ** (2 - power) / ((1 - power) * (2 - power))
    return 2 * (own - target * values ** (1 - power) / (1 - power) + values ** (2 - power) / (2 - power))
