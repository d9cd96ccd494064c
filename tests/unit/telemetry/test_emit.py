"""Log lines are JSON whatever an error's text holds."""

import json

import pytest

from fairlead import telemetry


@pytest.mark.parametrize("value", ["\ud800", 2**70, "é"])
def test_a_log_line_is_json_whatever_it_holds(value: object) -> None:
    assert json.loads(telemetry._json({"reason": value})) == {"reason": value}
