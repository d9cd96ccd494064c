"""Drift's judgement: planted drifts are found and ranked, chance and floods are not, few data give no verdict."""

from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest

from fairlead.drift import Counters, DriftFinding, Judgement, Request, Tally, Thresholds, judge
from fairlead.gate.evidence import Column, Predicted, Rows
from fairlead.model.baseline import Baseline, Numbers
from fairlead.model.signature import Field, Output, Signature
from fairlead.publishing.baseline import baseline_of, with_importances

HOUR = 3600
ISLANDS = ("Biscoe", "Dream", "Torgersen")
Row = tuple[Any, ...]
Change = Callable[[Row, np.random.Generator], Row]


def drawn(random: np.random.Generator, middle: float = 0.0, spread: float = 1.0) -> Row:
    mass = random.normal(middle, spread)
    return (
        200 + 14 * mass,
        4200 + 800 * mass + 100 * random.normal(),
        random.choice(ISLANDS, p=(0.5, 0.35, 0.15)).item(),
    )


def label(row: Row) -> str:
    return "large" if (row[0] or 0) > 207 else "small"


def reference(rows: int = 800) -> Baseline:
    random = np.random.default_rng(11)
    held_out = [drawn(random) for _ in range(rows)]
    flipper, mass, island = zip(*held_out, strict=True)
    columns = (
        Column(name="flipper", kind="number", values=np.array(flipper)),
        Column(name="mass", kind="number", values=np.array(mass)),
        Column(
            name="island",
            kind="category",
            values=np.array([ISLANDS.index(one) for one in island], dtype=np.int32),
            levels=ISLANDS,
        ),
    )
    large = np.array([label(row) == "large" for row in held_out])
    signature = Signature(
        inputs=tuple(Field(name=one.name, kind=one.kind) for one in columns),
        output=Output(task="classification", classes=("small", "large"), probabilities=True),
        layout="frame",
    )
    stated = np.where(large, 0.9, 0.1) + random.uniform(-0.1, 0.1, rows)
    answers = Predicted(labels=large.astype(np.int32), probabilities=np.column_stack([1 - stated, stated]))
    made = baseline_of(signature, Rows(count=rows, columns=columns), answers)
    return with_importances(made, {"flipper": 0.09, "mass": 0.01, "island": -0.001})


BASELINE = reference()


def same(row: Row, _: np.random.Generator) -> Row:
    return row


def window(
    change: Change = same, *, requests: int = 600, callers: int = 40, seed: int = 1, hours: int = 24
) -> Counters:
    """A day of requests of two rows, from callers that come all day."""
    random = np.random.default_rng(seed)
    found = []
    for number in range(requests):
        rows = [change(drawn(random), random) for _ in range(2)]
        labels = [label(row) for row in rows]
        stated = [(0.9 if one == "large" else 0.1) + random.uniform(-0.1, 0.1) for one in labels]
        found.append(
            Request(
                caller=f"caller {random.integers(callers)}",
                at=number * hours * HOUR // requests,
                rows=rows,
                labels=labels,
                scores=[[1 - one, one] for one in stated],
            )
        )
    return Tally(BASELINE)(found)


def of(judgement: Judgement, feature: str) -> DriftFinding:
    return next(one for one in judgement.findings if one.feature == feature)


def drifting(judgement: Judgement) -> set[Any]:
    return {one.feature for one in judgement.findings if one.verdict == "drift"}


def test_the_same_rows_as_before_are_no_drift() -> None:
    for seed in range(20):
        judgement = judge(BASELINE, window(seed=seed))
        assert judgement.enough
        assert not judgement.drift
        assert {one.verdict for one in judgement.findings} == {"none"}
    assert (judgement.rows, judgement.requests) == (1200, 600)
    assert [one.rank for one in judgement.findings] == [1, 2, 3, 4, 5]
    assert {one.feature for one in judgement.findings} == {"flipper", "mass", "island", "label", "large"}


