"""MetricDataQueries: metrics and expressions by id, over a grid of periods."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from fairlead_local.cloudwatch.math_expression import ExpressionError, Node, parse
from fairlead_local.cloudwatch.metric_math import Scope, Value, calculate
from fairlead_local.cloudwatch.metric_store import Metric, MetricStore
from fairlead_local.cloudwatch.series import Grid, Series
from fairlead_local.cloudwatch.statistics import check_statistic
from fairlead_local.errors import ServiceError

ID = re.compile(r"[a-z][A-Za-z0-9_]*")


@dataclass(frozen=True)
class Source:
    """A metric with its statistic."""

    metric: Metric
    period: int
    stat: str
    unit: str | None = None


@dataclass(frozen=True)
class Query:
    """A metric or an expression (`text` and its tree), and whether its result is returned."""

    id: str
    source: Source | None
    text: str = ""
    tree: Node | None = None
    label: str = ""
    period: int | None = None
    returned: bool = True


def read(entries: Sequence[dict[str, Any]]) -> list[Query]:
    """Return the queries of the API's list; raises ServiceError for what AWS refuses."""
    found = [_query(entry) for entry in entries]
    ids = [query.id for query in found]
    if len(set(ids)) != len(ids):
        raise invalid("The values for parameter id in parameter MetricDataQueries are not unique")
    return found


def invalid(message: str) -> ServiceError:
    """Return CloudWatch's ValidationError."""
    return ServiceError("ValidationError", message)


class QueryResults:
    """The results of queries over one grid, each computed once."""

    def __init__(self, store: MetricStore, queries: Sequence[Query], grid: Grid) -> None:
        self._store = store
        self._queries = {query.id: query for query in queries}
        self._grid = grid
        self._known: dict[str, Value] = {}
        self._open: list[str] = []
        self._scope = Scope(grid, self._lookup)

    def series(self, name: str) -> Series:
        """Return the time series of a query; raises ServiceError for an invalid expression."""
        try:
            found = self._lookup(name)
        except ExpressionError as error:
            raise invalid(f"Error in expression '{name}' [{error}]") from error
        if not isinstance(found, Series):
            raise invalid(f"Error in expression '{name}' [{self._queries[name].text} is no time series]")
        return found

    @property
    def empty(self) -> bool:
        """Whether no metric read so far has a data point."""
        known = [self._known.get(query.id) for query in self._queries.values() if query.source]
        return not any(isinstance(series, Series) and series.points for series in known)

    def _lookup(self, name: str) -> Value:
        if name in self._known:
            return self._known[name]
        query = self._queries.get(name)
        if query is None:
            raise ExpressionError(f"there is no {name}")
        if name in self._open:
            raise ExpressionError(f"{name} refers to itself")
        self._open.append(name)
        self._known[name] = self._work(query)
        self._open.pop()
        return self._known[name]

    def _work(self, query: Query) -> Value:
        if query.source is None:
            return calculate(query.tree, self._scope) if query.tree else 0.0
        source = query.source
        if source.period == self._grid.period:
            return self._store.series(source.metric, self._grid, source.stat, source.unit)
        seconds = self._grid.period * self._grid.count
        own = Grid(self._grid.start, source.period, -(-seconds // source.period))
        return self._store.series(source.metric, own, source.stat, source.unit)


def _query(entry: dict[str, Any]) -> Query:
    name = entry["Id"]
    if not ID.fullmatch(name):
        raise invalid(f"The value {name} for parameter id in parameter MetricDataQueries is not matching the expected "
                      "pattern ^[a-z][a-zA-Z0-9_]*$")  # fmt: skip
    stat, text = entry.get("MetricStat"), entry.get("Expression")
    if bool(stat) == bool(text):
        raise invalid(f"Exactly one of MetricStat and Expression must be given for {name}")
    returned = entry.get("ReturnData") is not False
    label = entry.get("Label") or ""
    if stat:
        source = _source(stat)
        return Query(name, source, label=label or source.metric.name, period=source.period, returned=returned)
    try:
        tree = parse(text or "")
    except ExpressionError as error:
        raise invalid(f"Error in expression '{name}' [{error}]") from error
    return Query(name, None, text or "", tree, label or name, entry.get("Period"), returned)


def _source(stat: dict[str, Any]) -> Source:
    given, period = stat["Metric"], int(stat["Period"])
    check_period(period)
    check_statistic(stat["Stat"])
    metric = Metric.of(given.get("Namespace", ""), given.get("MetricName", ""), given.get("Dimensions") or [])
    return Source(metric, period, stat["Stat"], stat.get("Unit"))


def check_period(period: int) -> None:
    """Raise for an invalid period."""
    if period not in (1, 5, 10, 20, 30) and (period % 60 or not period):
        raise invalid("Period must be 10, 20, 30 or a multiple of 60")
