"""The computation of metric math: arithmetic, comparisons, IF and FILL over scalars and time series.

A value missing on one side of an operator counts as 0. A division by zero drops the point. A comparison is 1 or 0.
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass

from fairlead_local.cloudwatch.math_expression import Call, ExpressionError, Name, Node, Number
from fairlead_local.cloudwatch.series import Grid, Series

Value = float | Series
Sign = Callable[[float, float], float]


def _divided(left: float, right: float) -> float:
    return left / right if right else math.nan


SIGNS: dict[str, Sign] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divided,
    "==": lambda left, right: float(left == right),
    "!=": lambda left, right: float(left != right),
    "<": lambda left, right: float(left < right),
    ">": lambda left, right: float(left > right),
    "<=": lambda left, right: float(left <= right),
    ">=": lambda left, right: float(left >= right),
}


@dataclass(frozen=True)
class Scope:
    """The values that an expression can refer to, computed when they are looked up."""

    grid: Grid
    lookup: Callable[[str], Value]


def calculate(node: Node, scope: Scope) -> Value:
    """Return the value of a syntax tree; raises ExpressionError."""
    match node:
        case Number(value):
            return value
        case Name(name):
            return scope.lookup(name)
        case Call("FILL", arguments):
            return _fill([calculate(argument, scope) for argument in arguments], scope)
        case Call("IF", arguments):
            return _if([calculate(argument, scope) for argument in arguments], scope)
        case Call(sign, arguments):
            return _signed(sign, [calculate(argument, scope) for argument in arguments])


def _signed(sign: str, values: list[Value]) -> Value:
    if len(values) == 1:
        return _each(values[0], operator.neg)
    left, right = values
    combined = SIGNS[sign]
    if isinstance(left, Series) and isinstance(right, Series):
        times = sorted(left.points.keys() | right.points.keys())
        points = ((at, combined(left.points.get(at, 0.0), right.points.get(at, 0.0))) for at in times)
        return Series.of(left.grid, points)
    if isinstance(right, Series):
        return _each(right, lambda number: combined(_scalar(left), number))
    return _each(left, lambda number: combined(number, _scalar(right)))


def _each(value: Value, change: Callable[[float], float]) -> Value:
    if isinstance(value, float):
        return change(value)
    return Series.of(value.grid, ((at, change(number)) for at, number in value.points.items()))


def _fill(arguments: list[Value], scope: Scope) -> Value:
    value, filler = _exactly("FILL", arguments, 2)
    if isinstance(filler, Series):
        raise ExpressionError("the local cloud supports FILL with a number only")
    points = _series(value).points
    return Series.of(scope.grid, ((at, points.get(at, filler)) for at in scope.grid.times))


def _if(arguments: list[Value], scope: Scope) -> Value:
    condition, yes, no = _exactly("IF", arguments, 3)
    if isinstance(condition, float):
        return yes if condition else no
    points = []
    for at, holds in sorted(condition.points.items()):
        # A true condition without a value gives 0, a false one drops the point, as in the documentation's tables.
        points.append((at, _at(yes, at) or 0.0 if holds else _at(no, at)))
    return Series.of(scope.grid, points)


def _at(value: Value, at: int) -> float | None:
    return value if isinstance(value, float) else value.points.get(at)


def _exactly(function: str, arguments: list[Value], count: int) -> list[Value]:
    if len(arguments) != count:
        raise ExpressionError(f"the local cloud supports {function} with {count} arguments, not {len(arguments)}")
    return arguments


def _scalar(value: Value) -> float:
    if isinstance(value, Series):
        raise ExpressionError("a number was expected, not a time series")
    return value


def _series(value: Value) -> Series:
    if not isinstance(value, Series):
        raise ExpressionError("a time series was expected, not a number")
    return value
