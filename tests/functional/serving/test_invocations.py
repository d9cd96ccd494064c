"""`/invocations` as Lambda runs it: whatever form the rows come in, the answers are those of /predict."""

import contextlib
import io
import json
from types import ModuleType
from typing import Any

import pandas as pd
import pytest

from fairlead.publishing.publish import Published
from testkit import penguins
from testkit.lambda_context import context, event
from tests.functional.conftest import Load, Store

JSON, CSV, LINES = "application/json", "text/csv", "application/jsonlines"


@pytest.fixture
def app(load_app: Load, shelf: Store, published: Published) -> ModuleType:
    return load_app(shelf.released(published))


def table() -> pd.DataFrame:
    """Rows with missing numbers and categories."""
    return penguins.split()[1].drop(columns=penguins.TARGET).head(40)


def rows(frame: pd.DataFrame) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(frame.to_json(orient="records", double_precision=15))
    return found


def ask(app: ModuleType, body: str, *, kind: str = JSON, accept: str = "*/*", **changes: Any) -> dict[str, Any]:
    headers = {"Content-Type": kind, "Accept": accept}
    with contextlib.redirect_stdout(app.printed):
        answer: dict[str, Any] = app.handler(event("invocations", body=body, headers=headers, **changes), context())
    return answer


def problem(app: ModuleType, body: str, **how: Any) -> tuple[int, dict[str, Any]]:
    answer = ask(app, body, **how)
    return answer["statusCode"], json.loads(answer["body"])


@pytest.fixture
def native(app: ModuleType) -> dict[str, Any]:
    with contextlib.redirect_stdout(app.printed):
        answer = app.handler(event("predict", body=json.dumps({"instances": rows(table())})), context())
    found: dict[str, Any] = json.loads(answer["body"])
    return found


def split(frame: pd.DataFrame) -> dict[str, Any]:
    """Return a table as MLflow's client sends it: with the index, and NaN as json.dumps writes it."""
    found: dict[str, Any] = frame.to_dict("split")
    return found


FORMS: dict[str, Any] = {
    "dataframe_split": lambda frame: json.dumps({"dataframe_split": split(frame)}),
    "split of to_json": lambda frame: f'{{"dataframe_split": {frame.to_json(orient="split", double_precision=15)}}}',
    "dataframe_records": lambda frame: json.dumps({"dataframe_records": frame.to_dict("records")}),
    "instances of rows": lambda frame: json.dumps({"instances": rows(frame)}),
    "instances of values": lambda frame: json.dumps({"instances": frame.to_numpy(object).tolist()}),
    "inputs of columns": lambda frame: json.dumps({"inputs": frame.to_dict("list")}),
    "inputs of values": lambda frame: json.dumps({"inputs": frame.to_numpy(object).tolist(), "params": {}}),
}


@pytest.mark.parametrize("form", FORMS)
def test_each_form_of_json_has_the_answers_of_predict(app: ModuleType, native: dict[str, Any], form: str) -> None:
    answer = ask(app, FORMS[form](table()))

    body = json.loads(answer["body"])
    assert answer["statusCode"] == 200, body
    assert body["predictions"] == [one["label"] for one in native["predictions"]]
    assert body["prediction_ids"] == [one["id"] for one in native["predictions"]]
    assert {name: body[name] for name in ("model", "version", "digest", "release")}.items() <= native.items()


def test_an_array_is_answered_by_an_array(app: ModuleType, native: dict[str, Any]) -> None:
    answer = ask(app, json.dumps(table().to_numpy(object).tolist()))

    assert json.loads(answer["body"]) == [one["label"] for one in native["predictions"]]
    headers = {name: values[0] for name, values in answer["multiValueHeaders"].items()}
    assert headers["X-Fairlead-Release"] == native["release"]
    ids = [f"{headers['X-Fairlead-Request']}-{row}" for row in range(len(table()))]
    assert ids == [one["id"] for one in native["predictions"]]


def test_params_choose_probabilities(app: ModuleType, native: dict[str, Any]) -> None:
    body = json.dumps({"dataframe_split": split(table()), "params": {"predict_method": "predict_proba"}})

    assert json.loads(ask(app, body)["body"])["predictions"] == [
        list(one["probabilities"].values()) for one in native["predictions"]
    ]


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (CSV, table().to_csv(index=False)),
        (f"{CSV}; charset=utf-8; header=present", table().to_csv(index=False)),
        (CSV, table().to_csv(index=False, header=False)),
        (f"{CSV};header=absent", table().to_csv(index=False, header=False)),
        (CSV, table().to_csv(index=False, lineterminator="\r\n", quoting=1)),
        (CSV, "\ufeff" + table()[[*table().columns[::-1]]].to_csv(index=False)),
    ],
    ids=["header", "header=present", "no header", "header=absent", "quoted, CRLF", "other order, mark of UTF-8"],
)
def test_each_csv_has_the_answers_of_predict(app: ModuleType, native: dict[str, Any], kind: str, text: str) -> None:
    answer = ask(app, text, kind=kind, accept=CSV)

    assert answer["statusCode"] == 200, answer["body"]
    assert answer["multiValueHeaders"]["Content-Type"] == ["text/csv; charset=utf-8"]
    assert answer["body"].splitlines() == [one["label"] for one in native["predictions"]]


