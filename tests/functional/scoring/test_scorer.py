"""fairlead.scorer: batches in the caller's process get the endpoint's answers; other processes get it by a pickle."""

import json
import os
import pickle
import subprocess
import sys
from typing import Any

import pandas as pd
import pyarrow as pa
import pytest

import fairlead
from fairlead.errors import DataError, InstancesError, IntegrityError, NotFoundError, SettingsError
from fairlead.publishing.publish import Published
from fairlead.registry.retirements import Retirement, retire
from fairlead.scoring import scorer as module
from fairlead.scoring.scorer import Scorer, scorer
from testkit import penguins
from testkit.lambda_context import context, event
from tests.functional.conftest import Load, Store
from tests.functional.monitored import another, stocked

PROGRAM = """
import pickle, sys
import pandas as pd
from fairlead.scoring import scorer as module
score, frames = pickle.load(sys.stdin.buffer)
found = [score(frame) for frame in frames]
pickle.dump((len(module._loaded), found), sys.stdout.buffer)
"""


@pytest.fixture
def here(shelf: Store, published: Published, monkeypatch: pytest.MonkeyPatch) -> Store:
    """The account of the store that has the penguins."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "FAIRLEAD_"))]:
        monkeypatch.delenv(name)
    for name, value in shelf.env.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    return shelf


@pytest.fixture
def score(here: Store, published: Published) -> Scorer:
    return scorer("penguins", published.manifest.version)


@pytest.fixture
def rows() -> pd.DataFrame:
    """Held-out rows on an index of their own, with a column that the model does not take."""
    _, held_out = penguins.split()
    frame = held_out.drop(columns=penguins.TARGET)
    return frame.assign(ring=[f"r{place}" for place in range(len(frame))])


def answered(load_app: Load, store: Store, published: Published, frame: pd.DataFrame) -> list[dict[str, Any]]:
    """The endpoint's predictions."""
    app = load_app(store.released(published))
    instances = json.loads(frame.drop(columns="ring").to_json(orient="records", double_precision=15))
    answer = app.handler(event("predict", body=json.dumps({"instances": instances})), context())
    return list(json.loads(answer["body"])["predictions"])


def test_a_frame_gets_the_endpoint_s_labels_and_probabilities_and_keeps_its_columns(
    score: Scorer, rows: pd.DataFrame, here: Store, published: Published, load_app: Load
) -> None:
    found = score(rows)

    expected = answered(load_app, here, published, rows)
    assert list(found.columns) == [*rows.columns, *score.columns]
    assert list(found.index) == list(rows.index)
    assert found["label"].tolist() == [one["label"] for one in expected]
    for name in ("Adelie", "Chinstrap", "Gentoo"):
        assert found[f"probabilities.{name}"].tolist() == [one["probabilities"][name] for one in expected]


def test_arrow_tables_and_record_batches_get_the_same(score: Scorer, rows: pd.DataFrame) -> None:
    table = pa.Table.from_pandas(rows, preserve_index=False)
    [batch] = table.combine_chunks().to_batches()
    expected = score(rows)[list(score.columns)].to_dict("list")

    for given in (table, batch):
        found = score(given)
        assert type(found) is type(given)
        assert found.select(list(score.columns)).to_pydict() == expected


def test_another_process_gets_it_by_a_pickle_and_loads_once(score: Scorer, rows: pd.DataFrame) -> None:
    given = pickle.dumps((score, [rows.head(3), rows.tail(4)]))
    assert len(pickle.dumps(score)) < 1_000

    done = subprocess.run([sys.executable, "-c", PROGRAM], input=given, capture_output=True, check=False)

    assert done.returncode == 0, done.stderr.decode()
    loaded, found = pickle.loads(done.stdout)
    assert loaded == 1
    pd.testing.assert_frame_equal(pd.concat(found), pd.concat([score(rows.head(3)), score(rows.tail(4))]))


def test_a_batch_without_rows_has_the_columns_with_their_types(score: Scorer, rows: pd.DataFrame) -> None:
    """Dask asks for such a one, and Spark's partitions may be empty."""
    full, empty = score(rows), score(rows.head(0))
    assert empty.dtypes.to_dict() == full.dtypes.to_dict()
    table = pa.Table.from_pandas(rows, preserve_index=False)
    assert score(table.slice(0, 0)).schema == score(table).schema
    assert score.ddl.startswith("`label` string, `probabilities.Adelie` double, ")


def test_a_wrong_value_names_row_and_field_and_a_later_block_its_beginning(
    score: Scorer, rows: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "BLOCK", 10)
    wrong = rows.astype({"bill_length_mm": object}).reset_index(drop=True)
    wrong.loc[12, "bill_length_mm"] = "long"

    with pytest.raises(InstancesError, match="row 2, field 'bill_length_mm'") as caught:
        score(wrong)
    assert "rows are counted from row 10 of the batch" in caught.value.__notes__


def test_other_batches_and_columns_with_a_prediction_s_name_are_refused(score: Scorer, rows: pd.DataFrame) -> None:
    with pytest.raises(DataError, match="the batch is a list"):
        score([{"island": "Dream"}])
    with pytest.raises(DataError, match="has a column 'label' already"):
        score(rows.assign(label=1))


def test_an_unknown_and_a_retired_version_are_refused(here: Store, published: Published, s3_url: str) -> None:
    with pytest.raises(NotFoundError, match="has no version 99"):
        scorer("penguins", 99)
    with pytest.raises(NotFoundError, match="there is no model 'whales'"):
        scorer("whales", 1)
    own = stocked(s3_url, here)
    another(own, published)
    gone = Retirement(model="penguins", version=1, retired=None, retired_by="ada", reason="old")
    retire(own.registry, gone)
    with pytest.raises(SettingsError, match="penguins version 1 is retired"):
        scorer("penguins", 1, bucket=own.env["FAIRLEAD_BUCKET"])


def test_a_manifest_that_changed_since_is_refused(score: Scorer, rows: pd.DataFrame) -> None:
    other = Scorer(score._where, score.model, score.version, "sha256:" + "0" * 64, score.columns)
    with pytest.raises(IntegrityError, match="expected sha256:0000"):
        other(rows)


def test_the_package_offers_it() -> None:
    assert fairlead.scorer is scorer


@pytest.mark.parametrize("value", [float("inf"), float("-inf")])
def test_an_infinity_is_refused_also_where_a_value_may_be_missing(
    score: Scorer, rows: pd.DataFrame, value: float
) -> None:
    rows = rows.assign(bill_length_mm=value)
    for batch in (rows, pa.Table.from_pandas(rows)):
        with pytest.raises(InstancesError, match="row 0, field 'bill_length_mm': expected a finite number"):
            score(batch)


@pytest.mark.parametrize("version", ["1", True, 1.0, 0])
def test_a_version_that_is_no_number_of_one_is_refused(here: Store, version: Any) -> None:
    with pytest.raises(SettingsError, match="is no version"):
        scorer("penguins", version)


def test_an_arrow_table_with_a_name_twice_is_refused(score: Scorer, rows: pd.DataFrame) -> None:
    table = pa.Table.from_pandas(rows)
    twice = table.append_column("bill_length_mm", table["bill_length_mm"])
    with pytest.raises(DataError, match="two columns have the name 'bill_length_mm'"):
        score(twice)
