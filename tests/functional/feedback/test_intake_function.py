"""functions/intake as Lambda loads it: each outcome is in the ledger, once, before the request is answered."""

import json
from collections import Counter
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

import pytest
from botocore.exceptions import ClientError

from fairlead.errors import SettingsError
from fairlead.feedback.ledger import Ledger
from fairlead.publishing.publish import Published
from testkit.lambda_context import context, event
from tests.functional import ledger_fixture
from tests.functional.conftest import Store
from tests.functional.ledger_fixture import SLOT, Loop, Traffic, delivery, request_id, running

ROW = json.loads(event("predict")["body"])["instances"][0]
CALLER = event("intake")["requestContext"]["identity"]["userArn"]

Send = Callable[..., tuple[int, list[dict[str, Any]]]]


@pytest.fixture
def here(shelf: Store) -> Loop:
    return Loop(shelf)


@pytest.fixture(scope="module")
def traffic(shelf: Store, published: Published) -> Traffic:
    return Traffic(shelf, published)


@pytest.fixture
def intake(here: Loop, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    return ledger_fixture.load("intake", here.env("intake"), monkeypatch)


@pytest.fixture
def capture(here: Loop, intake: ModuleType, monkeypatch: pytest.MonkeyPatch) -> Callable[[Sequence[str]], Any]:
    """Process captured lines as the feedback function does."""
    feedback = ledger_fixture.load("feedback", here.env("feedback"), monkeypatch)
    return lambda lines: feedback.handler(delivery(lines), running())


def post(app: ModuleType, body: Any, **changes: Any) -> tuple[int, dict[str, Any], dict[str, Any]]:
    text = body if isinstance(body, str) else json.dumps(body)
    answer = app.handler(event("intake", body=text, **changes), context())
    headers = {name: values[0] for name, values in answer["multiValueHeaders"].items()}
    return answer["statusCode"], json.loads(answer["body"]), headers


@pytest.fixture
def send(intake: ModuleType) -> Send:
    """Report (row or id, actual) pairs; a row is one of request 1."""

    def send(*reports: tuple[int | str, Any]) -> tuple[int, list[dict[str, Any]]]:
        ids = [(f"{request_id(1)}-{which}" if isinstance(which, int) else which, actual) for which, actual in reports]
        body = {"outcomes": [{"prediction_id": name, "actual": actual} for name, actual in ids]}
        status, answer, headers = post(intake, body)
        assert headers["Content-Type"] == "application/json"
        assert [one["prediction_id"] for one in answer["results"]] == [name for name, _ in ids]
        return status, answer["results"]

    return send


def statuses(answer: tuple[int, list[dict[str, Any]]]) -> list[str]:
    return [one["status"] for one in answer[1]]


def test_outcome_reported_before_its_prediction_is_known_is_scored_later(
    here: Loop, send: Send, traffic: Traffic, capture: Callable[[Sequence[str]], Any]
) -> None:
    assert (status := send((0, "Adelie"), (1, "Gentoo")))[0] == 200
    assert statuses(status) == ["accepted", "accepted"]
    assert capture(traffic.lines([ROW, ROW], request=request_id(1)))["Scored"] == 2
    assert here.scored()["outcomes"] == 2


def test_outcome_of_a_known_prediction_is_scored_before_the_response(
    here: Loop, send: Send, traffic: Traffic, capture: Callable[[Sequence[str]], Any]
) -> None:
    capture(traffic.lines([ROW, ROW], request=request_id(1)))
    assert send((1, "Adelie")) == (200, [{"prediction_id": f"{request_id(1)}-1", "status": "recorded"}])
    assert here.scored()["outcomes"] == 1
    [kept] = here.ledger.outcomes(request_id(1))
    assert (kept.state, kept.outcome.by) == ("scored", CALLER)
    assert kept.outcome.at == event("intake")["requestContext"]["requestTimeEpoch"]


def test_a_report_sent_again_is_answered_duplicate(here: Loop, send: Send) -> None:
    reports = ((0, "Adelie"), (1, "Gentoo"))
    send(*reports)
    answer = send(*reports, (2, "Adelie"))
    assert answer[0] == 200
    assert statuses(answer) == ["duplicate", "duplicate", "accepted"]


def test_the_first_report_counts_and_others_are_conflicts(here: Loop, send: Send) -> None:
    send((0, "Adelie"))
    status, [again, other] = send((0, "Adelie"), (0, "Gentoo"))
    assert status == 207
    assert (again["status"], other["status"]) == ("duplicate", "conflict")
    assert other["detail"] == "another outcome was reported before and is kept"
    [kept] = here.ledger.outcomes(request_id(1))
    assert (kept.outcome.actual, kept.conflicts) == ("Adelie", 1)


def test_one_id_several_times_in_a_body_is_taken_in_its_order(here: Loop, send: Send) -> None:
    for number in range(5):
        name = f"{request_id(100 + number)}-0"
        answer = send(*((name, actual) for actual in ("Gentoo", "Adelie", "Gentoo", "Adelie")))
        assert statuses(answer) == ["accepted", "conflict", "duplicate", "conflict"]


def test_conflicts_in_hundreds_are_answered_each_and_counted_once_a_row(here: Loop, send: Send) -> None:
    send(*((row, "Adelie") for row in range(40)))
    answer = send(*((row % 40, "Gentoo" if row % 2 else "Chinstrap") for row in range(400)))
    assert Counter(statuses(answer)) == {"conflict": 400}
    assert sum(kept.conflicts for kept in here.ledger.outcomes(request_id(1))) == 40
    assert {kept.outcome.actual for kept in here.ledger.outcomes(request_id(1))} == {"Adelie"}


def test_a_thousand_outcomes_of_a_hundred_requests_are_answered_in_order(here: Loop, send: Send) -> None:
    reports = [(f"{request_id(n % 100)}-{n // 100}", "Adelie") for n in range(1000)]
    answer = send(*reports)
    assert Counter(statuses(answer)) == {"accepted": 1000}
    assert len(here.ledger.outcomes(request_id(42))) == 10


@pytest.mark.parametrize(
    "name",
    [
        "", "x", "W#penguins#1-0", "S-0", request_id(1), f"{request_id(1)}-", f"{request_id(1)}-x",
        f"{request_id(1)}--1", f"{request_id(1)}-01", f"{request_id(1)}-٣", f"{request_id(1)}-10000000",
        request_id(1).replace("0", "A", 1) + "-0", f" {request_id(1)}-0",
    ],
)  # fmt: skip
def test_an_id_that_was_never_given_is_invalid_and_writes_nothing(here: Loop, send: Send, name: str) -> None:
    status, [good, bad] = send((0, "Adelie"), (name, "Adelie"))
    assert (status, good["status"], bad["status"]) == (207, "accepted", "invalid")
    assert "not the id of a prediction" in bad["detail"]
    assert here.dynamodb.scan(TableName=here.table)["Count"] == 1


@pytest.mark.parametrize("actual", ["adelie", 1, True, {"a": 1.0}, ""])
def test_an_outcome_that_the_model_could_not_answer_is_invalid_and_may_be_corrected(
    here: Loop, send: Send, traffic: Traffic, capture: Callable[[Sequence[str]], Any], actual: Any
) -> None:
    capture(traffic.lines([ROW], request=request_id(1)))
    status, [bad] = send((0, actual))
    assert (status, bad["status"]) == (207, "invalid")
    assert "Adelie" in bad["detail"]
    assert statuses(send((0, "Adelie"))) == ["recorded"]
    assert here.scored()["outcomes"] == 1


def test_a_row_that_the_request_did_not_have_is_invalid(
    send: Send, traffic: Traffic, capture: Callable[[Sequence[str]], Any]
) -> None:
    capture(traffic.lines([ROW, ROW], request=request_id(1)))
    assert send((2, "Adelie"))[1][0]["detail"] == "the request had 2 rows"


def test_an_outcome_that_turns_out_not_to_fit_is_never_scored(
    here: Loop, send: Send, traffic: Traffic, capture: Callable[[Sequence[str]], Any]
) -> None:
    assert statuses(send((0, "Dodo"))) == ["accepted"]
    capture(traffic.lines([ROW], request=request_id(1)))
    assert here.scored() == {"invalid": 1}
    assert list(here.ledger.labelled("penguins", 1, SLOT, SLOT + 1)) == []


def test_invalid_outcome_may_be_replaced_once(
    here: Loop, send: Send, traffic: Traffic, capture: Callable[[Sequence[str]], Any]
) -> None:
    assert statuses(send((0, "Dodo"), (1, "Dodo"))) == ["accepted", "accepted"]
    capture(traffic.lines([ROW, ROW], request=request_id(1)))
    assert here.scored() == {"invalid": 2}
    assert statuses(send((0, "Dodo"))) == ["invalid"]
    assert statuses(send((0, "Adelie"), (0, "Gentoo"), (0, "Adelie"))) == ["recorded", "conflict", "duplicate"]
    found = here.scored()
    assert (found["outcomes"], found["invalid"], found["conflicts"]) == (1, 1, 1)


def test_a_pair_that_a_crash_left_is_scored_when_its_outcome_is_sent_again(
    here: Loop,
    intake: ModuleType,
    send: Send,
    traffic: Traffic,
    capture: Callable[[Sequence[str]], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    capture(traffic.lines([ROW], request=request_id(1)))
    report = {"prediction_id": f"{request_id(1)}-0", "actual": "Adelie"}
    with monkeypatch.context() as patched:
        patched.setattr(Ledger, "score", lambda *_: (_ for _ in ()).throw(RuntimeError("killed")))
        assert post(intake, {"outcomes": [report]})[0] == 500
    assert here.scored() == {}
    assert statuses(send((0, "Adelie"))) == ["duplicate"]
    assert here.scored()["outcomes"] == 1


@pytest.mark.parametrize(
    ("body", "status", "code", "said"),
    [
        ("{", 400, "not_json", "not JSON"),
        ('{"outcomes": [NaN', 400, "not_json", "not JSON"),
        ('{"outcomes": NaN}', 422, "invalid_outcomes", "an array of rows"),
        ("[]", 422, "invalid_outcomes", "the body must be"),
        ({"outcomes": {}}, 422, "invalid_outcomes", "an array of rows"),
        ({"outcomes": [], "more": 1}, 422, "invalid_outcomes", "the body must be"),
        ({"outcomes": []}, 422, "invalid_outcomes", "empty"),
        ({"outcomes": [{"prediction_id": "a-0", "actual": 1}] * 1001}, 413, "too_large", "more than 1,000 outcomes"),
        ({"outcomes": [{"prediction_id": "a-0", "actual": "x" * 3_000_000}]}, 413, "too_large", "bytes"),
    ],
)
def test_a_body_that_is_not_ours_is_a_problem(intake: ModuleType, body: Any, status: int, code: str, said: str) -> None:
    answered, problem, headers = post(intake, body)
    assert (answered, problem["code"], headers["Content-Type"]) == (status, code, "application/problem+json")
    assert said in problem["detail"]


def test_a_body_of_another_type_is_a_problem(intake: ModuleType) -> None:
    answered, problem, _ = post(intake, "<outcomes/>", headers={"Content-Type": "text/xml"})
    assert (answered, problem["code"]) == (415, "unsupported_media_type")


def test_malformed_reports_are_named_row_by_row_and_nothing_is_written(here: Loop, intake: ModuleType) -> None:
    good = {"prediction_id": f"{request_id(1)}-0", "actual": "Adelie"}
    outcomes = [
        good,
        {"prediction_id": 7, "actual": "Adelie"},
        {"prediction_id": "x"},
        {**good, "actual": None},
        {**good, "comment": "x" * 501},
        {**good, "colour": "red"},
        "Adelie",
        {**good, "actual": {"mass": "heavy"}},
        {**good, "actual": "x" * 1001},
    ]
    status, problem, _ = post(intake, {"outcomes": outcomes})
    assert (status, problem["code"]) == (422, "invalid_outcomes")
    wrong = [(one["row"], one["field"]) for one in problem["errors"]]
    assert wrong == [
        (1, "prediction_id"), (2, "actual"), (3, "actual"), (4, "comment"), (5, "colour"), (6, ""),
        (7, "actual"), (8, "actual"),
    ]  # fmt: skip
    assert all(one["expected"] and one["got"] and len(one["got"]) <= 60 for one in problem["errors"])
    assert here.dynamodb.scan(TableName=here.table)["Count"] == 0


@pytest.mark.parametrize(
    ("report", "field", "got"),
    [
        ('"prediction_id": 1, "prediction_id": "x", "actual": 1', "prediction_id", "a member twice"),
        ('"prediction_id": "x", "actual": 1, "actual": 2', "actual", "a member twice"),
        ('"prediction_id": "x", "actual": {"a": 1, "a": 2}', "actual", "a member twice"),
        ('"prediction_id": "a:b", "actual": 1, "comment": "", "actual": 2', "actual", "a member twice"),
        ('"prediction_id": "\\udfff", "actual": 1', "prediction_id", '"\\udfff"'),
        ('"prediction_id": "x", "actual": "\\ud800"', "actual", '"\\ud800"'),
        ('"prediction_id": "x", "actual": {"\\ud800": 1}', "actual", "an object"),
        ('"prediction_id": "x", "actual": 1, "\\udfff": 1', "\\udfff", "an unknown member"),
        ('"prediction_id": "x", "actual": NaN', "actual", "NaN"),
        ('"prediction_id": "x", "actual": {"a": -Infinity}', "actual", "an object"),
        ('"prediction_id": "x", "actual": ' + '{"a":' * 50 + "1" + "}" * 50, "actual", "an object"),
    ],
)
def test_a_report_that_json_readers_take_differently_is_named(
    here: Loop, intake: ModuleType, report: str, field: str, got: str
) -> None:
    status, problem, _ = post(intake, f'{{"outcomes": [{{{report}}}]}}')
    assert (status, problem["code"]) == (422, "invalid_outcomes")
    error = problem["errors"][0]
    assert (error["row"], error["field"]) == (0, field)
    assert error["got"].startswith(got)
    assert here.dynamodb.scan(TableName=here.table)["Count"] == 0


def test_a_whole_number_spelt_with_a_point_is_the_same_outcome(here: Loop, intake: ModuleType) -> None:
    for actual in ("1", "1.0", "1e0"):
        body = f'{{"outcomes": [{{"prediction_id": "{request_id(1)}-0", "actual": {actual}}}]}}'
        assert post(intake, body)[0] == 200
    [kept] = here.ledger.outcomes(request_id(1))
    assert kept.conflicts == 0


def test_while_the_ledger_refuses_writes_the_answer_is_503_with_retry_after(
    here: Loop, intake: ModuleType, send: Send, monkeypatch: pytest.MonkeyPatch
) -> None:
    put_item, failures = intake.dynamodb.put_item, iter([True])

    def throttled(**parameters: Any) -> Any:
        if next(failures, False):
            raise ClientError({"Error": {"Code": "ThrottlingException"}}, "PutItem")
        return put_item(**parameters)

    monkeypatch.setattr(intake.dynamodb, "put_item", throttled)
    outcomes = [{"prediction_id": f"{request_id(n)}-0", "actual": "Adelie"} for n in range(5)]
    status, problem, headers = post(intake, {"outcomes": outcomes})
    assert (status, problem["code"]) == (503, "ledger_unavailable")
    assert int(headers["Retry-After"]) > 0
    answer = send(*((one["prediction_id"], one["actual"]) for one in outcomes))
    assert answer[0] == 200
    assert set(statuses(answer)) <= {"accepted", "duplicate"}
    assert all(len(here.ledger.outcomes(request_id(n))) == 1 for n in range(5))


def test_while_there_is_no_table_the_answer_is_503(here: Loop, intake: ModuleType) -> None:
    here.dynamodb.delete_table(TableName=here.table)
    status, problem, _ = post(intake, {"outcomes": [{"prediction_id": f"{request_id(1)}-0", "actual": "Adelie"}]})
    assert (status, problem["code"]) == (503, "ledger_unavailable")
    assert here.table not in json.dumps(problem)


def test_every_request_says_how_it_went(intake: ModuleType, send: Send, capsys: pytest.CaptureFixture[str]) -> None:
    send((0, "Adelie"))
    capsys.readouterr()
    send((0, "Adelie"), (0, "Gentoo"), (1, "Adelie"), ("junk", 1))
    lines = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    [line] = lines
    assert (line["service"], line["Requests"], line["status"]) == ("intake", 1, 207)
    names = ("Recorded", "Accepted", "Duplicates", "Conflicts", "Invalid")
    assert [line.get(name) for name in names] == [None, 1, 1, 1, 1]
    metrics = {metric["Name"] for one in line["_aws"]["CloudWatchMetrics"] for metric in one["Metrics"]}
    assert metrics == {"Requests", "Latency", "Accepted", "Duplicates", "Conflicts", "Invalid"}
    assert not [line for line in lines if "Gentoo" in json.dumps(line)]


@pytest.mark.parametrize("name", ["FAIRLEAD_BUCKET", "FAIRLEAD_LEDGER"])
def test_it_does_not_start_without_its_settings(here: Loop, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    env = here.env("intake")
    del env[name]
    with pytest.raises(SettingsError, match=name):
        ledger_fixture.load("intake", env, monkeypatch)


@pytest.mark.parametrize("days", ["0", "-1", "x"])
def test_a_ledger_is_kept_for_whole_days(here: Loop, days: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(SettingsError, match="FAIRLEAD_LEDGER_DAYS"):
        ledger_fixture.load("intake", here.env("intake") | {"FAIRLEAD_LEDGER_DAYS": days}, monkeypatch)


@pytest.mark.parametrize(
    "actual",
    [
        *("1" + "0" * 30, "-" + "9" * 5000),
        *("1e400", "-1e400", '{"a": 1e400, "b": 1}', '{"a": ' + "9" * 5000 + "}", "1e40"),
    ],
)
def test_a_number_too_large_is_invalid_and_its_neighbours_are_taken(
    here: Loop, intake: ModuleType, actual: str
) -> None:
    outcomes = [
        f'{{"prediction_id": "{request_id(1)}-{row}", "actual": {said}}}' for row, said in enumerate(("1", actual, "2"))
    ]
    status, answer, _ = post(intake, f'{{"outcomes": [{", ".join(outcomes)}]}}')
    assert status == 207
    assert [one["status"] for one in answer["results"]] == ["accepted", "invalid", "accepted"]
    assert answer["results"][1]["detail"].startswith("expected a number within ±")
    assert len(here.ledger.outcomes(request_id(1))) == 2


@pytest.mark.parametrize("actual", ["9223372036854775808", "-9223372036854775809", "18446744073709551616"])
def test_an_integer_beyond_64_bits_is_taken_as_a_number(here: Loop, intake: ModuleType, actual: str) -> None:
    body = f'{{"outcomes": [{{"prediction_id": "{request_id(1)}-0", "actual": {actual}}}]}}'
    status, answer, _ = post(intake, body)
    assert (status, answer["results"][0]["status"]) == (200, "accepted")
    [kept] = here.ledger.outcomes(request_id(1))
    assert kept.outcome.actual == float(actual)