def test_a_shifted_input_is_found_and_others_are_not() -> None:
    judgement = judge(BASELINE, window(lambda row, _: (row[0], row[1] + 800, row[2])))
    assert drifting(judgement) == {"mass"}
    found = of(judgement, "mass")
    assert found.rank == 1
    assert found.psi == pytest.approx(1.0, abs=0.2)  # one standard deviation
    assert found.p is not None
    assert found.p < 1e-6
    assert found.words.startswith("drift: PSI ")


def test_answers_that_moved_are_found() -> None:
    judgement = judge(BASELINE, window(lambda row, _: (row[0] + 14, *row[1:])))
    assert drifting(judgement) == {"flipper", "label", "large"}
    assert {one.of for one in judgement.findings if one.feature in {"label", "large"}} == {"label", "score"}


def test_a_small_shift_is_no_drift_even_if_significant() -> None:
    counters = window(lambda row, _: (row[0], row[1] + 300, row[2]), requests=3000)
    found = of(judge(BASELINE, counters, thresholds=Thresholds(psi=0.25)), "mass")
    assert found.p is not None
    assert found.p < 1e-9
    assert found.psi < 0.25
    assert found.verdict == "none"
    assert of(judge(BASELINE, counters), "mass").verdict == "drift"


def test_a_new_category_is_found_counted_and_said() -> None:
    def elsewhere(row: Row, random: np.random.Generator) -> Row:
        return (*row[:2], "Elsewhere") if random.random() < 0.08 else row

    found = of(judge(BASELINE, window(elsewhere)), "island")
    assert found.verdict == "drift"
    assert found.unseen == pytest.approx(0.08, abs=0.03)
    assert (found.unseen_before, found.out_of_range) == (0.0, None)
    assert "in categories that the baseline does not name" in found.words


def test_a_rising_share_of_missing_values_is_found_counted_and_said() -> None:
    def hole(row: Row, random: np.random.Generator) -> Row:
        return (row[0], None, row[2]) if random.random() < 0.06 else row

    judgement = judge(BASELINE, window(hole))
    found = of(judgement, "mass")
    assert drifting(judgement) == {"mass"}
    assert found.missing == pytest.approx(0.06, abs=0.02)
    assert found.missing_before == 0.0
    assert f"missing {found.missing:.1%}, before 0.0%" in found.words


def test_values_that_are_no_longer_missing_are_found() -> None:
    holes = BASELINE.features[1]
    features = (BASELINE.features[0], msgspec.structs.replace(holes, missing=200), BASELINE.features[2])
    often = msgspec.structs.replace(BASELINE, features=features)
    found = of(judge(often, window()), "mass")
    assert found.verdict == "drift"
    assert found.missing_before == pytest.approx(0.2)


def test_a_swapped_unit_is_found_and_said_to_be_out_of_range() -> None:
    judgement = judge(BASELINE, window(lambda row, _: (row[0], row[1] / 1000, row[2])))
    found = of(judgement, "mass")
    assert found.verdict == "drift"
    assert found.out_of_range == 1.0
    assert "100.0% outside" in found.words


def test_new_missing_and_outlying_values_are_counted_as_they_came() -> None:
    came: list[Row] = []

    def spoilt(row: Row, random: np.random.Generator) -> Row:
        flipper, mass, island = row
        mass = random.choice([None, 0.0, 1e6, mass], p=(0.05, 0.02, 0.03, 0.9))
        came.append((flipper, mass, "Elsewhere" if random.random() < 0.04 else island))
        return came[-1]

    judgement = judge(BASELINE, window(spoilt))
    seen = BASELINE.features[1].seen
    assert isinstance(seen, Numbers)
    assert seen.low is not None
    assert seen.high is not None
    mass, island = of(judgement, "mass"), of(judgement, "island")
    assert mass.rows == island.rows == len(came)
    assert mass.missing == pytest.approx(np.mean([row[1] is None for row in came]))
    outside = [row[1] is not None and not seen.low <= row[1] <= seen.high for row in came]
    assert mass.out_of_range == pytest.approx(np.mean(outside))
    assert mass.out_of_range is not None
    assert 0.03 < mass.out_of_range < 0.09  # on either side
    assert island.unseen == pytest.approx(np.mean([row[2] == "Elsewhere" for row in came]))
    assert (island.missing, mass.unseen, island.out_of_range) == (0.0, None, None)


