"""Tests that share a cloud run in one worker; else each worker would start and deploy its own."""

import os

import pytest


@pytest.mark.skipif("PYTEST_XDIST_WORKER" not in os.environ, reason="there is one worker")
def test_workers_see_the_groups(request: pytest.FixtureRequest) -> None:
    """The end of a test's id names the group. A version of pytest that ignored it once went unnoticed."""
    assert request.node.nodeid.endswith("@local cloud")
