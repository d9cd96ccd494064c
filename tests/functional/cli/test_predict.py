"""`fairlead predict` from its arguments to its output, against an API on loopback."""

import json
import re
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from tests.functional.command_line import fairlead, result, rows
from tests.functional.loopback_api import Script


def test_predict_sends_the_signatures_columns_and_prints_the_answers(api: Script, tmp_path: Path) -> None:
    path = rows(tmp_path, "plan,x,zone,y\nbasic,1.5,1,no\nplus,,2,yes\nplus,2,2,yes\n")

    answer = result("predict", "churn", "--data", path)
    done = fairlead("predict", "churn", "--data", path)

    # two requests at the same time: the API answers at most two rows at once
    received = sorted((body["instances"] for body in api.received["/versions/3/predict"][:2]), key=len, reverse=True)
    assert [len(part) for part in received] == [2, 1]
    assert [row for part in received for row in part] == [
        {"x": 1.5, "zone": 1, "plan": "basic"},
        {"x": None, "zone": 2, "plan": "plus"},
        {"x": 2.0, "zone": 2, "plan": "plus"},
    ]
    assert (answer["release"], len(answer["predictions"])) == ("14", 3)
    assert "does not take them: y" in done.stderr
    assert done.stdout.splitlines()[0].startswith("churn version 3, release 14, sha256:aaaa")
    assert [line.split() for line in done.stdout.splitlines()[1:3]] == [
        ["row", "label", "probability"],
        ["0", "yes", "0.7500"],
    ]


def test_predict_sends_only_the_first_rows_on_request(api: Script, tmp_path: Path) -> None:
    path = rows(tmp_path, "plan,x,zone\n" + "basic,1,1\n" * 9)

    assert len(result("predict", "churn", "--data", path, "--limit", 1)["predictions"]) == 1
    assert api.received["/versions/3/predict"] == [{"instances": [{"x": 1.0, "zone": 1, "plan": "basic"}]}]


def test_predict_names_wrong_values_by_row_of_the_file(api: Script, tmp_path: Path) -> None:
    wrong = {"row": 1, "field": "plan", "expected": "one of basic, plus", "got": "gold"}
    api.answers["/versions/3/predict"] = (
        422,
        {"detail": "1 value is wrong", "code": "invalid_instances", "errors": [wrong]},
    )
    path = rows(tmp_path, "plan,x,zone\nbasic,1,1\ngold,1,1\n")

    done = fairlead("predict", "churn", "--data", path)

    assert (done.exit_code, done.stdout) == (5, "")
    assert "row 1, plan: expected one of basic, plus, got gold" in done.stderr


def test_predict_refuses_infinity_before_sending(api: Script, tmp_path: Path) -> None:
    done = fairlead("predict", "churn", "--data", rows(tmp_path, "plan,x,zone\nbasic,inf,1\n"))

    assert done.exit_code == 3
    assert "row 0, x: JSON has no infinity" in done.stderr
    assert "/versions/3/predict" not in api.received


def test_predict_takes_answers_of_two_releases_that_serve_one_version(api: Script, tmp_path: Path) -> None:
    answer, releases = api.answers["/versions/3/predict"][1], iter(["14", "15"] * 2)
    api.answers["/versions/3/predict"] = (200, lambda body: answer(body) | {"release": next(releases)})
    path = rows(tmp_path, "plan,x,zone\n" + "basic,1,1\n" * 3)

    assert sorted(result("predict", "churn", "--data", path)["releases"]) == ["14", "15"]
    said = fairlead("predict", "churn", "--data", path).stdout
    assert re.search(r"churn version 3, release (14 and 15|15 and 14), sha256:", said)


def test_predict_starts_again_with_the_version_that_every_release_knows(api: Script, tmp_path: Path) -> None:
    """The canary's release answers `GET /model`, the release before does not know version 4."""
    described, identity = api.answers["/model"][1], {"version": 3, "digest": "sha256:" + "a" * 64}
    api.answers["/model"] = (200, described | {"version": 4, "digest": "sha256:" + "b" * 64})
    unknown = {"detail": "churn version 4 is not released; live is 3", "code": "no_such_version", "versions": [3, 1]}
    api.answers["/versions/4/predict"] = (404, unknown)
    api.answers["/versions/3"] = (200, described | identity)

    done = fairlead("predict", "churn", "--data", rows(tmp_path, "plan,x,zone\nbasic,1,1\n"), "--json")

    assert json.loads(done.stdout)["version"] == 3
    assert "using version 3" in done.stderr


