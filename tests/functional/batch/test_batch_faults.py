"""`fairlead batch --local` on damaged results, on inputs with faults, and on places that do not exist."""

import json
from pathlib import Path
from typing import Any

import pytest

from fairlead.batch.executions import Progress
from fairlead.batch.files import LocalFiles
from fairlead.batch.job import Names
from fairlead.batch.locations import Bucket
from fairlead.errors import StorageError
from tests.functional.batch.conftest import Write, numbers
from tests.functional.command_line import fairlead, result
from tests.functional.conftest import Store

pytestmark = pytest.mark.usefixtures("environment", "linear")
Command = tuple[object, ...]


def command(table: Path, *options: object) -> Command:
    return ("batch", "linear@1", "--input", table, "--output", table.parent / "out", "--local", 1, *options)


def result_of(summary: dict[str, Any]) -> Path:
    return next(Path(summary["results"], "results").iterdir())


def test_rerun_with_a_result_that_is_gone_makes_it_again(write: Write) -> None:
    ran = command(write("rows.csv", numbers(5)))
    first = result(*ran)
    made = result_of(first)
    before = made.read_bytes()
    made.unlink()

    assert result(*ran) == first
    assert made.read_bytes() == before


@pytest.mark.parametrize("damage", [lambda data: data[:-9], lambda data: data.replace(b"k1", b"kX")])
def test_rerun_with_a_damaged_result_is_refused_with_the_command_that_removes_it(damage: Any, write: Write) -> None:
    ran = command(write("rows.csv", numbers(5)))
    made = result_of(result(*ran))
    made.write_bytes(damage(made.read_bytes()))

    done = fairlead(*ran)

    assert done.exit_code == 1
    assert f"{made} is not the file that the job wrote" in done.stderr
    assert f"rm {made}" in done.stderr


def test_rerun_with_an_object_that_was_replaced_by_one_of_its_size_is_refused(write: Write, shelf: Store) -> None:
    bucket = shelf.env["FAIRLEAD_BUCKET"]
    ran = (*command(write("rows.csv", numbers(5)))[:4], "--output", f"s3://{bucket}/replaced/", "--local", 1)
    made = result(*ran)["results"].removeprefix(f"s3://{bucket}/") + "results/000000.csv"
    data = shelf.client.get_object(Bucket=bucket, Key=made)["Body"].read()
    for again, code in ((data, 0), (data.replace(b"k1", b"kX"), 1)):
        shelf.client.put_object(Bucket=bucket, Key=made, Body=again)
        done = fairlead(*ran)
        assert done.exit_code == code
    assert f"{made} is not the file that the job wrote" in done.stderr


def test_a_missing_plan_is_found_by_a_list_because_s3_may_answer_403(write: Write, monkeypatch: Any) -> None:
    """A role that may list one folder has no right to list when it asks for an object: S3 hides that it is missing."""
    read = LocalFiles.get

    def hidden(files: LocalFiles, key: str) -> bytes:
        if not Path(key).exists():
            raise StorageError(f"could not read {key} (s3:GetObject): AccessDenied")
        return read(files, key)

    monkeypatch.setattr(LocalFiles, "get", hidden)
    table = write("rows.csv", numbers(5))

    assert Progress(LocalFiles(), Names(f"{table.parent}/", "none")).done() == 0
    assert result(*command(table))["rows"] == 5


def test_rerun_with_damaged_files_of_the_job_names_them_and_the_command_that_removes_the_job(write: Write) -> None:
    ran = command(write("rows.csv", numbers(5)))
    first = result(*ran)
    for name in ("plan.json", "chunks.json", "records/000000.json"):
        path = Path(first["results"], name)
        before = path.read_bytes()
        for damage in (b"", before[:-9], b"[]"):
            path.write_bytes(damage)
            done = fairlead(*ran)
            assert (done.exit_code, f"{path} is damaged" in done.stderr) == (1, True), (name, damage, done.stderr)
            assert f"rm -r {path.parents[name.count('/')]}" in done.stderr
        path.write_bytes(before)
    assert result(*ran) == first


