"""Log lines are JSON whatever an error's text holds."""

import json

import pytest

from fairlead.telemetry import emit


@pytest.mark.parametrize("value", ["\ud800", 2**70, "é"])
def test_a_log_line_is_json_whatever_it_holds(value: object) -> None:
    assert json.loads(emit._json({"reason": value})) == {"reason": value}