def test_predict_keeps_its_version_while_a_canary_begins_and_ends(api: Script, tmp_path: Path) -> None:
    """GIVEN five batches, WHEN version 4's canary begins after the first and is live after the third, THEN 3 answers.

    Release 15 serves version 4 and keeps version 3 pinned, as every release keeps the version before.
    """
    described, by_three = api.answers["/model"][1], api.answers["/versions/3/predict"][1]
    four = {"version": 4, "digest": "sha256:" + "b" * 64, "release": "15"}
    batches = iter([("14", 3), ("15", 3), ("14", 3), ("15", 4), ("15", 4)])

    def live_moves(body: bytes) -> dict[str, Any]:
        release, live = next(batches)
        if live == 4:
            api.answers["/model"] = (200, described | four)
        answer: dict[str, Any] = by_three(body) | {"release": release}
        return answer

    api.answers["/versions/3/predict"] = (200, live_moves)
    for path in ("/predict", "/versions/4/predict"):
        api.answers[path] = (200, lambda body: by_three(body) | four)
    table, out = rows(tmp_path, "plan,x,zone\n" + "basic,1,1\n" * 9), tmp_path / "out.csv"

    summary = result("predict", "churn", "--data", table, "--output", out)

    assert (summary["version"], summary["digest"], summary["rows"]) == (3, "sha256:" + "a" * 64, 9)
    assert sorted(summary["releases"]) == ["14", "15"]
    assert len(pd.read_csv(out)) == 9
    assert next(batches, None) is None
    assert set(api.received) == {"/model", "/versions/3/predict"}


def test_predict_of_a_version_asks_only_that_version(api: Script, tmp_path: Path) -> None:
    described, answer = api.answers["/model"][1], api.answers["/versions/3/predict"][1]
    api.answers["/versions/2"] = (200, described | {"version": 2})
    api.answers["/versions/2/predict"] = (200, lambda body: answer(body) | {"version": 2})
    path = rows(tmp_path, "plan,x,zone\nbasic,1,1\n")

    assert result("predict", "churn", "--data", path, "--version", 2)["version"] == 2
    unknown = {"detail": "churn has no version 9", "code": "no_such_version", "versions": [3, 2]}
    api.answers["/versions/9"] = (404, unknown)
    refused = fairlead("predict", "churn", "--data", path, "--version", 9)
    assert (refused.exit_code, refused.stdout) == (5, "")
    assert "churn has no version 9" in refused.stderr


@pytest.mark.parametrize("name", ["out.csv", "out.csv.gz", "out.parquet", "out.jsonl"])
def test_predict_writes_ids_and_input_columns_beside_answers(api: Script, tmp_path: Path, name: str) -> None:
    path = rows(tmp_path, "plan,x,zone,y\nbasic,1.5,1,no\nplus,,2,yes\nplus,2,2,yes\n")
    read = {"out.parquet": pd.read_parquet, "out.jsonl": partial(pd.read_json, lines=True)}.get(name, pd.read_csv)

    done = fairlead("predict", "churn", "--data", path, "--output", tmp_path / name)

    written = read(tmp_path / name)
    columns = ["prediction_id", "label", "probabilities.no", "probabilities.yes"]
    assert list(written.columns) == ["plan", "x", "zone", "y", *columns]
    assert written["y"].tolist() == ["no", "yes", "yes"]
    assert written["x"].isna().tolist() == [False, True, False]
    assert written["label"].tolist() == ["yes"] * 3
    assert f"{name}: 3 rows by churn version 3, release 14" in done.stdout
    assert sorted(file.name for file in tmp_path.iterdir()) == sorted(["rows.csv", name])


def test_predict_that_fails_half_way_leaves_the_file_that_was_there(api: Script, tmp_path: Path) -> None:
    answer = api.answers["/versions/3/predict"][1]

    def full_or_odd(body: bytes) -> dict[str, Any]:
        found: dict[str, Any] = answer(body)
        return found if len(found["predictions"]) == 2 else {"predictions": "?"}

    api.answers["/versions/3/predict"] = (200, full_or_odd)
    path = rows(tmp_path, "plan,x,zone\n" + "basic,1,1\n" * 3)
    (tmp_path / "out.csv").write_text("kept")

    done = fairlead("predict", "churn", "--data", path, "--output", tmp_path / "out.csv")

    assert done.exit_code != 0
    assert (tmp_path / "out.csv").read_text() == "kept"
    assert sorted(file.name for file in tmp_path.iterdir()) == [
        ".out.csv.part",
        ".out.csv.part.json",
        "out.csv",
        "rows.csv",
    ]
    assert "2 rows are kept: the same command with --resume continues there" in done.stderr


