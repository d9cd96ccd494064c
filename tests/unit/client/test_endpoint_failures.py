"""The signed client against an endpoint that is busy, silent, refuses calls, or sends invalid answers."""

import time
from email.utils import formatdate
from typing import Any

import pytest

from fairlead.client.endpoint import Endpoint
from fairlead.errors import CallDeniedError, CallError, CallRowsError, CallUnavailableError, SettingsError
from tests.unit.client.scripted import Script, endpoint


def test_rows_without_named_errors_are_refused_with_the_detail(server: Script) -> None:
    server.answers = [(422, {}, {"code": "invalid_instances", "detail": "`instances` is empty"})]

    with pytest.raises(CallRowsError, match="`instances` is empty"):
        list(endpoint(server)[0].predict([{"x": 1}]))


def test_a_busy_endpoint_is_tried_again_after_the_time_it_asks_for(server: Script) -> None:
    server.answers = [(429, {"Retry-After": "2"}, {}), (503, {}, {}), (200, {}, {"model": "churn"})]
    client, pauses = endpoint(server)

    assert client.describe() == {"model": "churn"}
    assert 2.0 <= pauses.all[0] <= 2.5
    assert 0.0 <= pauses.all[1] <= 1.0


def test_attempts_end_at_the_deadline(server: Script) -> None:
    server.answers = [(503, {"Retry-After": "1"}, {"detail": "loading", "code": "model_unavailable"})]
    client, pauses = endpoint(server, deadline=10.0)

    with pytest.raises(CallUnavailableError, match="503: loading") as caught:
        client.describe()
    assert caught.value.code == "model_unavailable"
    assert len(server.received) == len(pauses.all) + 1
    assert 3 <= len(server.received) <= 10
    assert pauses.clock() < 10.0


def test_pauses_of_two_callers_differ(server: Script) -> None:
    server.answers = [(503, {}, {})]
    made = [endpoint(server, deadline=5.0) for _ in range(2)]

    for client, _ in made:
        with pytest.raises(CallUnavailableError):
            client.describe()
    assert made[0][1].all[0] != made[1][1].all[0]


def test_a_retry_after_beyond_the_deadline_is_not_waited_for(server: Script) -> None:
    server.answers = [(503, {"Retry-After": "30"}, {"detail": "no model has been released yet", "hint": "release one"})]
    client, pauses = endpoint(server)

    with pytest.raises(CallUnavailableError, match="no model has been released yet") as caught:
        client.describe()
    assert caught.value.hint == "release one"
    assert (len(server.received), pauses.all) == (1, [])


def test_a_silent_endpoint_is_retried_until_the_deadline(server: Script) -> None:
    server.slow = lambda _: 1.0
    started = time.monotonic()

    with pytest.raises(CallUnavailableError, match=r"gave no answer within 0\.3 s"):
        Endpoint(server.url, deadline=0.3).describe()
    assert time.monotonic() - started < 0.9


def test_a_connection_that_breaks_is_opened_again(server: Script) -> None:
    server.answers = [(0, {}, {}), (200, {}, {"model": "churn"})]

    assert endpoint(server)[0].describe() == {"model": "churn"}
    assert len(server.received) == 2


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({}, b'{"message": "Internal server error"}'),
        ({"Retry-After": "1"}, b'{"code": "internal_error", "detail": "Internal server error"}'),
    ],
)
def test_a_500_of_api_gateway_is_tried_again(server: Script, headers: dict[str, str], body: bytes) -> None:
    """Where Lambda throttles the function, API Gateway answers 500, not 429."""
    server.answers = [(500, headers, body), (200, {}, {"model": "churn"})]

    assert endpoint(server)[0].describe() == {"model": "churn"}


def test_a_500_of_the_function_is_not_tried_again(server: Script) -> None:
    server.answers = [(500, {}, {"code": "internal_error", "detail": "a fault of the endpoint"})]

    with pytest.raises(CallError, match="500: a fault of the endpoint"):
        endpoint(server)[0].describe()
    assert len(server.received) == 1


