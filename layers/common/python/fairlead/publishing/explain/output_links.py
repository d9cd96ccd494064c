"""The link that leads from an estimator's sums to its answers."""

from typing import Any, cast

from fairlead.model.explanation import Link
from fairlead.model.signature import Output
from fairlead.publishing.onnx.converters.linear import probability_link


class NotExactError(Exception):
    """No exact method explains this estimator; the message says why."""


def link_of(model: Any, output: Output) -> Link:
    """Return the link of a tree ensemble or a linear model; raises NotExactError, NotConvertibleError."""
    if hasattr(model, "boosting"):
        return _of_booster(model.boosting.link, output)
    if output.task == "regression":
        loss = getattr(model, "_loss", None) or getattr(model, "_base_loss", None)
        return "log" if type(getattr(loss, "link", None)).__name__ == "LogLink" else "identity"
    if output.task != "classification":
        raise NotExactError(f"no exact method is known for {type(model).__name__}")
    if not output.probabilities:
        return "label"
    if hasattr(model, "coef_"):
        return _of_coefficients(model, binary=len(output.classes or ()) == 2)
    if hasattr(model, "n_trees_per_iteration_"):
        return "logistic" if model.n_trees_per_iteration_ == 1 else "softmax"
    return "probability"


BOOSTERS: dict[tuple[str, str], Link] = {
    ("regression", "identity"): "identity",
    ("regression", "exp"): "log",
    ("classification", "sigmoid"): "logistic",
    ("classification", "softmax"): "softmax",
}
"""Link by task and by the booster's own link."""


def _of_booster(link: str, output: Output) -> Link:
    found = BOOSTERS.get((output.task, link))
    if found is None:
        raise NotExactError(f"no exact method is known for a booster's {output.task} by {link}")
    return found


def _of_coefficients(model: Any, *, binary: bool) -> Link:
    found = probability_link(model, binary=binary and len(model.coef_) == 1)
    if found in ("logistic", "softmax", "logistic shares"):
        return cast("Link", found)
    raise NotExactError(f"probabilities of {type(model).__name__} are no exact function of its sums ({found})")
