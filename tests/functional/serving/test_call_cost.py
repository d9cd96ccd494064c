"""Bytes that a call logs, and what they still say to the hook."""

import pytest

from benchmarks import call_cost
from benchmarks.call_cost import Call
from fairlead.aws.release_client import report

KB = 1024
TAIL = 4 * KB
"""Bytes of a log that Lambda returns with an answer."""


@pytest.fixture(scope="module")
def call() -> Call:
    return call_cost.measure(1)


def test_one_row_logs_a_kilobyte_and_little_more_where_it_is_captured(call: Call) -> None:
    """Of a model with thirty inputs; Lambda's own lines are counted."""
    assert call.log_bytes(captured=False) <= 1.0 * KB
    assert call.log_bytes(captured=True) <= 1.6 * KB


def test_a_captured_row_writes_five_items_at_most(call: Call) -> None:
    """Part, index, counters of two pages and the version's last slot; transactions count twice."""
    assert call.quiet.writes <= 8
    assert call.busy.writes <= 3.1


@pytest.mark.parametrize("traced", [False, True])
@pytest.mark.parametrize("before", ["", "x" * 200_000])
def test_the_hook_reads_the_runtimes_report_in_the_tail_whatever_came_before(before: str, traced: bool) -> None:
    lines = [before, *call_cost.platform_lines(traced=traced)]
    assert report("\n".join(lines).encode()[-TAIL:])[:2] == (12.345, None)