def test_one_callers_flood_of_like_rows_is_not_taken_for_many_rows() -> None:
    random = np.random.default_rng(5)
    flood = [drawn(random, 1.2, 0.1) for _ in range(10_000)]
    parts = [
        Request(
            caller="flood",
            at=9 * HOUR,
            rows=flood[at : at + 1000],
            labels=[label(row) for row in flood[at : at + 1000]],
        )
        for at in range(0, 10_000, 1000)
    ]
    whole = Tally(BASELINE)(parts)
    together = Counters(clusters=window().clusters | whole.clusters)
    judgement = judge(BASELINE, together)
    assert judgement.rows > 10_000
    assert not judgement.drift
    assert {one.verdict for one in judgement.findings} <= {"none", "not enough data"}


def test_rows_that_repeat_each_other_count_once() -> None:
    single = window(requests=900)
    random = np.random.default_rng(3)
    repeated = []
    for number in range(900):
        row = drawn(random)
        repeated.append(Request(caller=f"c{number % 40}", at=number * 96, rows=[row] * 20, labels=[label(row)] * 20))
    alone, many = of(judge(BASELINE, single), "mass"), of(judge(BASELINE, Tally(BASELINE)(repeated)), "mass")
    assert many.rows == 18_000
    assert 300 < many.effective_rows < 1_800  # 900 rows, each sent twenty times
    assert 900 < alone.effective_rows <= 1_800


def test_callers_that_keep_to_their_own_rows_make_fewer_effective_rows() -> None:
    random = np.random.default_rng(8)
    callers = [random.normal() for _ in range(60)]
    requests = []
    for number in range(3000):
        caller = int(random.integers(60))
        row = drawn(random, callers[caller], 0.3)
        requests.append(Request(caller=f"c{caller}", at=number * 28, rows=[row], labels=[label(row)]))
    judgement = judge(BASELINE, Tally(BASELINE)(requests))
    assert not judgement.drift
    assert of(judgement, "flipper").effective_rows < 300
    assert of(judgement, "island").effective_rows > 1000


def test_one_caller_alone_is_judged_by_the_hours() -> None:
    moved = judge(BASELINE, window(lambda row, _: (row[0], row[1] + 800, row[2]), callers=1))
    assert drifting(moved) == {"mass"}
    assert not judge(BASELINE, window(callers=1)).drift


@pytest.mark.parametrize(
    ("counters", "words"),
    [
        (Counters(), "no row was captured"),
        (window(requests=15), "where 50 are needed"),
        (window(requests=300, callers=1, hours=1), "from too few callers and times"),
    ],
)
def test_little_data_is_said_to_be_little(counters: Counters, words: str) -> None:
    judgement = judge(BASELINE, counters)
    assert not judgement.drift
    assert not judgement.enough
    assert {one.verdict for one in judgement.findings} == {"not enough data"}
    assert all(one.p is None and words in one.words for one in judgement.findings)


def test_field_that_is_not_captured_is_not_enough_data_and_others_are_judged() -> None:
    judgement = judge(BASELINE, window(lambda row, _: (row[0] + 14, msgspec.UNSET, row[2])))
    assert of(judgement, "mass").verdict == "not enough data"
    assert of(judgement, "mass").rows == 0
    assert of(judgement, "flipper").verdict == "drift"


