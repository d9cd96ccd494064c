"""Metric math worked out: scalars, time series and arrays of time series.

A value missing on one side of an operator counts as 0, a division by zero drops the point, a comparison gives 1 or 0:
https://docs.aws.amazon.com/AmazonCloudWatch/latest/monitoring/using-metric-math.html
"""

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass

from fairlead_local.metrics.expression import Call, ExpressionError, Many, Name, Node, Number, Text
from fairlead_local.metrics.series import Grid, Series

Value = float | Series | list[Series] | str
Sign = Callable[[float, float], float]


def _divided(left: float, right: float) -> float:
    return left / right if right else math.nan


def _power(base: float, exponent: float) -> float:
    try:
        raised = base**exponent
    except (OverflowError, ZeroDivisionError):
        return math.nan
    return math.nan if isinstance(raised, complex) else raised


SIGNS: dict[str, Sign] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divided,
    "^": _power,
    "==": lambda left, right: float(left == right),
    "!=": lambda left, right: float(left != right),
    "<": lambda left, right: float(left < right),
    ">": lambda left, right: float(left > right),
    "<=": lambda left, right: float(left <= right),
    ">=": lambda left, right: float(left >= right),
    "AND": lambda left, right: float(bool(left) and bool(right)),
    "OR": lambda left, right: float(bool(left) or bool(right)),
}


@dataclass(frozen=True)
class Scope:
    """What an expression can refer to: series by id (worked out when asked for), and which ids are metrics."""

    grid: Grid
    lookup: Callable[[str], Value]
    metrics: tuple[str, ...]
    functions: "dict[str, Function]"

    def series(self, name: str) -> Series:
        """A metric's or expression's series; raises ExpressionError if it is something else."""
        found = self.lookup(name)
        if not isinstance(found, Series):
            raise ExpressionError(f"{name} is not one time series")
        return found


Function = Callable[[list[Value], Scope], Value]


def calculate(node: Node, scope: Scope) -> Value:
    """The value of a tree; raises ExpressionError."""
    match node:
        case Number(value):
            return value
        case Text(text):
            return text
        case Name(name):
            return scope.lookup(name)
        case Many(items):
            return _array([calculate(item, scope) for item in items])
        case Call(sign, arguments) if sign in SIGNS:
            return _signed(sign, [calculate(argument, scope) for argument in arguments])
        case Call(function, arguments):
            if function not in scope.functions:
                raise ExpressionError(f"the local cloud does not know the function {function}")
            return scope.functions[function]([calculate(argument, scope) for argument in arguments], scope)


def each(value: Value, change: Callable[[float], float]) -> Value:
    """A function of one number over a scalar, a series or each series of an array."""
    match value:
        case list():
            return [one for item in value if isinstance(one := each(item, change), Series)]
        case Series():
            return Series.of(value.grid, ((at, change(number)) for at, number in value.points.items()))
        case float():
            return change(value)
        case _:
            raise ExpressionError(f"{value!r} is not a number")


def _signed(sign: str, values: list[Value]) -> Value:
    if len(values) == 1:
        return each(values[0], operator.neg)
    return _combined(SIGNS[sign], values[0], values[1])


def _combined(sign: Sign, left: Value, right: Value) -> Value:
    match left, right:
        case list(), list():
            raise ExpressionError("an operator takes one array at most")
        case list(), _:
            return [one for item in left if isinstance(one := _combined(sign, item, right), Series)]
        case _, list():
            return [one for item in right if isinstance(one := _combined(sign, left, item), Series)]
        case Series(), Series():
            times = sorted(left.points.keys() | right.points.keys())
            return Series.of(
                left.grid, ((at, sign(left.points.get(at, 0.0), right.points.get(at, 0.0))) for at in times)
            )
        case _, Series():
            return each(right, lambda number: sign(_scalar(left), number))
        case _:
            return each(left, lambda number: sign(number, _scalar(right)))


def _scalar(value: Value) -> float:
    if not isinstance(value, float):
        raise ExpressionError(f"{value!r} is not a number")
    return value


def _array(items: list[Value]) -> list[Series]:
    found: list[Series] = []
    for item in items:
        if isinstance(item, Series):
            found.append(item)
        elif isinstance(item, list):
            found += item
        else:
            raise ExpressionError("an array holds time series")
    return found
