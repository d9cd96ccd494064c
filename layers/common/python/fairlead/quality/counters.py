"""Counters of pairs (a prediction and its outcome): numbers that add up in any order to slots and windows.

A pair that cannot be counted is invalid, with a reason. It changes no metric and does not affect other pairs.

outcomes, invalid     pairs that fit the model's output, and pairs that do not
d<i>                  outcomes by delay: less than DELAYS[i] hours; the last counts all others
c<i>_<j>              the outcome is class i, the answer is class j
loss, loss2           sum of log loss, and of its square; squares, squares2 the same for the Brier score
k<i>, t<i>, s<i>      rows whose answer states a probability in tenth i: rows, right answers, sum of the probabilities
e<t> a<t> q<t> f<t>   errors of target t: sum, sum of absolute values, of squares, of fourth powers
y<t>, z<t>            true values of target t: sum, sum of squares
g<k>_n, g<k>_v        rows of the callers' group k, and the right answers (or absolute errors) among them; from these
                      follows how similar rows of one caller in a quarter of an hour are
"""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from fairlead.drift.counters import GROUPS, Number, cluster, slot_of
from fairlead.model.answers import canonical
from fairlead.model.signature import Output, Scalar
from fairlead.telemetry.outcomes import Actual, Pair

DELAYS = (1, 6, 24, 72, 168)
"""Hours."""
LARGEST = 1e27
"""Largest magnitude of an outcome or answer that is counted: sums of fourth powers of errors must fit DynamoDB's
numbers, which end at 1e126."""
TENTHS = 10
SMALLEST_PROBABILITY = 2.220446049250313e-16  # as scikit-learn's log_loss
ANOMALY = (-1, 1)

TOO_LARGE = f"expected a number within ±{LARGEST:.0e}: larger ones cannot be counted"

Tally = dict[str, Number]


def classes_of(output: Output) -> tuple[Scalar, ...]:
    """Return the possible labels; those of an anomaly detector are -1 (outlier) and 1 (inlier)."""
    return ANOMALY if output.task == "anomaly" else output.classes or ()


def outcome_error(output: Output, actual: Actual) -> str:
    """Return why an outcome is not a possible answer of this model; empty if it is one."""
    if too_large(actual):
        return TOO_LARGE
    if output.task == "clustering":
        return "clusters have no outcome"
    return _value_error(output, actual) if output.task == "regression" else _class_error(output, actual)


def _value_error(output: Output, actual: Actual) -> str:
    if output.names is None:
        return "" if _countable(actual) else "expected a number"
    if isinstance(actual, dict) and set(actual) == set(output.names) and all(map(_countable, actual.values())):
        return ""
    return f"expected a number for each of {', '.join(output.names)}"


def _class_error(output: Output, actual: Actual) -> str:
    if not isinstance(actual, dict) and canonical(actual) in _places(output):
        return ""
    classes = classes_of(output)
    shown = ", ".join(canonical(one) for one in classes[:20]) + (", …" if len(classes) > 20 else "")
    return f"expected one of {shown}"


def too_large(actual: Actual) -> bool:
    """Return whether an outcome has a number that is too large to be counted."""
    numbers = actual.values() if isinstance(actual, dict) else (actual,)
    return any(isinstance(one, int | float) and abs(one) > LARGEST for one in numbers)


def pair_error(output: Output, pair: Pair) -> str:
    """Return why a pair cannot be scored; empty if it can."""
    if output.task == "regression":
        answered = _answered(pair)
        if not all(isinstance(one, int | float) and math.isfinite(one) for one in answered):
            return "the model's answer is not a finite number"
        if not all(map(_countable, answered)):
            return f"the model's answer is beyond ±{LARGEST:.0e}, which cannot be counted"
    return outcome_error(output, pair.outcome.actual)


def tally(output: Output, pairs: Sequence[Pair]) -> dict[int, Tally]:
    """Return the counters of one version's pairs, by the slot of the prediction."""
    slots: dict[int, Tally] = {}
    places = _places(output)
    for pair in pairs:
        counts = slots.setdefault(slot_of(pair.part.at), {})
        if pair_error(output, pair):
            _add(counts, "invalid", 1)
            continue
        _add(counts, "outcomes", 1)
        _add(counts, f"d{_delay(pair)}", 1)
        figure = _regression(counts, output, pair) if output.task == "regression" else _labelled(counts, places, pair)
        group = cluster(pair.part.caller, 0).partition("_")[2]
        _add(counts, f"g{group}_n", 1)
        _add(counts, f"g{group}_v", figure)
    return slots


def groups() -> range:
    """Return the numbers of the callers' groups."""
    return range(GROUPS)


def _places(output: Output) -> dict[str, int]:
    """Return the position of each class by its canonical text."""
    return {canonical(one): place for place, one in enumerate(classes_of(output))}


def _labelled(counts: Tally, places: Mapping[str, int], pair: Pair) -> Number:
    """Count one answer; return 1 if it is right, else 0."""
    actual, answered = places[canonical(pair.outcome.actual)], places[canonical(pair.column("labels"))]
    _add(counts, f"c{actual}_{answered}", 1)
    shares = pair.column("probabilities")
    if shares is not None and None not in shares:
        _probabilistic(counts, shares, actual, answered)
    return int(actual == answered)


def _probabilistic(counts: Tally, shares: Sequence[float], actual: int, answered: int) -> None:
    loss = -math.log(min(1.0, max(SMALLEST_PROBABILITY, shares[actual])))
    squares = sum(share * share for share in shares) - 2 * shares[actual] + 1
    brier = squares / 2 if len(shares) == 2 else squares
    for name, value in (("loss", loss), ("squares", brier)):
        _add(counts, name, value)
        _add(counts, f"{name}2", value * value)
    tenth = min(TENTHS - 1, int(shares[answered] * TENTHS))
    _add(counts, f"k{tenth}", 1)
    _add(counts, f"t{tenth}", int(actual == answered))
    _add(counts, f"s{tenth}", shares[answered])


def _regression(counts: Tally, output: Output, pair: Pair) -> Number:
    """Count the error of each target; return the mean absolute error."""
    actual, answered = _values(output, pair.outcome.actual), _answered(pair)
    total = 0.0
    for target, (truth, answer) in enumerate(zip(actual, answered, strict=True)):
        error = answer - truth
        moments = {"e": error, "a": abs(error), "q": error**2, "f": error**4, "y": truth, "z": truth**2}
        for name, moment in moments.items():
            _add(counts, f"{name}{target}", moment)
        total += abs(error)
    return total / len(actual)


def _values(output: Output, actual: Any) -> list[float]:
    return [float(actual[name]) for name in output.names] if output.names else [float(actual)]


def _answered(pair: Pair) -> list[Any]:
    value = pair.column("values")
    return value if isinstance(value, list) else [value]


def _delay(pair: Pair) -> int:
    hours = (pair.outcome.at - pair.part.at) / 3_600_000
    return next((place for place, bound in enumerate(DELAYS) if hours < bound), len(DELAYS))


def _countable(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST


def _add(counts: Tally, name: str, amount: Number) -> None:
    counts[name] = counts.get(name, 0) + amount
