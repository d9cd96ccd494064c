"""Files of this machine: found by a pattern, read by ranges, created once."""

import os
from pathlib import Path

import pytest

from fairlead.batch.files import LocalFiles, located, matching
from fairlead.batch.locations import open_results
from fairlead.errors import DataError, IntegrityError, NotFoundError, SettingsError

FILES = LocalFiles()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name in ("b.csv", "a.csv", "a[1].csv", "x.txt", "deep/a.csv", "deep/deeper/a.csv", "other/a.csv"):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("x\n1\n")
    return tmp_path


@pytest.mark.parametrize(
    ("pattern", "found"),
    [
        ("*.csv", ["a.csv", "a[1].csv", "b.csv"]),
        ("a.csv", ["a.csv"]),
        ("a[1].csv", ["a[1].csv"]),
        ("a[1]*", ["a[1].csv"]),
        ("*/a.csv", ["deep/a.csv", "other/a.csv"]),
        ("d*/*/*.csv", ["deep/deeper/a.csv"]),
    ],
)
def test_a_pattern_s_star_is_any_text_without_a_slash(folder: Path, pattern: str, found: list[str]) -> None:
    assert [key for key, _, _ in matching(FILES, f"{folder}/{pattern}")] == [f"{folder}/{name}" for name in found]


def test_one_file_is_found_without_a_walk_through_the_folders_beside_it(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(*_: object) -> None:
        raise AssertionError

    monkeypatch.setattr(os, "walk", refused)
    monkeypatch.setattr(Path, "rglob", refused)
    assert len(matching(FILES, f"{folder}/*.csv")) == 3


def test_no_match_and_empty_files_are_refused(folder: Path) -> None:
    with pytest.raises(NotFoundError, match="no input matches"):
        matching(FILES, f"{folder}/*.parquet")
    (folder / "empty.jsonl").touch()
    with pytest.raises(DataError, match="is empty"):
        matching(FILES, f"{folder}/*.jsonl")


def test_a_link_to_nothing_is_named_and_a_folder_of_that_ending_is_not_an_input(folder: Path) -> None:
    (folder / "folder.csv").mkdir()
    assert len(matching(FILES, f"{folder}/*.csv")) == 3
    (folder / "link.csv").symlink_to("nothing.csv")
    with pytest.raises(NotFoundError, match=r"link\.csv"):
        matching(FILES, f"{folder}/*.csv")


def test_a_file_that_changed_is_not_read(folder: Path) -> None:
    ((key, size, etag),) = matching(FILES, f"{folder}/b.csv")
    assert FILES.part(key, 0, size, etag=etag) == b"x\n1\n"
    assert FILES.part(key, 2, 3, etag=etag) == b"1"
    Path(key).write_text("x\n2\n")
    with pytest.raises(IntegrityError, match="changed after the job was planned"):
        FILES.part(key, 0, size, etag=etag)


@pytest.mark.parametrize(
    "text", ["gs://rows/*.csv", "S3://rows/*.csv", "s3:/rows/*.csv", "s3:///x.csv", "file:///x.csv"]
)
def test_a_place_of_another_kind_is_refused_and_is_no_folder(text: str) -> None:
    with pytest.raises(SettingsError) as caught:
        located(text, bucket=lambda _: FILES)
    assert "s3://BUCKET/PREFIX/" in caught.value.hint


@pytest.mark.parametrize("text", ["s3://rows/out*/", "scored/*"])
def test_an_output_is_no_pattern(text: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("fairlead.batch.locations.open_bucket", lambda _: FILES)
    with pytest.raises(SettingsError, match="one folder"):
        open_results(text)


def test_a_file_is_created_once_and_leaves_no_other(tmp_path: Path) -> None:
    key = f"{tmp_path}/new/file"
    assert FILES.put_new(key, b"1")
    assert not FILES.put_new(key, b"2")
    assert FILES.get(key) == b"1"
    assert list(FILES.keys(f"{tmp_path}/new/")) == [key]
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["file"]
    assert list(FILES.keys(f"{tmp_path}/nothing/")) == []


def test_processes_of_one_number_in_two_containers_do_not_take_each_others_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    key = f"{tmp_path}/file"
    others = iter([b"other"])

    def meanwhile(_: int) -> None:
        for data in others:
            assert FILES.put_new(key, data)

    monkeypatch.setattr(os, "fsync", meanwhile)
    assert not FILES.put_new(key, b"mine")
    assert FILES.get(key) == b"other"
