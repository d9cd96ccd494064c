"""Comparison of one input or answer in a window with the baseline: shares, effect size and tests."""

from collections.abc import Sequence

import msgspec

from fairlead.drift.cells import Cells
from fairlead.drift.effective_sample import ClusterTable
from fairlead.drift.significance import FEWEST_A_CELL, Test, compare, compare_share, stability_index
from fairlead.model.baseline import Categories, Numbers


class BaselineComparison(msgspec.Struct, frozen=True, kw_only=True):
    """An input or answer compared with the baseline. Shares are of rows, 0–1; `test` is None with too few rows."""

    cells: Cells
    rows: int
    psi: float
    test: Test | None
    missing_before: float
    missing: float
    unseen_before: float | None = None
    unseen: float | None = None
    out_of_range: float | None = None


def compare_with_baseline(cells: Cells, table: ClusterTable) -> BaselineComparison:
    """Compare the counts of one input or answer with its baseline."""
    window = table.totals
    rows, reference = sum(window), sum(cells.expected)
    together = pooled(cells)
    outside = sum(window[cell] for cell in cells.outside) / max(1, rows)
    categories = isinstance(cells.seen, Categories)
    return BaselineComparison(
        cells=cells,
        rows=rows,
        psi=stability_index(_sums(window, together), _sums(cells.expected, together)),
        test=_tested(cells, table) if rows and reference else None,
        missing_before=cells.expected[cells.missing] / max(1, reference),
        missing=window[cells.missing] / max(1, rows),
        unseen_before=cells.expected[cells.outside[0]] / max(1, reference) if categories else None,
        unseen=outside if categories else None,
        out_of_range=None if categories else outside,
    )


def _tested(cells: Cells, table: ClusterTable) -> Test | None:
    """Return the smallest p value of the tests that apply, times their number (Bonferroni).

    The shares of missing values and of values that the baseline did not see have tests of their own. Among ten bins of
    values a change of theirs would not be significant.
    """
    inner = _inner(cells)
    shape = compare(table.joined(inner), _sums(cells.expected, inner))
    tests = [shape]
    if cells.of == "input":
        present = table.joined([[cell] for cell in range(cells.missing)])
        seen = sum(cells.expected[:-1])
        effect = sum(present.totals) / shape.effective_rows if shape else 1.0
        missing, reference = cells.expected[cells.missing], sum(cells.expected)
        tests.append(compare_share(table, [cells.missing], missing, reference, least_effect=effect))
        if seen:
            tests.append(compare_share(present, cells.outside, min(seen, _outside(cells)), seen, least_effect=effect))
    found = [test for test in tests if test]
    if not found:
        return None
    rows = shape.effective_rows if shape else min(test.effective_rows for test in found)
    return Test(min(1.0, len(found) * min(test.p for test in found)), rows)


def _outside(cells: Cells) -> int:
    """Return the number of baseline rows that stand for values it did not see.

    Numbers: two of the n + 1 gaps between n values lie beyond the smallest and the largest, so one row of n stands for
    new values outside (Gumbel, von Schelling, Annals of Mathematical Statistics 21, 1950, on exceedances). Categories:
    new ones are as frequent as those that occurred once (Good, Biometrika 40, 1953).
    """
    if isinstance(cells.seen, Numbers):
        return 1
    return cells.seen.other + max(1, cells.seen.counts.count(1))


def _inner(cells: Cells) -> list[list[int]]:
    """Return the groups of cells to test, without missing values; numbers outside the range join the outer bins."""
    last = cells.missing - 1
    if isinstance(cells.seen, Categories):
        return [[cell] for cell in range(last + 1)]
    if last == 2:
        return [[0, 1, 2]]
    return [[0, 1], *([cell] for cell in range(2, last - 1)), [last - 1, last]]


def pooled(cells: Cells) -> list[list[int]]:
    """Return the groups of cells for the effect size; rare categories join the group of other categories."""
    every = range(len(cells.expected))
    if isinstance(cells.seen, Numbers):
        return [[cell] for cell in every]
    other = cells.outside[0]
    rare = [cell for cell in every if cell == other or (cell < other and cells.expected[cell] < FEWEST_A_CELL)]
    return [*([cell] for cell in every if cell not in rare), rare]


def _sums(counts: Sequence[int], groups: Sequence[Sequence[int]]) -> list[int]:
    return [sum(counts[cell] for cell in group) for group in groups]
