"""Regressors are measured and judged by the loss that they minimised."""

from typing import Any

import numpy as np
import pytest

from fairlead.gate import metrics
from fairlead.gate.checks.baselines import baselines
from fairlead.gate.checks.champion import champion
from fairlead.gate.checks.slices import slices
from fairlead.gate.evidence import Champion, Column, Evidence, Floats, Loss, Predicted, Rows
from fairlead.gate.policy import Policy
from fairlead.model.signature import Field, Output, Signature
from fairlead.publishing.evidence.estimator_loss import loss_of

VALUES = Output(task="regression")
SIGNATURE = Signature(inputs=(Field(name="x", kind="number"),), output=VALUES, layout="array")
PINBALL = Loss(kind="pinball", parameter=0.9)
POISSON = Loss(kind="deviance", parameter=1.0)
GAMMA = Loss(kind="deviance", parameter=2.0)


def skewed(rows: int = 600) -> tuple[Floats, Floats]:
    """Positive targets with a heavy tail, and what drives them."""
    generator = np.random.default_rng(3)
    x = generator.normal(size=rows)
    return x, (np.exp(0.8 * x) * generator.gamma(0.5, 2.0, size=rows) + 1e-6)[:, None]


def evidence(target: Floats, values: Floats, loss: Loss | None, **more: Any) -> Evidence:
    return Evidence(
        signature=SIGNATURE,
        held_out=Rows(count=len(target), target=target, columns=more.pop("columns", ())),
        predicted=Predicted(values=values),
        loss=loss,
        **more,
    )


@pytest.mark.parametrize("loss", [Loss(kind="absolute"), PINBALL, POISSON, GAMMA, Loss(kind="deviance", parameter=1.5)])
def test_own_loss_and_d2_are_scikit_learns(loss: Loss) -> None:
    from sklearn import metrics as sk

    x, target = skewed()
    values = np.exp(0.8 * x)[:, None]
    pairs: dict[str, Any] = {
        "absolute": (sk.mean_absolute_error, sk.d2_absolute_error_score, {}),
        "pinball": (sk.mean_pinball_loss, sk.d2_pinball_score, {"alpha": 0.9}),
        "deviance": (sk.mean_tweedie_deviance, sk.d2_tweedie_score, {"power": loss.parameter}),
    }
    mean, d2, options = pairs[loss.kind]

    found = metrics.measure(Rows(count=len(target), target=target), Predicted(values=values), VALUES, loss=loss)

    assert found["loss"].value == pytest.approx(mean(target[:, 0], values[:, 0], **options))
    assert found["d2"].value == pytest.approx(d2(target[:, 0], values[:, 0], **options))
    assert found["d2"].low is not None


def test_a_good_quantile_regressor_passes_though_its_r2_is_negative() -> None:
    """It answers above 19 targets of 20: far from their mean, and right about it."""
    x, target = skewed()
    tail = np.quantile(np.random.default_rng(4).gamma(0.5, 2.0, 20_000), 0.95)
    values = np.exp(0.8 * x)[:, None] * tail

    by_squares = baselines(evidence(target, values, None), Policy())[0]
    by_its_own = baselines(evidence(target, values, Loss(kind="pinball", parameter=0.95)), Policy())[0]

    assert by_squares.verdict != "pass"
    assert (by_its_own.verdict, by_its_own.finding) == ("pass", "d2 against a dummy")


@pytest.mark.parametrize("loss", [PINBALL, POISSON, GAMMA])
def test_a_constant_answer_passes_by_no_loss(loss: Loss) -> None:
    _, target = skewed()
    values = np.full_like(target, np.quantile(target, 0.9) if loss is PINBALL else target.mean())

    assert baselines(evidence(target, values, loss), Policy())[0].verdict == "fail"


def test_the_champion_is_compared_by_the_candidates_loss() -> None:
    x, target = skewed()
    right = np.exp(0.8 * x)[:, None]
    live = Champion(version=1, signature=SIGNATURE, predicted=Predicted(values=right * 3))

    found = champion(evidence(target, right, POISSON, champion=live), Policy())[0]

    assert (found.finding, found.verdict) == ("loss against version 1", "pass")
    assert found.detail.startswith("better")


def test_slices_are_cut_by_the_models_own_loss() -> None:
    x, target = skewed()
    column = Column(name="x", kind="number", values=x)

    found = slices(evidence(target, np.exp(0.8 * x)[:, None], GAMMA, columns=(column,)), Policy())

    assert all(line.verdict == "pass" for line in found)
    assert found[1].figure.startswith("gamma deviance")


def test_the_loss_is_read_from_the_regressor_that_answers() -> None:
    from sklearn.compose import TransformedTargetRegressor
    from sklearn.ensemble import GradientBoostingRegressor, HistGradientBoostingRegressor, RandomForestRegressor
    from sklearn.linear_model import GammaRegressor, LinearRegression, PoissonRegressor, QuantileRegressor
    from sklearn.linear_model import TweedieRegressor as Tweedie
    from sklearn.model_selection import GridSearchCV
    from sklearn.multioutput import MultiOutputRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    quantile = GradientBoostingRegressor(loss="quantile", alpha=0.9)
    assert loss_of(make_pipeline(StandardScaler(), QuantileRegressor(quantile=0.9))) == PINBALL
    assert loss_of(quantile) == loss_of(MultiOutputRegressor(quantile)) == PINBALL
    assert loss_of(GridSearchCV(quantile, {})) == PINBALL
    assert loss_of(HistGradientBoostingRegressor(loss="quantile", quantile=0.9)) == PINBALL
    assert loss_of(HistGradientBoostingRegressor(loss="poisson")) == loss_of(PoissonRegressor()) == POISSON
    assert loss_of(GammaRegressor()) == loss_of(Tweedie(power=2)) == GAMMA
    assert loss_of(RandomForestRegressor(criterion="poisson")) == POISSON
    assert loss_of(HistGradientBoostingRegressor(loss="absolute_error")) == Loss(kind="absolute")
    plain = (LinearRegression(), RandomForestRegressor(), Tweedie(power=0), TransformedTargetRegressor(quantile))
    assert [loss_of(one) for one in plain] == [None] * 4
