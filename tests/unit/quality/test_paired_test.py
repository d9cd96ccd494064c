"""The paired comparison: rarely wrong however often one looks, and decided where there is something to decide."""

import random

from fairlead.quality.paired_test import FEWEST, Comparison, Request, compare


def requests(count: int, won: float, lost: float, *, rows: int = 1, seed: int = 0) -> list[Request]:
    """Requests whose rows the candidate wins and loses with these chances; all rows of one have the same luck."""
    dice = random.Random(seed)  # noqa: S311 - a test's dice
    found = []
    for _ in range(count):
        luck = dice.random()
        wins, losses = (rows if luck < won else 0), (rows if won <= luck < won + lost else 0)
        found.append(Request(rows=rows, agreeing=rows - wins - losses, won=wins, lost=losses))
    return found


def judged_often(all_of_them: list[Request]) -> set[str]:
    """Return every verdict that a look after each twentieth request gives."""
    return {compare(all_of_them[:end]).verdict for end in range(20, len(all_of_them) + 1, 20)}


def test_a_better_candidate_is_found_better_and_a_worse_one_worse() -> None:
    assert compare(requests(1_000, 0.12, 0.03)).verdict == "better"
    assert compare(requests(1_000, 0.03, 0.12)).verdict == "worse"


def test_equal_versions_seldom_differ_also_with_many_looks() -> None:
    fooled = sum(judged_often(requests(300, 0.1, 0.1, seed=seed)) != {"not yet decided"} for seed in range(100))
    assert fooled <= 5  # per cent


def test_many_rows_of_one_request_are_one_piece_of_evidence() -> None:
    fooled = sum(
        judged_often(requests(60, 0.3, 0.3, rows=100, seed=seed)) != {"not yet decided"} for seed in range(100)
    )
    assert fooled <= 5


def test_a_handful_of_requests_never_decides() -> None:
    assert compare(requests(FEWEST - 1, 1, 0)).verdict == "not yet decided"
    assert compare(requests(FEWEST, 1, 0)).verdict == "better"


def test_nothing_compared_is_not_a_pass() -> None:
    assert compare([]) == Comparison(
        requests=0,
        rows=0,
        agreeing=0,
        advantage=0.0,
        evidence_better=1.0,
        evidence_worse=1.0,
        verdict="not yet decided",
    )


def test_a_margin_asks_for_more_than_better() -> None:
    slightly = requests(3_000, 0.08, 0.05)
    assert compare(slightly).verdict == "better"
    assert compare(slightly, margin=0.05).verdict == "not yet decided"
