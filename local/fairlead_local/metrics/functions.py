"""The functions of metric math that the local cloud knows; any other is refused by name."""

import math
import statistics
from collections.abc import Callable, Iterator, Sequence
from itertools import accumulate, pairwise

from fairlead_local.metrics.calculation import Function, Scope, Value, each
from fairlead_local.metrics.expression import ExpressionError
from fairlead_local.metrics.series import Series


def _aggregate(over: Callable[[Sequence[float]], float], *, absent_is_zero: bool = False) -> Function:
    """Of one series a scalar, of an array a series."""

    def work(arguments: list[Value], scope: Scope) -> Value:
        (value,) = _exactly(arguments, 1)
        if isinstance(value, Series):
            numbers = list(value.points.values())
            return float(over(numbers)) if numbers else math.nan
        if not isinstance(value, list):
            raise ExpressionError("it takes a time series or an array of them")
        points = []
        for at in sorted({at for item in value for at in item.points}):
            present = [item.points[at] for item in value if at in item.points]
            absent = [0.0] * (len(value) - len(present)) if absent_is_zero else []
            points.append((at, float(over(present + absent))))
        return Series.of(scope.grid, points)

    return work


def _mapped(change: Callable[[float], float]) -> Function:
    return lambda arguments, _: each(_exactly(arguments, 1)[0], change)


def _through(work: Callable[[Series], Series]) -> Function:
    """A function of a series, or of each series of an array."""

    def apply(arguments: list[Value], _: Scope) -> Value:
        (value,) = _exactly(arguments, 1)
        if isinstance(value, list):
            return [work(item) for item in value]
        return work(_series(value))

    return apply


def _fill(arguments: list[Value], scope: Scope) -> Value:
    value, filler = _exactly(arguments, 2)
    if isinstance(value, list):
        return [_filled(item, filler, scope) for item in value]
    return _filled(_series(value), filler, scope)


def _filled(series: Series, filler: Value, scope: Scope) -> Series:
    times, points = scope.grid.times, series.points
    if isinstance(filler, float):
        return Series.of(scope.grid, ((at, points.get(at, filler)) for at in times))
    if isinstance(filler, Series):
        return Series.of(scope.grid, ((at, points.get(at, filler.points.get(at))) for at in times))
    if filler == "REPEAT":
        return Series.of(scope.grid, _repeated(points, times))
    raise ExpressionError(f"the local cloud does not fill with {filler!r}")


def _repeated(points: dict[int, float], times: range) -> Iterator[tuple[int, float | None]]:
    last = None
    for at in times:
        last = points.get(at, last)
        yield at, last


def _if(arguments: list[Value], scope: Scope) -> Value:
    if len(arguments) not in (2, 3):
        raise ExpressionError("IF takes two or three arguments")
    condition, yes = arguments[:2]
    no = arguments[2] if len(arguments) == 3 else Series(scope.grid, {})
    if isinstance(condition, float):
        return yes if condition else no
    points = []
    for at, holds in sorted(_series(condition).points.items()):
        # A true condition without a value gives 0, a false one drops the point: so the documentation's tables.
        points.append((at, _at(yes, at) or 0.0 if holds else _at(no, at)))
    return Series.of(scope.grid, points)


def _at(value: Value, at: int) -> float | None:
    return value if isinstance(value, float) else _series(value).points.get(at)


def _metrics(arguments: list[Value], scope: Scope) -> Value:
    wanted = arguments[0] if arguments else ""
    return [scope.series(name) for name in scope.metrics if str(wanted) in name]


def _difference(series: Series) -> Series:
    pairs = pairwise(sorted(series.points.items()))
    return Series.of(series.grid, ((now, number - before) for (_, before), (now, number) in pairs))


def _rate(series: Series) -> Series:
    pairs = pairwise(sorted(series.points.items()))
    return Series.of(series.grid, ((now, (number - before) / (now - at)) for (at, before), (now, number) in pairs))


def _running_sum(series: Series) -> Series:
    ordered = sorted(series.points.items())
    return Series.of(series.grid, zip((at for at, _ in ordered), accumulate(v for _, v in ordered), strict=True))


def _period(arguments: list[Value], _: Scope) -> Value:
    return float(_series(_exactly(arguments, 1)[0]).grid.period)


def _time_series(arguments: list[Value], scope: Scope) -> Value:
    (value,) = _exactly(arguments, 1)
    if not isinstance(value, float):
        raise ExpressionError("TIME_SERIES takes a scalar")
    return Series.of(scope.grid, ((at, value) for at in scope.grid.times))


def _metric_count(arguments: list[Value], _: Scope) -> Value:
    (value,) = _exactly(arguments, 1)
    return float(len(value)) if isinstance(value, list) else 1.0


def _element(place: int) -> Function:
    def work(arguments: list[Value], scope: Scope) -> Value:
        (value,) = _exactly(arguments, 1)
        if not isinstance(value, list):
            raise ExpressionError("it takes an array of time series")
        return value[place] if value else Series(scope.grid, {})

    return work


def _series(value: Value) -> Series:
    if not isinstance(value, Series):
        raise ExpressionError("it takes a time series")
    return value


def _exactly(arguments: list[Value], count: int) -> list[Value]:
    if len(arguments) != count:
        raise ExpressionError(f"it takes {count} arguments, not {len(arguments)}")
    return arguments


FUNCTIONS: dict[str, Function] = {
    "ABS": _mapped(abs),
    "AVG": _aggregate(statistics.fmean, absent_is_zero=True),
    "CEIL": _mapped(lambda number: float(math.ceil(number))),
    "DATAPOINT_COUNT": _aggregate(len),
    "DIFF": _through(_difference),
    "FILL": _fill,
    "FIRST": _element(0),
    "FLOOR": _mapped(lambda number: float(math.floor(number))),
    "IF": _if,
    "LAST": _element(-1),
    "LOG": _mapped(lambda number: math.log(number) if number > 0 else math.nan),
    "LOG10": _mapped(lambda number: math.log10(number) if number > 0 else math.nan),
    "MAX": _aggregate(max),
    "METRICS": _metrics,
    "METRIC_COUNT": _metric_count,
    "MIN": _aggregate(min),
    "PERIOD": _period,
    "RATE": _through(_rate),
    "RUNNING_SUM": _through(_running_sum),
    "STDDEV": _aggregate(statistics.pstdev),
    "SUM": _aggregate(math.fsum),
    "TIME_SERIES": _time_series,
}