@pytest.mark.parametrize("status", [400, 404, 413, 415])
def test_permanent_failure_is_not_retried(server: Script, status: int) -> None:
    server.answers = [(status, {}, b"<html>")]

    with pytest.raises(CallError, match=f"{status}: <html>"):
        endpoint(server)[0].describe()
    assert len(server.received) == 1


def test_a_forbidden_caller_gets_their_arn_and_the_missing_policy(server: Script) -> None:
    identity = b"""<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>
        <Arn>arn:aws:iam::123456789012:user/guest</Arn></GetCallerIdentityResult></GetCallerIdentityResponse>"""
    server.answers = [(403, {}, {"message": "User is not authorized to access this resource"}), (200, {}, identity)]

    with pytest.raises(CallDeniedError, match="403: User is not authorized") as caught:
        endpoint(server)[0].describe()
    assert "arn:aws:iam::123456789012:user/guest" in caught.value.hint
    assert "CallerPolicyArn" in caught.value.hint


def test_forbidden_caller_unknown_to_sts_is_named_by_the_access_key(server: Script) -> None:
    unknown = b"<ErrorResponse><Error><Code>InvalidClientTokenId</Code><Message>No.</Message></Error></ErrorResponse>"
    refused = {"message": "The security token included in the request is invalid."}
    server.answers = [(403, {}, refused), (403, {}, unknown)]

    with pytest.raises(CallError) as caught:
        endpoint(server)[0].describe()
    assert "AKIDEXAMPLE" in caught.value.hint


def test_an_endpoint_that_is_not_there_is_named(server: Script) -> None:
    with pytest.raises(CallError, match=r"127\.0\.0\.1:9/v1 does not answer") as caught:
        Endpoint("http://127.0.0.1:9/v1/").describe()
    assert "FAIRLEAD_API_URL" in caught.value.hint


def test_an_answer_that_is_not_json_is_named(server: Script) -> None:
    server.answers = [(200, {}, b"<html>")]

    with pytest.raises(CallError, match="not JSON"):
        endpoint(server)[0].describe()


def test_without_credentials_nothing_is_sent(server: Script, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/dev/null")
    monkeypatch.setenv("AWS_CONFIG_FILE", "/dev/null")

    with pytest.raises(SettingsError, match="no AWS credentials"):
        endpoint(server)[0].describe()
    assert server.received == []


@pytest.mark.parametrize("errors", ["x", [{}], ["x"], [{"row": "0", "field": "a", "expected": "e", "got": "g"}]])
def test_a_422_of_another_server_is_a_call_error(server: Script, errors: Any) -> None:
    server.answers = [(422, {}, {"detail": "no", "errors": errors})]

    with pytest.raises(CallRowsError, match="answered 422: no"):
        list(endpoint(server)[0].predict([{"x": 1}]))


@pytest.mark.parametrize("data", [b"<html>", b"[]", b'{"a": "\xff"}', b""])
@pytest.mark.parametrize("status", [200, 400, 422])
def test_any_bytes_are_a_call_error(server: Script, status: int, data: bytes) -> None:
    server.answers = [(status, {}, data)]

    with pytest.raises(CallError):
        list(endpoint(server)[0].predict([{"x": 1}]))


@pytest.mark.parametrize("document", [{}, {"results": None}, {"results": []}])
def test_an_answer_without_a_result_for_each_outcome_is_refused(server: Script, document: Any) -> None:
    server.answers = [(200, {}, document)]

    with pytest.raises(CallError, match="results came for 0 of 2 rows"):
        list(endpoint(server)[0].report([{"prediction_id": "1"}] * 2))


def test_a_date_in_retry_after_is_waited_for(server: Script) -> None:
    server.answers = [(429, {"Retry-After": formatdate(time.time() + 9, usegmt=True)}, {}), (200, {}, {})]
    client, pauses = endpoint(server)
    client.describe()

    assert 6.0 <= pauses.all[0] <= 9.5
