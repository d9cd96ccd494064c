"""`fairlead batch --local`: files in, one result a chunk out, as the endpoint answers, whatever is killed."""

import gzip
import json
from pathlib import Path

import msgspec
import numpy as np
import pandas as pd
import pytest

from fairlead.errors import EngineError
from fairlead.publishing.publish import Published
from fairlead.serving.model import assemble
from testkit import penguins
from tests.functional.batch.conftest import NAMES, ROWS, Write, numbers, read
from tests.functional.command_line import fairlead, result
from tests.functional.conftest import Store

pytestmark = pytest.mark.usefixtures("environment")


def results(summary: dict[str, str]) -> list[Path]:
    return sorted(Path(summary["results"], "results").iterdir())


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_results_have_every_row_in_order_with_the_endpoints_answers(
    ending: str, linear: Published, shelf: Store, write: Write, tmp_path: Path
) -> None:
    frame = numbers()
    write(f"one.{ending}", frame.iloc[:200])
    write(f"two.{ending}", frame.iloc[200:])

    done = result(
        "batch", "linear@1", "--input", tmp_path / f"in/*.{ending}", "--output", tmp_path / "out", "--local", 2
    )

    found = read(results(done))
    assert {name: done[name] for name in ("rows", "answered", "refused")} == {
        "rows": ROWS,
        "answered": ROWS,
        "refused": 0,
    }
    model = assemble(shelf.registry, linear.manifest, linear.sha256)
    expected = model.engine.answer(list(map(tuple, frame[NAMES].to_numpy().tolist())))
    assert list(found.columns) == ["key", "prediction_id", "label", "probabilities.no", "probabilities.yes", "error"]
    assert list(found["key"]) == list(frame["key"])
    assert list(found["label"]) == expected.labels
    shares = found[["probabilities.no", "probabilities.yes"]].to_numpy()
    assert np.allclose(shares, np.array(expected.probabilities), rtol=1e-12)
    assert found["prediction_id"].is_unique
    assert found["error"].isna().all()


@pytest.mark.parametrize("ending", ["csv", "jsonl", "parquet"])
def test_rows_of_categories_and_missing_values_are_answered_as_the_endpoint_does(
    ending: str, published: Published, shelf: Store, write: Write, tmp_path: Path
) -> None:
    frame = penguins.split()[1].drop(columns=penguins.TARGET)
    write(f"rows.{ending}", frame)

    done = result(
        "batch", "penguins@1", "--input", tmp_path / f"in/*.{ending}", "--output", tmp_path / "out", "--local", 1
    )

    model = assemble(shelf.registry, published.manifest, published.sha256)
    records = json.loads(frame.to_json(orient="records", double_precision=15))
    expected = model.engine.answer(model.rows(msgspec.json.encode({"instances": records})))
    assert list(read(results(done))["label"]) == expected.labels


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_version_on_the_sklearn_engine_answers_as_the_endpoint_does(
    ending: str, neighbours: Published, shelf: Store, write: Write, tmp_path: Path
) -> None:
    frame = numbers(250)
    write(f"rows.{ending}", frame.assign(a=[*frame["a"][:-1], float("nan")]))

    done = result(
        "batch", "neighbours@1", "--input", tmp_path / f"in/*.{ending}", "--output", tmp_path / "out", "--local", 2
    )

    found = read(results(done))
    model = assemble(shelf.registry, neighbours.manifest, neighbours.sha256)
    expected = model.engine.answer(list(map(tuple, frame[NAMES][:-1].to_numpy().tolist())))
    assert (neighbours.manifest.engine.name, done["rows"], done["refused"]) == ("sklearn", 250, 1)
    assert list(found["label"][:-1]) == expected.labels
    assert found["error"].iloc[-1].startswith("a: expected a finite number")