@pytest.mark.parametrize("output", [".", "x/..", "link"])
def test_results_that_the_pattern_of_inputs_matches_are_refused_before_they_are_written(
    write: Write, output: str
) -> None:
    folder = write("x/y/rows.csv", numbers(5)).parents[2]
    (folder / "link").symlink_to(folder)
    done = fairlead("batch", "linear@1", "--input", folder / "*/*/*.csv", "--output", folder / output, "--local", 1)
    assert done.exit_code == 2
    assert "the results would be inputs of the next run" in done.stderr
    assert "hint: " in done.stderr
    assert [path.name for path in folder.rglob("*.*")] == ["rows.csv"]


def test_a_parquet_file_with_a_damaged_footer_is_named(tmp_path: Path) -> None:
    table = tmp_path / "rows.parquet"
    table.write_bytes(b"PAR1" + b"x" * 100 + (90).to_bytes(4, "little") + b"PAR1")
    done = fairlead(*command(table))
    assert done.exit_code == 3
    assert f"{table} cannot be read as Parquet: " in done.stderr


def test_a_large_plan_is_read_in_a_folder_whose_name_the_registry_has_too(shelf: Store) -> None:
    bucket = Bucket(shelf.client, shelf.env["FAIRLEAD_BUCKET"])
    plan = b" " * 200_000
    bucket.put_new("journal/of/batch/chunks.json", plan)
    assert bucket.get("journal/of/batch/chunks.json") == plan


def test_a_row_of_many_lines_is_named_in_a_warning(tmp_path: Path) -> None:
    table = tmp_path / "rows.csv"
    table.write_text("key,a,b,c\n1,1,2,3\n" + '2,"1,2,3\n' + "3,1,2,3\n" * 100)

    done = fairlead(*command(table))

    assert done.exit_code == 0
    assert "2 rows by linear" in done.stdout
    assert "a refused row spans 101 lines" in done.stderr


def test_a_column_that_no_input_has_is_said_once(tmp_path: Path) -> None:
    table = tmp_path / "rows.jsonl"
    table.write_text('{"key":1,"A":1,"b":2}\n' * 3)

    done = fairlead(*command(table))

    assert done.stderr.count("no input has the columns a, c") == 1
    manifest = json.loads(next(tmp_path.rglob("manifest.json")).read_bytes())
    assert manifest["missing_columns"] == ["a", "c"]


def test_inputs_without_any_column_of_the_model_are_refused(tmp_path: Path) -> None:
    table = tmp_path / "rows.jsonl"
    table.write_text('{"A":1,"B":2}\n' * 3)

    done = fairlead(*command(table))

    assert done.exit_code == 5
    assert "none of the model's columns" in done.stderr


def test_one_row_is_not_plural_and_a_local_estimate_has_no_dollars(write: Write) -> None:
    ran = command(write("rows.csv", numbers(1)))
    assert "dollars" not in fairlead(*ran, "--estimate").stdout
    assert fairlead(*ran).stdout.startswith("1 row by ")


def test_an_output_that_is_a_file_is_refused_with_the_next_step(write: Write) -> None:
    table = write("rows.csv", numbers(1))
    done = fairlead("batch", "linear@1", "--input", table, "--output", table, "--local", 1)
    assert done.exit_code == 2
    assert f"{table} is a file" in done.stderr
    assert "hint: " in done.stderr


@pytest.mark.parametrize("option", ["--input", "--output"])
def test_a_bucket_that_does_not_exist_is_named(option: str, write: Write) -> None:
    place = {"--input": write("rows.csv", numbers(1)), "--output": "out"} | {option: "s3://no-such-bucket-7/in/x.csv"}
    done = fairlead("batch", "linear@1", *[text for pair in place.items() for text in pair], "--local", 1)
    assert done.exit_code == 2
    assert "bucket no-such-bucket-7 does not exist" in done.stderr
    assert "FAIRLEAD_BUCKET" not in done.stderr
