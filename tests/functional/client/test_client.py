"""`fairlead.Client` and `AsyncClient` from a table to its predictions, against an API on loopback."""

import asyncio
import json
import re
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from fairlead import AsyncClient, Client
from fairlead.errors import CallError, CallRowsError, DataError
from tests.functional.loopback_api import Script, serving

INPUTS = [{"name": "x", "kind": "number", "nullable": True}, {"name": "plan", "kind": "category"}]
YES = {"label": "yes", "probabilities": {"no": 0.25, "yes": 0.75}}


def answering(version: int, *, release: str = "14", model: str = "churn", **member: Any) -> Callable[[bytes], Any]:
    """An endpoint that gives every row the same prediction."""
    identity = {"model": model, "version": version, "digest": f"sha256:{version}", "release": release}

    def answer(body: bytes) -> Any:
        rows = json.loads(body)["instances"]
        return identity | {"predictions": [{"id": f"r-{at}", **(member or YES)} for at in range(len(rows))]}

    return answer


@pytest.fixture
def api(account: None) -> Iterator[Script]:
    with serving() as script:
        script.answers = {
            "/model": (200, {"signature": {"inputs": INPUTS}}),
            "/predict": (200, answering(3)),
        }
        yield script


def sent(api: Script, path: str = "/predict") -> list[Any]:
    return [row for body in api.received[path] for row in body["instances"]]


def test_a_frame_is_answered_with_labels_probabilities_and_ids_on_its_own_index(api: Script) -> None:
    frame = pd.DataFrame({"x": [1.5, np.nan], "plan": pd.Categorical(["basic", None])}, index=["a", "b"])

    found = Client(api.url).predict(frame)

    assert sent(api) == [{"x": 1.5, "plan": "basic"}, {"x": None, "plan": None}]
    assert (found.labels, found.ids, len(found)) == (["yes", "yes"], ["r-0", "r-1"], 2)
    assert (found.model, found.version, found.digest, found.releases) == ("churn", 3, "sha256:3", ("14",))
    expected = pd.DataFrame({"no": [0.25, 0.25], "yes": [0.75, 0.75]}, index=["a", "b"])
    pd.testing.assert_frame_equal(found.probabilities, expected)
    assert list(found.to_frame()) == ["prediction_id", "label", "probabilities.no", "probabilities.yes"]
    assert list(found.to_frame().index) == ["a", "b"]
    assert repr(found) == "<2 predictions by churn version 3, release 14>"


ROWS = [{"x": 1.5, "plan": "basic"}, {"x": 2.0, "plan": None}]


@pytest.mark.parametrize(
    "table",
    [
        ROWS,
        iter(ROWS),
        pa.Table.from_pylist(ROWS),
        pd.DataFrame(ROWS, dtype="object"),
        pd.DataFrame(ROWS).convert_dtypes(),
        [[1.5, "basic"], (2.0, None)],
        np.array([[1.5, "basic"], [2.0, None]], dtype=object),
        pd.DataFrame([[1.5, "basic"], [2.0, None]]),
        [row for _, row in pd.DataFrame(ROWS, columns=["plan", "x"], dtype="object").iterrows()],
        list(pd.DataFrame(ROWS, columns=["plan", "x"], dtype="object").itertuples(index=False)),
        [row for _, row in pd.DataFrame([[1.5, "basic"], [2.0, None]]).iterrows()],
    ],
    ids=[
        "dictionaries",
        "iterator",
        "arrow",
        "objects",
        "nullable",
        "lists",
        "array",
        "frame without names",
        "series",
        "named tuples",
        "series without names",
    ],
)
def test_every_kind_of_table_sends_the_same_rows(api: Script, table: Any) -> None:
    assert len(Client(api.url).predict(table)) == 2
    assert sent(api) == ROWS


def test_field_names_are_read_once_and_again_after_a_refusal(api: Script) -> None:
    """Rows without names go by the signature; another version may be live when the endpoint refuses them."""
    client = Client(api.url)
    for _ in range(2):
        client.predict(np.ones((1, 2)))
    assert len(api.received["/model"]) == 1

    wrong = {"row": 0, "field": "x", "expected": "a field of the signature", "got": "an unknown field"}
    api.answers["/predict"] = (422, {"code": "invalid_instances", "errors": [wrong]})
    with pytest.raises(CallRowsError, match="row 0, field 'x'") as caught:
        client.predict(np.ones((1, 2)))
    assert caught.value.errors == [wrong]
    with pytest.raises(CallRowsError):
        client.predict(np.ones((1, 2)))
    assert len(api.received["/model"]) == 2


