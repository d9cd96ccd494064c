"""The signed client against a real HTTP server on loopback that answers what the test says."""

import json
import time
from decimal import Decimal
from typing import Any

import numpy as np
import pandas as pd
import pytest

from fairlead.client.batches import BYTES_PER_CALL, batches
from fairlead.client.endpoint import Endpoint
from fairlead.errors import CallError, CallRowsError, DataError, SettingsError
from tests.unit.client.scripted import Script, endpoint


def test_a_call_is_signed_for_execute_api_in_the_callers_region(server: Script) -> None:
    server.answers = [(200, {}, {"model": "churn"})]

    assert endpoint(server)[0].describe() == {"model": "churn"}

    method, path, headers, _ = server.received[0]
    assert (method, path) == ("GET", "/v1/model")
    assert headers["Authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/")
    assert "/eu-west-1/execute-api/aws4_request" in headers["Authorization"]


def test_rows_are_sent_in_bounded_batches_and_answers_keep_their_order(server: Script) -> None:
    server.answers = [(200, {}, None)]

    answers = list(endpoint(server)[0].predict([{"x": n} for n in range(2_500)]))

    sent = [json.loads(body)["instances"] for *_, body in server.received]
    assert [len(rows) for rows in sent] == [1_000, 1_000, 500]
    assert [row["x"] for rows in sent for row in rows] == list(range(2_500))
    assert [one for answer in answers for one in answer["predictions"]] == list(range(2_500))


def test_the_servers_own_row_limit_makes_batches_smaller() -> None:
    assert [len(made.rows) for made in batches([{"x": 1}] * 7, most_rows=3)] == [3, 3, 1]


def test_wide_rows_are_bounded_by_bytes() -> None:
    made = list(batches([{"text": "x" * 700_000}] * 7))

    assert [len(batch.rows) for batch in made] == [2, 2, 2, 1]
    assert all(len(batch.body()) < BYTES_PER_CALL + 100 for batch in made)


def test_one_row_larger_than_the_bound_is_sent_alone() -> None:
    assert [len(made.rows) for made in batches([{"t": "x" * BYTES_PER_CALL}, {"t": "y"}])] == [1, 1]


def test_a_wrong_row_is_counted_from_the_first_of_the_file(server: Script) -> None:
    wrong = {"row": 4, "field": "x", "expected": "a number", "got": "a string"}
    detail = "row 4, field 'x': expected a number, got a string (and 1 more)"
    problem = {"status": 422, "code": "invalid_instances", "detail": detail, "errors": [wrong, wrong | {"row": 5}]}
    server.answers = [(200, {}, None), (422, {}, problem)]

    with pytest.raises(
        CallRowsError, match="answered 422: row 1004, field 'x': expected a number, got a str"
    ) as caught:
        list(endpoint(server)[0].predict([{"x": 1}] * 1_500))

    assert caught.value.code == "invalid_instances"
    assert caught.value.errors == [wrong | {"row": 1_004}, wrong | {"row": 1_005}]
    assert str(caught.value).endswith("(and 1 more)")


def test_outcomes_of_a_later_request_are_counted_from_the_first_too(server: Script) -> None:
    wrong = {"row": 1, "field": "actual", "expected": "an outcome", "got": "null"}
    recorded = {"results": [{"status": "recorded"}] * 2}
    server.answers = [(200, {}, recorded), (422, {}, {"code": "invalid_outcomes", "errors": [wrong]})]

    with pytest.raises(CallRowsError, match="row 3, field 'actual'"):
        list(endpoint(server)[0].report([{"prediction_id": "1"}] * 4, most_rows=2))


def test_rows_of_a_later_part_of_a_table_are_counted_from_its_first(server: Script) -> None:
    wrong = {"row": 1, "field": "x", "expected": "a number", "got": "a string"}
    server.answers = [(422, {}, {"code": "invalid_instances", "errors": [wrong]})]

    with pytest.raises(CallRowsError, match="row 501, field 'x'"):
        list(endpoint(server)[0].predict([{"x": 1}] * 2, first_row=500))
    with pytest.raises(DataError, match="row 501, x: JSON has no infinity"):
        list(endpoint(server)[0].predict([{"x": 1}, {"x": float("inf")}], first_row=500))


def test_an_answer_without_a_prediction_for_each_row_is_refused(server: Script) -> None:
    server.answers = [(200, {}, {"predictions": [1]})]

    with pytest.raises(CallError, match="predictions came for 1 of 2 rows"):
        list(endpoint(server)[0].predict([{"x": 1}] * 2))


@pytest.mark.parametrize("value", [float("inf"), np.float32("-inf"), np.float64("inf")])
def test_infinity_is_refused_before_it_is_sent(server: Script, value: Any) -> None:
    """JSON would make it null, which means missing."""
    with pytest.raises(DataError, match="row 1, x: JSON has no infinity"):
        list(endpoint(server)[0].predict([{"x": None}, {"y": "inf", "z": float("nan"), "x": value}]))
    assert server.received == []


def test_a_value_that_json_cannot_hold_is_named(server: Script) -> None:
    with pytest.raises(DataError, match="row 1, x: JSON has no complex"):
        list(endpoint(server)[0].predict([{"x": 1}, {"y": 2, "x": 1j}]))


def test_scalars_of_numpy_and_pandas_are_sent_as_json_has_them() -> None:
    row = {
        "float": np.float32(1.5),
        "integer": np.int64(3),
        "bool": np.bool_(True),
        "text": np.str_("x"),
        "missing": [np.nan, pd.NA, pd.NaT],
        "day": pd.Timestamp("2026-01-02"),
        "price": Decimal("1.50"),
    }

    [sent] = [json.loads(batch.body())["instances"][0] for batch in batches([row])]

    assert sent == {
        "float": 1.5,
        "integer": 3,
        "bool": True,
        "text": "x",
        "missing": [None, None, None],
        "day": "2026-01-02T00:00:00",
        "price": 1.5,
    }