def test_findings_are_ranked_by_how_far_they_moved_and_how_much_the_model_relies_on_them() -> None:
    counters = window(lambda row, _: (row[0] + 9, row[1] + 800, row[2]))
    judgement = judge(BASELINE, counters)
    inputs = [one.feature for one in judgement.findings if one.of == "input"]
    assert of(judgement, "mass").psi > of(judgement, "flipper").psi
    assert inputs == ["flipper", "mass", "island"]
    assert of(judgement, "flipper").importance == pytest.approx(0.9)
    assert of(judgement, "island").importance == 0.0
    other = judge(BASELINE, counters, importances={"mass": 1.0, "flipper": 0.1})
    assert [one.feature for one in other.findings if one.of == "input"] == ["mass", "flipper", "island"]


def test_rank_is_the_index_times_the_share_of_reliance_and_never_nothing() -> None:
    counters = window(lambda row, random: (row[0] + 10, row[1] + 1600, random.choice(ISLANDS).item()))
    judgement = judge(BASELINE, counters, importances={"flipper": 0.6, "mass": 0.0, "island": 0.4})
    weights = {"flipper": 3 * 0.6, "mass": 0.1, "island": 3 * 0.4, "label": 1.0, "large": 1.0}
    products = [one.psi * weights[str(one.feature)] for one in judgement.findings]
    assert drifting(judgement) == set(weights)
    assert products == sorted(products, reverse=True)
    assert of(judgement, "mass").psi == max(one.psi for one in judgement.findings)
    assert of(judgement, "mass").rank > of(judgement, "flipper").rank  # it moved most; the model does not use it


def test_drifted_input_ranks_before_others_regardless_of_importance() -> None:
    counters = window(lambda row, _: (row[0], row[1] + 320, row[2]))
    judgement = judge(BASELINE, counters, importances={"flipper": 1.0, "mass": 0.0, "island": 0.0})
    mass, flipper = of(judgement, "mass"), of(judgement, "flipper")
    assert mass.psi * 0.1 < flipper.psi * 3  # by reliance alone flipper would be first
    assert judgement.findings[0] == mass
    assert [one.verdict for one in judgement.findings] == ["drift", "none", "none", "none", "none"]


def test_without_importances_the_index_alone_ranks() -> None:
    judgement = judge(BASELINE, window(lambda row, _: (row[0] + 9, row[1] + 800, row[2])), importances={})
    assert [one.feature for one in judgement.findings if one.of == "input"] == ["mass", "flipper", "island"]
    assert {one.importance for one in judgement.findings} == {None}


def test_thresholds_are_the_callers() -> None:
    counters = window(lambda row, _: (row[0], row[1] + 800, row[2]))
    assert not judge(BASELINE, counters, thresholds=Thresholds(psi=5.0)).drift
    assert not judge(BASELINE, counters, thresholds=Thresholds(effective_rows=1e6)).enough
    assert not judge(BASELINE, counters, thresholds=Thresholds(level=0.0)).drift


def test_a_judgement_is_json() -> None:
    judgement = judge(BASELINE, window())
    assert msgspec.json.decode(msgspec.json.encode(judgement), type=Judgement) == judgement


def test_a_baseline_of_one_value_or_of_none_is_judged() -> None:
    nothing = baseline_of(
        Signature(
            inputs=(Field(name="a", kind="number"), Field(name="b", kind="number")),
            output=Output(task="clustering"),
            layout="frame",
        ),
        Rows(
            count=50,
            columns=(
                Column(name="a", kind="number", values=np.full(50, np.nan)),
                Column(name="b", kind="number", values=np.full(50, 3.0)),
            ),
        ),
        Predicted(labels=np.zeros(50, dtype=np.int32)),
    )
    requests = [Request(caller=str(n % 20), at=n * 400, rows=[(None, 3.0)], labels=[0]) for n in range(200)]
    assert not judge(nothing, Tally(nothing)(requests)).drift
    moved = [Request(caller=str(n % 20), at=n * 400, rows=[(1.0, 4.0)], labels=[0]) for n in range(200)]
    assert drifting(judge(nothing, Tally(nothing)(moved))) == {"a", "b"}
