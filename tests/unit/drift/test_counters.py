"""Drift's counters: exact, additive in any order, small, and without names of callers."""

import subprocess
import sys
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.drift import Counters, Request, Tally, merge
from fairlead.drift.cells import cells_of
from fairlead.drift.counters import GROUPS, SLOT, cluster
from fairlead.model.baseline import Baseline, Categories, Feature, Numbers, Predictions, Score, encode
from testkit.gate_cases import evidence, model, table


def feature(name: str, kind: Any, seen: Numbers | Categories, missing: int = 0) -> Feature:
    return Feature(name=name, kind=kind, missing=missing, seen=seen)


WIDTH = Numbers(edges=(1.0, 2.0), counts=(30, 40, 30), low=0.5, high=2.5)
COLOUR = Categories(values=("red", "blue"), counts=(60, 30), other=5)
BASELINE = Baseline(
    schema=1,
    rows=100,
    features=(
        feature("width", "number", WIDTH),
        feature("colour", "category", COLOUR, 5),
        feature("flag", "boolean", Categories(values=(True, False), counts=(70, 30))),
        feature("note", "text", Numbers(edges=(3.5,), counts=(50, 50), low=1.0, high=9.0)),
    ),
    predictions=Predictions(
        labels=Categories(values=("yes", "no"), counts=(55, 45)),
        scores=(Score(of="no", seen=WIDTH), Score(of="yes", seen=WIDTH)),
    ),
)
ROW = (1.5, "red", True, "abcd")


def request(*rows: tuple[Any, ...], caller: str = "arn:aws:iam::1:user/a", at: int = 0, **facts: Any) -> Request:
    return Request(caller=caller, at=at, rows=rows, **facts)


def counts(*rows: tuple[Any, ...], **facts: Any) -> dict[str, int]:
    (only,) = Tally(BASELINE)([request(*rows, **facts)]).clusters.values()
    return {key: number for key, number in only.items() if key not in {"rows", "requests"}}


def test_every_value_falls_into_its_cell() -> None:
    assert counts(ROW) == {"i0_2": 1, "i1_0": 1, "i2_0": 1, "i3_2": 1}
    assert counts((1.0, "blue", False, "abc")) == {"i0_2": 1, "i1_1": 1, "i2_1": 1, "i3_1": 1}


@pytest.mark.parametrize(
    ("value", "cell"),
    [(0.4, 0), (0.5, 1), (0.99, 1), (1.0, 2), (2.5, 3), (2.51, 4), (1e300, 4), (-1e300, 0), (None, 5)],
)
def test_numbers_outside_the_range_and_missing_ones_are_counted_apart(value: float | None, cell: int) -> None:
    assert counts((value, *ROW[1:]))[f"i0_{cell}"] == 1


def test_categories_that_the_baseline_does_not_name_are_others() -> None:
    found = counts((1.5, "green", True, "abcd"), (1.5, None, True, "abcd"))
    assert (found["i1_2"], found["i1_3"]) == (1, 1)


def test_field_that_was_never_captured_is_not_missing() -> None:
    found = counts((msgspec.UNSET, "red", True, msgspec.UNSET))
    assert found == {"i1_0": 1, "i2_0": 1}


def test_labels_and_of_two_classes_one_probability_are_counted() -> None:
    found = counts(ROW, ROW, labels=["no", "yes"], scores=[[0.6, 1.2], [0.9, 2.2]])
    assert {key: number for key, number in found.items() if key[0] in "ls"} == {
        "l0_0": 1,
        "l0_1": 1,
        "s1_2": 1,
        "s1_3": 1,
    }


def test_a_value_of_one_target_may_stand_by_itself() -> None:
    one = msgspec.structs.replace(BASELINE, predictions=Predictions(scores=(Score(of="price", seen=WIDTH),)))
    (found,) = Tally(one)([request(ROW, ROW, scores=[1.5, [0.7]])]).clusters.values()
    assert (found["s0_2"], found["s0_1"]) == (1, 1)