def test_a_request_that_is_too_large_is_sent_again_in_halves(server: Script) -> None:
    """The endpoint's own limit of rows may be lower: where answers are wide."""
    large = {"code": "too_large", "detail": "4 rows, at most 3"}
    wrong = {"row": 0, "field": "x", "expected": "a number", "got": "a string"}
    server.answers = [
        (413, {}, large),
        (200, {}, None),
        (200, {}, None),
        (422, {}, {"errors": [wrong]}),
    ]
    answers = endpoint(server)[0].predict([{"x": n} for n in range(5)], most_rows=4)

    assert [next(answers)["predictions"] for _ in range(2)] == [[0, 1], [2, 3]]
    with pytest.raises(CallRowsError, match="row 4"):
        next(answers)
    sent = [[row["x"] for row in json.loads(body)["instances"]] for *_, body in server.received]
    assert sent == [[0, 1, 2, 3], [0, 1], [2, 3], [4]]


def test_one_row_that_is_too_large_is_refused(server: Script) -> None:
    server.answers = [(413, {}, {"code": "too_large", "detail": "7 MB"})]

    with pytest.raises(CallError, match="413: 7 MB"):
        list(endpoint(server)[0].predict([{"x": 1}]))


def test_answers_of_parallel_requests_come_in_order(server: Script) -> None:
    """The first is answered last; no more than `parallel` run at a time."""
    server.slow = lambda body: 0.2 if json.loads(body)["instances"][0]["x"] == 0 else 0.02
    server.answers = [(200, {}, None)]

    answers = list(endpoint(server, parallel=3)[0].predict([{"x": n} for n in range(9)], most_rows=1))

    assert [answer["predictions"] for answer in answers] == [[n] for n in range(9)]
    assert 1 < server.most_at_once <= 3


def test_the_next_request_is_on_its_way_while_the_caller_works_on_an_answer(server: Script) -> None:
    server.answers = [(200, {}, None)]
    answers = endpoint(server)[0].predict([{"x": n} for n in range(4)], most_rows=1)
    next(answers)

    for _ in range(500):
        if len(server.received) == 2:
            break
        time.sleep(0.01)
    assert len(server.received) == 2
    assert len(list(answers)) == 3
    assert [json.loads(body)["instances"][0]["x"] for *_, body in server.received] == [0, 1, 2, 3]


def test_no_request_follows_a_refused_one(server: Script) -> None:
    server.answers = [(200, {}, None), (422, {}, {"detail": "no"})]
    answers = endpoint(server)[0].predict([{"x": n} for n in range(9)], most_rows=1)
    next(answers)

    with pytest.raises(CallError, match="no"):
        next(answers)
    assert len(server.received) == 2


@pytest.mark.parametrize(
    ("value", "kind"),
    [
        (b"Dream", "bytes"),
        (np.bytes_(b"Dream"), "bytes_"),
        (bytearray(b"Dream"), "bytearray"),
        (np.longdouble("1.5"), "longdouble"),
        ("\ud800", "text with lone surrogates"),
        (Decimal("sNaN"), "Decimal"),
    ],
)
def test_a_value_that_an_encoder_would_change_is_refused(value: Any, kind: str) -> None:
    """Base64 of bytes would be a category that no model knows."""
    with pytest.raises(DataError, match=f"row 1, x: JSON has no {kind}"):
        list(batches([{"x": 1}, {"y": 1, "x": value}]))


def test_decimals_that_are_not_finite_are_null_or_refused() -> None:
    [batch] = batches([{"x": Decimal("NaN"), "y": Decimal("1.50")}])

    assert batch.body() == b'{"instances":[{"x":null,"y":1.50}]}'
    with pytest.raises(DataError, match="row 0, x: JSON has no infinity"):
        list(batches([{"x": Decimal("-Infinity")}]))


def test_a_name_that_is_no_text_is_refused() -> None:
    with pytest.raises(DataError, match="row 0: JSON has no such names of columns"):
        list(batches([{None: 1}]))  # type: ignore[dict-item]  # as a caller may


@pytest.mark.parametrize("url", ["", "api", "ftp://a/b", "https://", "http://[::1/", "http://a:99999/"])
def test_an_invalid_address_is_a_settings_error(url: str) -> None:
    with pytest.raises(SettingsError, match="is no address of an API"):
        Endpoint(url)


def test_version_0_is_asked_for_and_not_the_live_one(server: Script) -> None:
    client, _ = endpoint(server)
    client.describe(0)
    server.answers = [(200, {}, {"predictions": [{}]})]
    list(client.predict([{"x": 1}], version=0))

    assert [path for _, path, *_ in server.received] == ["/v1/versions/0", "/v1/versions/0/predict"]


def test_the_environments_proxy_is_used_but_for_the_hosts_that_it_excepts(
    server: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("no_proxy", "http_proxy"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HTTP_PROXY", server.url.replace("http://", "http://ada:secret@"))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    server.answers = [(200, {}, {})]
    Endpoint("http://api.example/prod").describe()
    Endpoint(server.url).describe()

    (_, proxied, headers, _), (_, direct, *_) = server.received
    assert (proxied, direct) == ("http://api.example/prod/model", "/v1/model")
    assert headers["proxy-authorization"] == "Basic YWRhOnNlY3JldA=="
