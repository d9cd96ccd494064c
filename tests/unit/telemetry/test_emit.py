"""Log lines are JSON whatever an error's text holds."""

import json

import pytest

from fairlead.telemetry import emit


@pytest.mark.parametrize("value", ["\ud800", 2**70, "é"])
def test_a_log_line_is_json_whatever_it_holds(value: object) -> None:
    assert json.loads(emit._json({"reason": value})) == {"reason": value}


def test_request_line_with_a_lone_surrogate_keeps_its_metrics(capsys: pytest.CaptureFixture[str]) -> None:
    emit.answered(request="r", route="GET /\ud800", status=404, milliseconds=1.0, facts={}, counts={}, from_caller=True)
    line = json.loads(capsys.readouterr().out)
    assert line["route"] == "GET /\ud800"
    assert {"Name": "Errors4xx"} in line["_aws"]["CloudWatchMetrics"][0]["Metrics"]
