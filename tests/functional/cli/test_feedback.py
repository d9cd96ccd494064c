"""fairlead feedback: a file of outcomes is sent in batches, can be stopped and continued, and is summarised."""

import contextlib
import io
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from typer.testing import CliRunner, Result

from fairlead_cli import outcomes_file
from fairlead_cli.main import app
from testkit.lambda_context import context, event
from tests.functional import ledger_fixture
from tests.functional.conftest import Store
from tests.functional.ledger_fixture import Loop, request_id
from tests.functional.loopback_api import Script, serving

CLASSES = {"task": "classification", "classes": ["no", "yes"], "probabilities": True}


@pytest.fixture
def api(monkeypatch: pytest.MonkeyPatch) -> Iterator[Script]:
    for name, value in {"AWS_ACCESS_KEY_ID": "test", "AWS_SECRET_ACCESS_KEY": "test"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    with serving() as script:
        monkeypatch.setenv("FAIRLEAD_API_URL", script.url)
        answering(script, CLASSES)
        script.answers["/feedback"] = (200, all_are("accepted"))
        yield script


def answering(api: Script, output: dict[str, Any], *, model: str = "churn") -> None:
    api.answers["/model"] = (200, {"model": model, "signature": {"inputs": [], "layout": "frame", "output": output}})


def all_are(*statuses: str) -> Callable[[bytes], dict[str, Any]]:
    def answer(body: bytes) -> dict[str, Any]:
        sent = json.loads(body)["outcomes"]
        given = [statuses[place % len(statuses)] for place in range(len(sent))]
        return {
            "results": [
                {"prediction_id": one["prediction_id"], "status": s} for one, s in zip(sent, given, strict=True)
            ]
        }

    return answer


def feedback(path: Path, *arguments: str, name: str = "churn") -> Result:
    return CliRunner().invoke(
        app, ["feedback", name, "--data", str(path), *arguments], env={"NO_COLOR": "1", "COLUMNS": "200"}
    )


def sent(api: Script) -> list[list[Any]]:
    """The values of each batch."""
    return [[one["actual"] for one in body["outcomes"]] for body in api.received.get("/feedback", [])]


def table(tmp_path: Path, **columns: list[Any]) -> Path:
    path = tmp_path / "truth.csv"
    pd.DataFrame(columns).to_csv(path, index=False)
    return path


def ids(count: int) -> list[str]:
    return [f"{request_id(1)}-{row}" for row in range(count)]


def test_a_file_is_sent_in_batches_and_summarised(api: Script, tmp_path: Path) -> None:
    path = table(tmp_path, prediction_id=ids(7), actual=["no", "yes", "no", None, "yes", "no", "no"])
    done = feedback(path, "--batch", "4", "--json")
    assert done.exit_code == 0
    assert sent(api) == [["no", "yes", "no", "yes"], ["no", "no"]]
    counts = {"recorded": 0, "accepted": 6, "duplicate": 0, "conflict": 0, "invalid": 0}
    assert json.loads(done.stdout) == {"sent": 6, "without": 1, **counts, "refused": []}
    assert [path.name for path in tmp_path.iterdir()] == ["truth.csv"]


@pytest.mark.parametrize("kind", ["csv", "parquet", "jsonl"])
def test_columns_are_named_and_values_keep_their_kind(api: Script, tmp_path: Path, kind: str) -> None:
    answering(api, {"task": "regression"})
    frame = pd.DataFrame({"id": ids(2), "price": [1.5, 2.0], "said": ["late", None], "other": [1, 2]})
    path = tmp_path / f"truth.{kind}"
    if kind == "jsonl":
        frame.to_json(path, orient="records", lines=True)
    else:
        getattr(frame, f"to_{kind}")(path, index=False)
    done = feedback(path, "--id-column", "id", "--actual-column", "price", "--comment-column", "said")
    assert done.exit_code == 0
    assert api.received["/feedback"] == [
        {
            "outcomes": [
                {"prediction_id": ids(2)[0], "actual": 1.5, "comment": "late"},
                {"prediction_id": ids(2)[1], "actual": 2.0},
            ]
        }
    ]


def test_classes_that_look_like_numbers_are_sent_as_the_model_spells_them(api: Script, tmp_path: Path) -> None:
    answering(api, CLASSES | {"classes": ["2007", "2008"]})
    assert feedback(table(tmp_path, prediction_id=ids(2), actual=[2007, 2008])).exit_code == 0
    assert sent(api) == [["2007", "2008"]]


def test_several_targets_are_sent_by_name_and_only_where_all_are_known(api: Script, tmp_path: Path) -> None:
    answering(api, {"task": "regression", "names": ["a", "b"]})
    path = table(tmp_path, prediction_id=ids(2), a=[1.0, 2.0], b=[3.0, None])
    assert feedback(path, "--actual-column", "a", "--actual-column", "b").exit_code == 0
    assert sent(api) == [[{"a": 1.0, "b": 3.0}]]


def test_refused_outcomes_are_listed_by_row_with_exit_code_1(api: Script, tmp_path: Path) -> None:
    api.answers["/feedback"] = (207, all_are("recorded", "conflict", "invalid"))
    path = table(tmp_path, prediction_id=ids(4), actual=[None, "no", "yes", "no"])
    done = feedback(path)
    assert done.exit_code == 1
    assert "in conflict with an earlier report      1" in done.stdout
    [listed] = [line.split() for line in done.stdout.splitlines() if line.split()[-1:] == ["invalid"] and "-3" in line]
    assert listed[0] == "3"


def test_a_run_stopped_anywhere_continues_where_it_stopped(api: Script, tmp_path: Path) -> None:
    path = table(tmp_path, prediction_id=ids(10), actual=["no", "yes"] * 5)
    answer = all_are("accepted", "conflict")

    def failing(body: bytes) -> dict[str, Any]:
        if len(api.received["/feedback"]) == 2:
            api.answers["/feedback"] = (500, {"detail": "a defect", "code": "internal"})
        return answer(body)

    api.answers["/feedback"] = (207, failing)
    stopped = feedback(path, "--batch", "3")
    assert stopped.exit_code == 5
    assert "6 of 10 were sent; the same command continues there" in stopped.stderr
    api.answers["/feedback"] = (207, answer)
    api.received.clear()
    done = feedback(path, "--batch", "3", "--json")
    assert done.exit_code == 1
    assert "6 were sent before" in done.stderr
    assert sent(api) == [["no", "yes", "no"], ["yes"]]
    found = json.loads(done.stdout)
    assert (found["sent"], found["accepted"], found["conflict"]) == (10, 7, 3)
    assert [one["row"] for one in found["refused"]] == [1, 4, 7]
    api.received.clear()
    feedback(path)
    assert len(sent(api)[0]) == 10


def test_a_run_interrupted_by_ctrl_c_continues_where_it_stopped(
    api: Script, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = table(tmp_path, prediction_id=ids(4), actual=["no"] * 4)

    add = outcomes_file.Progress.add

    def interrupted(self: outcomes_file.Progress, *given: Any) -> None:
        add(self, *given)
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(outcomes_file.Progress, "add", interrupted)
        assert feedback(path, "--batch", "2").exit_code != 0
    api.received.clear()
    assert feedback(path).exit_code == 0
    assert sent(api) == [["no", "no"]]


def test_changed_content_starts_from_the_first_row(api: Script, tmp_path: Path) -> None:
    path = table(tmp_path, prediction_id=ids(3), actual=["no"] * 3)
    api.answers["/feedback"] = (500, {"detail": "a defect"})
    feedback(path, "--batch", "2")
    api.answers["/feedback"] = (200, all_are("accepted"))
    api.received.clear()
    assert feedback(table(tmp_path, prediction_id=ids(3), actual=["yes"] * 3)).exit_code == 0
    assert sent(api) == [["yes"] * 3]


@pytest.mark.parametrize(
    ("columns", "arguments", "said"),
    [
        ({"id": ["a"], "actual": ["no"]}, [], "truth.csv has no column 'prediction_id'"),
        ({"prediction_id": ["a", None], "actual": ["no", "yes"]}, [], "row 1, prediction_id: expected the id"),
        ({"prediction_id": ["a"], "actual": ["no"], "c": ["x" * 501]}, ["--comment-column", "c"], "at most 500"),
    ],
)
def test_a_file_that_does_not_fit_is_refused_before_anything_is_sent(
    api: Script, tmp_path: Path, columns: dict[str, list[Any]], arguments: list[str], said: str
) -> None:
    done = feedback(table(tmp_path, **columns), *arguments)
    assert done.exit_code != 0
    assert said in done.stderr
    assert sent(api) == []


@pytest.mark.parametrize("line", ["[]", '{"actual": 1}', "{", '"x"'])
def test_a_line_that_is_no_outcome_is_named(api: Script, tmp_path: Path, line: str) -> None:
    path = tmp_path / "truth.jsonl"
    path.write_text(f'{{"prediction_id": "a", "actual": "no"}}\n\n{line}\n')
    done = feedback(path)
    assert done.exit_code != 0
    assert "line 3 of truth.jsonl" in done.stderr
    assert sent(api) == []


def test_another_model_than_the_live_one_is_refused(api: Script, tmp_path: Path) -> None:
    done = feedback(table(tmp_path, prediction_id=ids(1), actual=["no"]), name="penguins")
    assert done.exit_code == 5
    assert "churn is live, not penguins" in done.stderr
    assert "`fairlead release penguins VERSION --switch-model` makes it live" in done.stderr


def test_a_file_reaches_the_ledger_through_the_real_intake_and_again_changes_nothing(
    api: Script, tmp_path: Path, shelf: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    here = Loop(shelf)
    path = table(tmp_path, prediction_id=[*ids(40), "junk"], actual=["no", "yes"] * 20 + ["no"])
    with monkeypatch.context() as patched:
        intake = ledger_fixture.load("intake", here.env("intake"), patched)

    def taken(body: bytes) -> Any:
        with contextlib.redirect_stdout(io.StringIO()):  # its log, while the command waits
            return json.loads(intake.handler(event("intake", body=body.decode()), context())["body"])

    api.answers["/feedback"] = (207, taken)

    first, again = (json.loads(feedback(path, "--batch", "16", "--json").stdout) for _ in range(2))

    assert (first["accepted"], first["invalid"]) == (40, 1)
    assert (again["duplicate"], again["invalid"]) == (40, 1)
    assert [one["row"] for one in again["refused"]] == [40]
    assert len(here.ledger.outcomes(request_id(1))) == 40