@pytest.mark.parametrize(
    ("table", "said"),
    [
        ([], "no rows"),
        (pd.DataFrame({"x": []}), "no rows"),
        ({"x": [1]}, "rows are a dict"),
        ("x", "rows are a str"),
        (np.ones(3), "rows are a ndarray"),
        (7, "rows are a int"),
        ([7], "row 0 is a int"),
        ([[1, 2], [1, 2, 3]], "row 1 has 3 values, the model takes 2: x, plan"),
        (pd.DataFrame({"x": [1.0, np.inf], "plan": "a"}), "row 1, x: JSON has no infinity"),
        (pd.DataFrame([[1.0, 2.0]], columns=["x", "x"]), "two columns have the name 'x'"),
        (pa.Table.from_arrays([pa.array([1]), pa.array([2])], names=["x", "x"]), "two columns have the name 'x'"),
        (pd.DataFrame([["a", 1.0]], columns=["plan", 0]), "column 'plan' has a name, column 0 has none"),
    ],
)
def test_a_table_that_cannot_be_sent_is_refused_by_name(api: Script, table: Any, said: str) -> None:
    with pytest.raises(DataError, match=said):
        Client(api.url).predict(table)
    assert "/predict" not in api.received


def test_a_regressors_values_come_back_and_labels_are_refused_by_name(api: Script) -> None:
    api.answers["/predict"] = (200, answering(3, value=2.5))
    found = Client(api.url).predict(ROWS)

    assert found.values == [2.5, 2.5]
    with pytest.raises(AttributeError, match="predictions of churn have no label: they have id, value"):
        _ = found.labels


def test_a_pinned_version_is_asked_by_its_path(api: Script) -> None:
    api.answers["/versions/2/predict"] = (200, answering(2))
    api.answers["/versions/2"] = (200, {"signature": {"inputs": INPUTS}})

    assert Client(api.url).predict(np.ones((1, 2)), version=2).version == 2
    assert Client(api.url).describe(2) == {"signature": {"inputs": INPUTS}}


