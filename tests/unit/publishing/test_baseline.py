"""The baseline: bins for ties, few rows and missing values; bounded, with exact counts, and equal when read back."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.errors import IntegrityError, SchemaError
from fairlead.gate.evidence import Column, Predicted, Rows
from fairlead.model import baseline
from fairlead.model.baseline import Baseline, Categories, Numbers
from fairlead.model.signature import Field, Output, Signature
from fairlead.publishing import bins
from fairlead.publishing.baseline import baseline_of

RANDOM = np.random.default_rng(7)


def built(output: Output, predicted: Predicted, *columns: Column, rows: int = 100, target: object = None) -> Baseline:
    fields = tuple(Field(name=column.name, kind=column.kind) for column in columns)
    signature = Signature(inputs=fields, output=output, layout="frame")
    return baseline_of(signature, Rows(count=rows, columns=columns, target=target), predicted)


def column(values: object, **facts: object) -> Column:
    return Column(**{"name": "x", "kind": "number", "values": np.asarray(values), **facts})  # type: ignore[arg-type]


def feature(one: Column) -> baseline.Feature:
    labels = Predicted(labels=np.zeros(len(one.values), dtype=np.int32))
    return built(Output(task="clustering"), labels, one, rows=len(one.values)).features[0]


def test_a_continuous_number_gets_ten_bins_of_equal_counts() -> None:
    found = bins.numbers(RANDOM.normal(size=5000))
    assert found.counts == (500,) * 10
    assert found.edges[4] == pytest.approx(0, abs=0.1)


def test_many_zeros_get_a_bin_of_their_own_beside_small_numbers() -> None:
    values = np.concatenate([np.zeros(600), RANDOM.exponential(size=300), -RANDOM.exponential(size=100)])
    found = bins.numbers(values)
    alone = int(bins.place(found, np.zeros(1))[0])
    assert found.counts[alone] == 600
    assert sorted(set(found.counts) - {600}) == [100]


def test_whole_numbers_are_cut_between_themselves() -> None:
    found = bins.numbers(np.repeat([1.0, 2.0, 5.0], [50, 30, 20]))
    assert (found.edges, found.counts) == ((1.5, 3.5), (50, 30, 20))
    assert (found.low, found.high) == (1.0, 5.0)


def test_few_rows_make_few_bins() -> None:
    assert len(bins.numbers(np.arange(23.0)).counts) == 4
    assert bins.numbers(np.arange(3.0)).edges == ()


def test_a_column_without_values_or_with_one_value_has_bins() -> None:
    assert bins.numbers(np.array([np.nan, np.nan])) == Numbers(edges=(), counts=(0,))
    assert bins.numbers(np.full(40, 7.0)) == Numbers(edges=(), counts=(40,), low=7.0, high=7.0)


@given(
    st.lists(
        st.floats(allow_nan=True, allow_infinity=True) | st.sampled_from([0.0, 1.0, -0.0, 1e308, -1e308, 5e-324]),
        max_size=200,
    )
)
def test_every_present_value_is_in_one_bin_and_bins_are_few_and_ascending(values: list[float]) -> None:
    array = np.array(values, dtype=np.float64)
    present = array[~np.isnan(array)]
    found = bins.numbers(array)
    assert sum(found.counts) == len(present)
    assert len(found.counts) == len(found.edges) + 1 <= 3 * bins.BINS
    assert list(found.edges) == sorted(set(found.edges))
    assert np.isfinite(found.edges).all()
    assert np.array_equal(np.bincount(bins.place(found, present), minlength=len(found.counts)), found.counts)


def test_single_precision_moves_no_value_across_an_edge() -> None:
    values = RANDOM.normal(loc=1e3, size=997)
    found = bins.numbers(values)
    assert np.array_equal(bins.place(found, values.astype(np.float32).astype(np.float64)), bins.place(found, values))


def test_categories_are_counted_commonest_first_and_missing_apart() -> None:
    codes = np.array([0] * 3 + [1] * 5 + [-1] * 2, dtype=np.int32)
    found = feature(column(codes, kind="category", levels=("basic", "plus")))
    assert found.missing == 2
    assert found.seen == Categories(values=("plus", "basic"), counts=(5, 3))


def test_very_many_and_very_long_categories_are_counted_together() -> None:
    levels = ("y" * 5000, *(f"c{number:03}" for number in range(120)))
    codes = np.repeat(np.arange(121, dtype=np.int32), 2)
    seen = feature(column(codes, kind="category", levels=levels)).seen
    assert isinstance(seen, Categories)
    assert len(seen.values) == bins.MOST_CATEGORIES
    assert seen.other == 242 - sum(seen.counts)
    assert max(len(str(value)) for value in seen.values) <= bins.LONGEST_CATEGORY


def test_booleans_stay_booleans_and_text_is_counted_by_its_length() -> None:
    assert feature(column([1.0, 1.0, 0.0, np.nan], kind="boolean")).seen == Categories(
        values=(True, False), counts=(2, 1)
    )
    text = feature(column(np.array([0, 1, -1] * 20, dtype=np.int32), kind="text", levels=("four", "seventeen letters")))
    assert text.missing == 20
    assert text.seen == Numbers(edges=(10.5,), counts=(20, 20), low=4.0, high=17.0)


def test_calibration_of_a_classifier_matches_its_outcomes() -> None:
    stated = RANDOM.uniform(size=4000)
    target = (RANDOM.uniform(size=4000) < stated / 2).astype(np.int32)  # stated twice too high
    probabilities = np.column_stack([1 - stated, stated])
    predicted = Predicted(labels=(stated > 0.5).astype(np.int32), probabilities=probabilities)
    found = built(Output(task="classification", classes=("no", "yes")), predicted, rows=4000, target=target).predictions
    assert [one.of for one in found.calibration] == [None, "no", "yes"]
    yes = found.calibration[2]
    observed = np.array(yes.true) / np.array(yes.counts)
    assert observed == pytest.approx(np.array(yes.stated) / 2, abs=0.08)
    assert [score.of for score in found.scores] == ["no", "yes"]
    assert found.labels is not None
    assert sum(found.labels.counts) == 4000


def test_without_a_target_there_is_no_map() -> None:
    predicted = Predicted(labels=np.zeros(9, dtype=np.int32), probabilities=np.tile([0.7, 0.3], (9, 1)))
    found = built(Output(task="classification", classes=("no", "yes")), predicted, rows=9)
    assert found.predictions.calibration == ()


def test_probabilities_that_are_no_numbers_leave_the_map_readable() -> None:
    probabilities = np.tile([0.7, 0.3], (40, 1))
    probabilities[3] = np.nan
    predicted = Predicted(labels=np.zeros(40, dtype=np.int32), probabilities=probabilities)
    output = Output(task="classification", classes=("no", "yes"))
    found = built(output, predicted, rows=40, target=np.zeros(40, dtype=np.int32))
    assert baseline.decode(baseline.encode(found)) == found
    assert found.predictions.calibration[0].counts == (39,)


def test_values_scores_and_clusters_are_counted() -> None:
    regression = built(
        Output(task="regression", names=("north", "south")), Predicted(values=RANDOM.normal(size=(100, 2)))
    )
    assert [score.of for score in regression.predictions.scores] == ["north", "south"]
    labels = np.array([1] * 99 + [0], dtype=np.int32)
    anomaly = built(Output(task="anomaly"), Predicted(labels=labels, scores=RANDOM.normal(size=100)))
    assert anomaly.predictions.labels == Categories(values=(1, -1), counts=(99, 1))
    assert anomaly.predictions.scores[0].of == "score"
    clusters = built(Output(task="clustering"), Predicted(labels=labels))
    assert clusters.predictions.labels == Categories(values=(1, 0), counts=(99, 1))


def test_the_blob_reads_back_as_it_was_and_stays_small() -> None:
    columns = [column(RANDOM.normal(size=100), name=f"x{number}") for number in range(50)]
    columns.append(column([1.0] * 100, name="flag", kind="boolean"))
    whole = built(Output(task="clustering"), Predicted(labels=np.zeros(100, dtype=np.int32)), *columns)
    data = baseline.encode(whole)
    assert baseline.decode(data) == whole
    assert len(data) < 25_000


def test_another_schema_and_damage_raise_different_errors() -> None:
    whole = built(Output(task="clustering"), Predicted(labels=np.zeros(100, dtype=np.int32)))
    with pytest.raises(SchemaError, match="schema 2"):
        baseline.decode(baseline.encode(whole).replace(b'"schema":1', b'"schema":2'))
    with pytest.raises(IntegrityError, match="malformed"):
        baseline.decode(b"{")