@pytest.mark.parametrize("features", [True, False], ids=["SageMaker's features", "objects"])
def test_json_lines_have_the_answers_of_predict(app: ModuleType, native: dict[str, Any], features: bool) -> None:
    frame = table()
    lines = [{"features": row} for row in frame.to_numpy(object).tolist()] if features else rows(frame)

    answer = ask(app, "\n".join(map(json.dumps, lines)) + "\n", kind=LINES, accept=LINES)

    got = [json.loads(line) for line in answer["body"].splitlines()]
    assert got == [{"predictions": [one["label"]]} for one in native["predictions"]]


@pytest.mark.parametrize(
    ("body", "kind", "status", "detail"),
    [
        ("", JSON, 400, "the body is not JSON"),
        ("7", JSON, 400, "got 7"),
        ("{}", JSON, 400, "exactly one of"),
        ('{"instances": [], "inputs": []}', JSON, 400, "exactly one of"),
        ('{"instances": []}', JSON, 422, "there are no rows"),
        ('{"instances": 7}', JSON, 400, "`instances` must be an array of rows, got 7"),
        ('{"instances": [[1, 2]]}', JSON, 422, "row 0: expected 7 values, got 2 values"),
        ('{"inputs": {"year": [1, 2], "sex": ["male"]}}', JSON, 422, "differ in their number of rows"),
        (
            '{"dataframe_split": {"columns": ["year", "year"], "data": [[1, 2]]}}',
            JSON,
            422,
            "two columns have one name",
        ),
        ('{"dataframe_split": [1]}', JSON, 400, "`dataframe_split` has data"),
        ('{"inputs": [], "params": {"x": 1}}', JSON, 400, "`params` takes predict_method alone"),
        ('{"dataframe_records": [{"year": Infinity}]}', JSON, 422, "row 0, field 'year': expected a finite number"),
        ('[{"island": "Dream", "island": "Biscoe"}]', JSON, 400, "two members of one name"),
        ("island,year\nDream,2007\n", CSV, 422, "row 0: expected 7 values, got 2 values"),
        ('"', CSV, 400, "no CSV"),
        ("", CSV, 422, "there are no rows"),
        ("island,year\n", f"{CSV};header=present", 422, "there are no rows"),
        ("island,year\nDream,soon\n", f"{CSV};header=present", 422, "row 0, field 'year': expected a whole number"),
        ("island,jahr\nDream,1\n", f"{CSV};header=present", 422, "row 0, field 'jahr'"),
        ("x", f"{CSV};header=perhaps", 415, "header='perhaps'"),
        ("{}", "application/vnd.apache.parquet", 415, "'application/vnd.apache.parquet'"),
        ("{}", f"{JSON}; charset=latin-1", 415, "charset is 'latin-1'"),
        ("{", LINES, 400, "not JSON"),
    ],
)
def test_a_wrong_body_is_refused_with_its_place(
    app: ModuleType, body: str, kind: str, status: int, detail: str
) -> None:
    answered, found = problem(app, body, kind=kind)

    assert answered == status, found
    assert detail in found["detail"]


def test_a_header_that_the_content_type_does_not_announce_is_hinted_at(app: ModuleType) -> None:
    _, unannounced = problem(app, "island,year\nDream,2007\n", kind=CSV)
    _, announced = problem(app, "island,year\nDream\n", kind=f"{CSV};header=present")

    assert unannounced["hint"] == "if the first line names fields, send Content-Type: text/csv; header=present"
    assert "hint" not in announced


def test_an_unknown_method_is_named_with_those_there_are(app: ModuleType) -> None:
    body = json.dumps({"instances": rows(table()), "params": {"predict_method": "transform"}})

    assert problem(app, body)[1]["hint"] == "this model has predict, predict_proba"


def test_unsupported_accept_header_is_not_acceptable(app: ModuleType) -> None:
    status, found = problem(app, "[]", accept="application/x-npy")

    assert (status, found["code"]) == (406, "not_acceptable")


def test_a_version_is_pinned_by_the_query(app: ModuleType, published: Published) -> None:
    query = {"version": str(published.manifest.version)}
    body = json.dumps({"instances": rows(table())})

    assert json.loads(ask(app, body, queryStringParameters=query)["body"])["version"] == published.manifest.version
    assert problem(app, body, queryStringParameters={"version": "99"})[1]["code"] == "no_such_version"


def test_the_events_of_sam_local_are_answered(app: ModuleType) -> None:
    with contextlib.redirect_stdout(io.StringIO()):
        assert app.handler(event("invocations"), context())["statusCode"] == 200
        assert app.handler(event("invocations_csv"), context())["body"] == "Adelie\n"
        assert app.handler(event("ping"), context())["body"] == "\n"


def test_a_refusal_of_long_names_fits_lambdas_response(app: ModuleType) -> None:
    columns = {"\0" * 90_000 + str(n): [1] * n for n in range(9)}
    answer = ask(app, json.dumps({"inputs": columns}))

    assert answer["statusCode"] == 422
    assert len(json.dumps(answer)) < 50_000