def test_wrong_rows_have_their_reason_and_stay_in_place(linear: Published, tmp_path: Path) -> None:
    table = tmp_path / "rows.csv"
    table.write_text('key,a,b,c\n1,1,2,3\n2,x,,3\n3,1,2\n4,1e999,2,3\n"5\n5",.5,+2,3.0\n')

    done = result("batch", "linear@1", "--input", table, "--output", tmp_path / "out", "--local", 1)

    found = read(results(done)).replace({np.nan: None})
    assert (done["rows"], done["answered"], done["refused"]) == (5, 2, 3)
    assert [label is None for label in found["label"]] == [False, True, True, True, False]
    assert list(found["key"]) == ["1", "2", "3", "4", "5\n5"]
    assert found["error"][1] == (
        'a: expected a finite number between ±3.4e+38, got "x"; '
        "b: expected a finite number between ±3.4e+38, got nothing"
    )
    assert found["error"][2] == "line 3 after the header: the row has 3 values, the header 4"
    assert found["error"][3].startswith("a: expected a finite number")


def test_wrong_lines_of_json_have_their_reason(linear: Published, tmp_path: Path) -> None:
    table = tmp_path / "rows.jsonl"
    table.write_text('{"a":1,"b":2,"c":3}\n{"a":1,"b":\n[1]\n\n{"a":"1","b":2,"c":true}\n{"b":2,"c":1}')

    done = result("batch", "linear@1", "--input", table, "--output", tmp_path / "out", "--local", 1)

    errors = [json.loads(line)["error"] for line in results(done)[0].read_text().splitlines()]
    assert (done["rows"], done["refused"]) == (5, 4)
    assert errors[0] is None
    assert errors[1].startswith("line 2: the line is not JSON: ")
    assert errors[2] == "line 3: the line is not an object: an array"
    assert [one.partition(" expected")[0] for one in errors[3].split("; ")] == ["a:", "c:"]
    assert errors[4].endswith("got nothing")


def test_a_second_run_computes_nothing_and_says_the_same(linear: Published, write: Write, tmp_path: Path) -> None:
    write("rows.csv", numbers())
    command = ("batch", "linear@1", "--input", tmp_path / "in/*.csv", "--output", tmp_path / "out", "--local", 1)
    first = result(*command)

    def times() -> dict[Path, int]:
        return {path: path.stat().st_mtime_ns for path in (tmp_path / "out").rglob("*.*")}

    before = times()

    assert result(*command) == first
    assert times() == before


def test_manifest_has_counts_that_add_up(linear: Published, write: Write, tmp_path: Path) -> None:
    write("one.parquet", numbers(250))
    write("two.parquet", numbers(30))
    done = result("batch", "linear@1", "--input", tmp_path / "in/*.parquet", "--output", tmp_path / "out", "--local", 1)

    manifest = json.loads(Path(done["results"], "manifest.json").read_bytes())
    assert [one["rows"] for one in manifest["inputs"]] == [250, 30]
    assert manifest["rows"] == sum(one["rows"] for one in manifest["results"]) == 280
    assert manifest["digest"] == linear.sha256