def turn(*answers: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
    """An endpoint that answers in turn, as aliases do while a release replaces another."""
    left = list(answers)

    def answer(body: bytes) -> Any:
        now = left.pop(0) if len(left) > 1 else left[0]
        return now(body)

    return answer


def test_two_versions_that_answer_one_table_are_replaced_by_the_older_one(api: Script) -> None:
    api.answers["/predict"] = (200, turn(answering(4, release="15"), answering(3)))
    api.answers["/versions/3/predict"] = (200, turn(answering(3), answering(3, release="15")))

    found = Client(api.url, parallel=1).predict([{"x": 1}] * 1_500)

    assert (found.version, found.releases, len(found)) == (3, ("14", "15"), 1_500)


def test_a_model_that_replaced_another_meanwhile_answers_the_whole_table(api: Script) -> None:
    api.answers["/predict"] = (200, turn(answering(3), answering(1, model="upsell")))

    found = Client(api.url, parallel=1).predict([{"x": 1}] * 1_500)

    assert (found.model, found.version, len(found)) == ("upsell", 1, 1_500)


def test_a_release_that_does_not_know_the_older_version_has_a_still_older_one_asked(api: Script) -> None:
    api.answers["/predict"] = (200, turn(answering(4), answering(3)))
    api.answers["/versions/3/predict"] = (404, {"code": "no_such_version", "versions": [1, 2]})
    api.answers["/versions/2/predict"] = (200, answering(2))

    assert Client(api.url, parallel=1).predict([{"x": 1}] * 1_500).version == 2


def test_a_version_that_the_caller_pinned_is_never_replaced(api: Script) -> None:
    api.answers["/versions/9/predict"] = (404, {"code": "no_such_version", "versions": [1, 2], "detail": "no 9"})

    with pytest.raises(CallError, match="no 9") as caught:
        Client(api.url).predict(ROWS, version=9)
    assert caught.value.problem["versions"] == [1, 2]


def test_fewer_predictions_than_rows_are_refused(api: Script) -> None:
    """Labels would stand beside the wrong rows."""
    api.answers["/predict"] = (200, answering(3)(b'{"instances": [{}]}'))
    with pytest.raises(CallError, match="predictions came for 1 of 2 rows"):
        Client(api.url).predict(ROWS)


def test_an_answer_that_is_not_the_endpoints_is_refused(api: Script) -> None:
    api.answers["/predict"] = (200, {"message": "hello"})
    with pytest.raises(CallError, match="predictions came for 0 of") as caught:
        Client(api.url).predict(ROWS)
    assert "ApiUrl" in caught.value.hint


@pytest.mark.parametrize(
    "change", [{"predictions": ["x"]}, {"predictions": [{}]}, {"predictions": None}, {"version": "3"}]
)
def test_an_answer_of_another_shape_is_refused(api: Script, change: dict[str, Any]) -> None:
    api.answers["/predict"] = (200, answering(3)(b'{"instances": [1]}') | change)

    with pytest.raises(CallError):
        Client(api.url).predict([{"x": 1}])


def test_a_signature_of_another_shape_is_refused(api: Script) -> None:
    api.answers["/model"] = (200, {"signature": {}})

    with pytest.raises(CallError, match="the answer has no signature"):
        Client(api.url).predict([[1, "basic"]])


def test_feedback_reports_outcomes_by_id(api: Script) -> None:
    api.answers["/feedback"] = (207, {"results": [{"status": "recorded"}, {"status": "invalid", "detail": "no"}]})

    results = Client(api.url).feedback(["r-0", "r-1"], np.array([1, 2]), comments=["lab 4", None])

    assert [result["status"] for result in results] == ["recorded", "invalid"]
    assert api.received["/feedback"] == [
        {
            "outcomes": [
                {"prediction_id": "r-0", "actual": 1, "comment": "lab 4"},
                {"prediction_id": "r-1", "actual": 2},
            ]
        }
    ]
    with pytest.raises(ValueError, match="shorter"):
        Client(api.url).feedback(["r-0", "r-1"], [1])


def test_calls_of_an_async_client_run_at_the_same_time(api: Script) -> None:
    def slowly(body: bytes) -> Any:
        time.sleep(0.2)
        return answering(3)(body)

    async def many() -> list[Any]:
        async with AsyncClient(api.url) as client:
            return await asyncio.gather(*(client.predict(ROWS) for _ in range(10)), client.describe())

    api.answers["/predict"] = (200, slowly)
    api.answers["/feedback"] = (200, {"results": []})
    started = time.monotonic()
    *found, described = asyncio.run(many())

    assert [one.labels for one in found] == [["yes", "yes"]] * 10
    assert described["signature"]["inputs"] == INPUTS
    assert time.monotonic() - started < 1.5
    assert asyncio.run(AsyncClient(api.url).feedback([], [])) == []


def test_the_programs_of_the_how_to_run(
    api: Script, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (Path(__file__).parents[3] / "docs/how-to/call-from-python.md").read_text()
    demo = tmp_path / ".fairlead/demo"
    demo.mkdir(parents=True)
    pd.DataFrame({"x": [1.0, 2.0], "species": ["yes", "no"]}).to_csv(demo / "held_out.csv", index=False)
    api.answers["/feedback"] = (200, {"results": [{"status": "recorded"}] * 2})
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("FAIRLEAD_API_URL", api.url)

    exec("\n".join(re.findall(r"```python\n(.*?)```", page, flags=re.DOTALL)), {})  # noqa: S102 - the project's own

    assert sent(api)[0] == {"x": 1.0}
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "<2 predictions by churn version 3, release 14>"
    assert said[-2:] == ["{'recorded'}", "['yes'] ['yes']"]


def test_importing_a_client_imports_nothing_heavy() -> None:
    heavy = ["sklearn", "onnxruntime", "onnx", "pandas", "numpy", "boto3", "botocore", "pyarrow", "httpx", "requests"]
    code = (
        "import sys, fairlead; light = sorted(sys.modules);"
        "from fairlead import AsyncClient, Client; Client('https://abc.execute-api.eu-west-1.amazonaws.com/v1');"
        f"print([name for name in {heavy!r} if name in light], [name for name in {heavy!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout.strip() == "[] ['botocore']"


def test_reasons_are_asked_for_and_come_as_contributions_by_field(api: Script) -> None:
    explanation = {"output": "yes", "base": 0.5, "contributions": {"x": 0.3, "plan": -0.05}}
    answer = answering(3, label="yes", explanation=explanation)
    how = {"explanation": {"method": "exact", "scale": "probability"}}
    api.answers["/predict"] = (200, lambda body: answer(body) | how)

    found = Client(api.url).predict([{"x": 1, "plan": "basic"}], explain=True)
    Client(api.url).predict([{"x": 1, "plan": "basic"}])

    assert [body.get("parameters") for body in api.received["/predict"]] == [{"explain": True}, None]
    assert found.explanation == {"method": "exact", "scale": "probability"}
    assert found.explanations == [explanation]
    assert found.to_frame()["explanation.contributions.plan"].tolist() == [-0.05]
