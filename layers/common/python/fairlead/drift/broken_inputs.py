"""Broken inputs: most rows of an hour are outside the baseline's range, of unknown categories, or missing.

Drift is judged against the variation of rows from hour to hour, which takes half a day. An input in another unit, with
other codes, or no longer sent needs no test and is reported within the hour.
"""

from collections.abc import Sequence

import msgspec

from fairlead.drift.cells import Cells, cells_of
from fairlead.drift.counters import Counters
from fairlead.model.baseline import Baseline, Categories

FEWEST = 20
"""Rows of an hour below which an input is not judged."""
MOST = 0.5
"""Share of rows, above the baseline's share, from which an input counts as broken."""


class Broken(msgspec.Struct, frozen=True, kw_only=True):
    """A broken input: of `rows` rows, the share (0–1) that is outside, unknown or missing, and the baseline's share."""

    feature: str
    rows: int
    strange: float
    strange_before: float
    words: str


def broken(baseline: Baseline, hour: Counters) -> tuple[Broken, ...] | None:
    """Return the broken inputs of an hour's counters, the worst first; None if there are too few rows."""
    inputs = [(cells, _counts(cells, hour)) for cells in cells_of(baseline) if cells.of == "input"]
    known = [(cells, counts) for cells, counts in inputs if sum(counts) >= FEWEST]
    if not known:
        return None
    found = [_broken(cells, counts) for cells, counts in known]
    worst = sorted(found, key=lambda one: one.strange_before - one.strange)
    return tuple(one for one in worst if one.strange - one.strange_before >= MOST)


def _counts(cells: Cells, hour: Counters) -> list[int]:
    """Return the rows in each cell."""
    names = [f"{cells.prefix}{cell}" for cell in range(len(cells.expected))]
    return [sum(counts.get(name, 0) for counts in hour.clusters.values()) for name in names]


def _broken(cells: Cells, counts: Sequence[int]) -> Broken:
    (outside, missing), before = _shares(cells, counts), _shares(cells, cells.expected)
    parts = [f"{outside:.0%} {_where(cells)}" if outside else "", f"{missing:.0%} missing" if missing else ""]
    return Broken(
        feature=str(cells.name),
        rows=sum(counts),
        strange=outside + missing,
        strange_before=sum(before),
        words=f"of {sum(counts):,} rows in an hour {', '.join(filter(None, parts))}; before {sum(before):.0%}",
    )


def _shares(cells: Cells, counts: Sequence[int]) -> tuple[float, float]:
    """Return the share of rows outside of the baseline's values, and the share of missing values."""
    rows = max(1, sum(counts))
    return sum(counts[cell] for cell in cells.outside) / rows, counts[cells.missing] / rows


def _where(cells: Cells) -> str:
    if isinstance(cells.seen, Categories):
        return "in categories that the baseline does not name"
    if cells.seen.low is None or cells.seen.high is None:
        return "where the baseline has none"
    return f"outside {cells.seen.low:.6g} to {cells.seen.high:.6g}{' characters' if cells.text else ''}"