def test_a_cluster_is_a_quarter_of_an_hour_and_a_group_of_callers_without_names() -> None:
    found = Tally(BASELINE)([request(ROW, at=at) for at in (0, SLOT - 1, SLOT)])
    first, second = sorted(found.clusters)
    assert (found.clusters[first]["requests"], found.clusters[second]["requests"]) == (2, 1)
    assert second.split("_")[0] == "1"
    assert b"user" not in msgspec.json.encode(found)
    assert {int(cluster(f"caller {number}", 0).split("_")[1]) for number in range(1000)} == set(range(GROUPS))


REQUESTS = st.builds(
    Request,
    caller=st.sampled_from("abcdef"),
    at=st.integers(0, 5 * SLOT),
    rows=st.lists(
        st.tuples(
            st.none() | st.floats(allow_nan=False),
            st.sampled_from(["red", "blue", "green", None]),
            st.booleans(),
            st.text(max_size=12),
        ),
        min_size=1,
        max_size=4,
    ),
)


@given(st.lists(REQUESTS, max_size=12), st.integers(0, 12))
def test_batches_add_up_to_the_counts_of_one_batch(requests: list[Request], cut: int) -> None:
    one, other = Tally(BASELINE)(requests[:cut]), Tally(BASELINE)(requests[cut:])
    whole = Tally(BASELINE)(requests)
    assert merge(one, other) == merge(other, one) == whole
    assert msgspec.json.decode(msgspec.json.encode(whole), type=Counters) == whole
    rows = [row for request in requests for row in request.rows]
    for thing in cells_of(BASELINE)[: len(BASELINE.features)]:
        cells = [
            number for found in whole.clusters.values() for key, number in found.items() if key.startswith(thing.prefix)
        ]
        assert sum(cells) == len(rows)


@pytest.mark.parametrize("name", ["penguins", "digits", "diabetes"])
def test_the_held_out_rows_counted_again_are_the_baseline(name: str) -> None:
    from fairlead.engines.sklearn import SklearnEngine
    from fairlead.publishing.baseline import baseline_of
    from fairlead.publishing.signature.infer import to_rows

    training, held_out = table(name).split()
    estimator = model(name).fit(training.X, training.y)
    facts = evidence(estimator, held_out)
    reference = baseline_of(facts.signature, facts.held_out, facts.predicted)
    rows = to_rows(facts.signature, held_out.X)
    answers = SklearnEngine(estimator, facts.signature).answer(rows)
    scores: Any = answers.probabilities or answers.values
    (found,) = Tally(reference)(
        [Request(caller="", at=0, rows=rows, labels=answers.labels or (), scores=scores)]
    ).clusters.values()
    for thing in cells_of(reference):
        assert tuple(found.get(f"{thing.prefix}{cell}", 0) for cell in range(len(thing.expected))) == thing.expected


def test_counting_and_judging_need_no_numpy() -> None:
    program = (
        "import sys; sys.modules['numpy'] = None\n"
        "from fairlead.model.baseline import decode; from fairlead.drift import Request, judge, Tally\n"
        "baseline = decode(sys.stdin.buffer.read())\n"
        "requests = [Request(caller=str(n % 9), at=900 * n, rows=[(1.5, 'red', True, 'abcd')]) for n in range(90)]\n"
        "print(judge(baseline, Tally(baseline)(requests)).drift)"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], input=encode(BASELINE), capture_output=True, check=True, timeout=60
    )
    assert done.stdout.strip() == b"True"


def test_a_batch_of_many_rows_stays_small() -> None:
    values = np.random.default_rng(0).normal(1.5, 0.4, 5000).tolist()
    found = Tally(BASELINE)([request(*((value, *ROW[1:]) for value in values))])
    assert len(msgspec.json.encode(found)) < 300