def test_inputs_and_results_may_be_on_s3(linear: Published, shelf: Store, tmp_path: Path) -> None:
    shelf.client.put_object(Bucket=shelf.env["FAIRLEAD_BUCKET"], Key="rows/1.csv", Body=numbers(50).to_csv(index=False))
    place = f"s3://{shelf.env['FAIRLEAD_BUCKET']}"

    done = result("batch", "linear@1", "--input", f"{place}/rows/*.csv", "--output", f"{place}/scored/", "--local", 1)

    key = f"{done['results'].removeprefix(place + '/')}results/000000.csv"
    found = pd.read_csv(shelf.client.get_object(Bucket=shelf.env["FAIRLEAD_BUCKET"], Key=key)["Body"])
    assert (len(found), done["rows"]) == (50, 50)


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_estimate_says_rows_and_minutes_and_writes_no_result(
    ending: str, linear: Published, write: Write, tmp_path: Path
) -> None:
    write(f"rows.{ending}", numbers(20_000))
    said = result(
        *("batch", "linear@1", "--input", tmp_path / f"in/*.{ending}", "--output", tmp_path / "out"),
        *("--local", 2, "--estimate"),
    )
    assert abs(said["rows"] - 20_000) < 200
    assert said["exact"] == (ending == "parquet")
    assert said["rows_per_second"] > 100
    assert not list((tmp_path / "out").rglob("results"))


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (["linear@9", "--input", "in/*.csv"], 6, "model 'linear' has no version 9"),
        (["linear@x", "--input", "in/*.csv"], 2, "'x' is no version"),
        (["linear@1", "--input", "in/*.txt"], 2, "ends with none of .csv, .jsonl, .parquet"),
        (["linear@1", "--input", "in/rows.csv.gz"], 2, "a compressed file cannot be cut"),
        (["linear@1", "--input", "nothing/*.csv"], 6, "no input matches"),
        (["linear@1", "--input", "in/*.jsonl"], 3, "in/rows.jsonl is compressed with gzip"),
        (["linear@1", "--input", "in/lacks/packed.csv"], 3, "packed.csv is compressed with gzip"),
        (["linear@1", "--input", "in/*.csv", "--keep", "nope"], 3, "has no column 'nope' to keep"),
        (["linear@1", "--input", "in/lacks/rows.csv"], 3, "lacks the column 'a'"),
        (["linear@1", "--input", "gs://rows/*.csv"], 2, "is no place that Fairlead reads or writes"),
    ],
)
def test_wrong_options_are_refused_with_the_next_step(
    arguments: list[str],
    code: int,
    said: str,
    linear: Published,
    write: Write,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    write("rows.csv", numbers(5))
    (tmp_path / "in/lacks").mkdir()
    for packed in ("rows.jsonl", "lacks/packed.csv"):
        (tmp_path / "in" / packed).write_bytes(gzip.compress(b'{"a":1,"b":2,"c":3}'))
    (tmp_path / "in/lacks/rows.csv").write_text("b,c\n1,2\n")
    monkeypatch.chdir(tmp_path)
    done = fairlead("batch", *arguments, "--output", "out", "--local", 1)
    assert done.exit_code == code
    assert said in done.stderr
    assert "hint: " in done.stderr


@pytest.mark.parametrize(("before", "name"), [(0, "label"), (1, "error"), (10_000, "probabilities.no")])
def test_json_lines_with_a_column_that_results_have_are_refused_instead_of_losing_it(
    before: int, name: str, linear: Published, tmp_path: Path
) -> None:
    table = tmp_path / "rows.jsonl"
    table.write_text('{"a":1,"b":2,"c":3}\n' * before + f'{{"a":1,"b":2,"c":3,"{name}":"mine"}}\n')
    command = ("batch", "linear@1", "--input", table, "--output", tmp_path / "out", "--local", 1)

    done = fairlead(*command)

    assert done.exit_code == 5
    assert f"the input has a column {name!r}" in done.stderr
    assert result(*command, "--keep", "")["answered"] == before + 1


def test_an_estimate_of_rows_that_are_blank_lines_is_zero(linear: Published, tmp_path: Path) -> None:
    table = tmp_path / "rows.csv"
    table.write_text("a,b,c\n\n\n")
    said = result("batch", "linear@1", "--input", table, "--output", tmp_path / "out", "--local", 1, "--estimate")
    assert (said["rows"], said["chunks"]) == (0, 1)


def test_a_version_that_cannot_be_loaded_here_is_refused_before_any_chunk(
    linear: Published, shelf: Store, write: Write, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write("rows.csv", numbers(5))

    def refuse(*_: object) -> None:
        raise EngineError("the estimator can only be loaded with the layer's versions")

    monkeypatch.setattr("fairlead.batch.local_job.loaded", refuse)
    done = fairlead("batch", "linear@1", "--input", tmp_path / "in/*.csv", "--output", tmp_path / "out", "--local", 1)
    assert done.exit_code == 3
    assert "layer's versions" in done.stderr
    assert not list(tmp_path.rglob("failures"))