def test_predict_of_refused_rows_leaves_no_part(api: Script, tmp_path: Path) -> None:
    """The rows must change, so the run cannot be continued."""
    answer, bodies = api.answers["/versions/3/predict"][1], iter([True, False])
    path = rows(tmp_path, "plan,x,zone\n" + "basic,1,1\n" * 2 + "basic,inf,1\n")
    api.answers["/versions/3/predict"] = (200, lambda body: answer(body) if next(bodies) else {})

    done = fairlead("predict", "churn", "--data", path, "--output", tmp_path / "out.csv")

    assert "row 2, x: JSON has no infinity" in done.stderr
    assert [file.name for file in tmp_path.iterdir()] == ["rows.csv"]


def test_predict_refuses_an_output_of_no_known_kind_before_it_asks(api: Script, tmp_path: Path) -> None:
    path = rows(tmp_path, "plan,x,zone\nbasic,1,1\n")

    done = fairlead("predict", "churn", "--data", path, "--output", tmp_path / "out.xlsx")

    assert done.exit_code == 2
    assert ".parquet" in done.stderr
    assert api.received == {}


@pytest.mark.parametrize("name", ["rows.csv", "./rows.csv", "link.csv"])
def test_predict_does_not_write_over_its_rows(api: Script, tmp_path: Path, name: str) -> None:
    path = rows(tmp_path, "plan,x,zone\nbasic,1,1\n")
    (tmp_path / "link.csv").symlink_to(path)
    before = path.read_bytes()

    done = fairlead("predict", "churn", "--data", path, "--output", f"{tmp_path}/{name.replace('rows.csv', path.name)}")

    assert done.exit_code == 2
    assert "is the file of --data" in done.stderr
    assert path.read_bytes() == before
    assert api.received == {}


@pytest.mark.parametrize(
    ("prediction", "columns"),
    [
        ({"value": 2.5}, {"value": 2.5}),
        ({"value": {"width": 1, "height": 2}}, {"width": 1, "height": 2}),
        ({"label": -1, "score": -0.5}, {"label": -1, "score": -0.5}),
        ({"label": 4}, {"label": 4}),
    ],
)
def test_predict_prints_every_kind_of_answer(
    api: Script, tmp_path: Path, prediction: dict[str, Any], columns: dict[str, Any]
) -> None:
    answer = api.answers["/versions/3/predict"][1]
    api.answers["/versions/3/predict"] = (200, lambda body: answer(body) | {"predictions": [{"id": "1", **prediction}]})

    printed = fairlead("predict", "churn", "--data", rows(tmp_path, "plan,x,zone\nbasic,1,1\n")).stdout.splitlines()

    assert printed[1].split() == ["row", *columns]
    assert printed[2].split() == ["0", *(str(value) for value in columns.values())]


def test_predict_for_a_model_that_is_not_live_says_which_one_is(api: Script, tmp_path: Path) -> None:
    done = fairlead("predict", "penguins", "--data", rows(tmp_path, "x\n1\n"))

    assert done.exit_code == 5
    assert "churn is live, not penguins" in done.stderr
    assert "`fairlead release penguins VERSION --switch-model` makes it live" in done.stderr


def test_predict_prints_the_fields_that_move_each_prediction_most(api: Script, tmp_path: Path) -> None:
    answer = api.answers["/versions/3/predict"][1]
    contributions = {"x": 0.02, "zone": -0.2, "plan": 0.3}
    reasons = {"explanation": {"output": "yes", "base": 0.63, "contributions": contributions}}
    api.answers["/versions/3/predict"] = (
        200,
        lambda body: (
            (found := answer(body)) | {"predictions": [one | reasons for one in found["predictions"]]}
            if "parameters" in json.loads(body)
            else answer(body)
        ),
    )
    path = rows(tmp_path, "plan,x,zone\nbasic,1,1\n")

    done = fairlead("predict", "churn", "--data", path, "--explain")
    fairlead("predict", "churn", "--data", path, "--explain", "--output", tmp_path / "out.csv")

    assert "plan +0.3, zone -0.2, x +0.02" in done.stdout
    written = pd.read_csv(tmp_path / "out.csv")
    assert written["explanation.contributions.plan"].tolist() == [0.3]
    assert written["explanation.base"].tolist() == [0.63]
