"""The split of rows into training and test: by time, by whole requests, without overlap."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from fairlead.retraining.time_split import split
from fairlead.retraining.types import Labelled

NONE = np.zeros(0, dtype=np.uint64)


def row(at: int, *, request: str = "", content: int = 0) -> Labelled:
    request = request or f"r{at}"
    return Labelled(id=f"{request}-{at}", request=request, at=at, row=(content,), target="a", by="ada", caller="c")


def digests(rows: list[Labelled]) -> np.ndarray:
    return np.array([one.row[0] for one in rows], dtype=np.uint64)


def test_the_newest_share_judges() -> None:
    rows = [row(at, content=at) for at in range(10)]
    parted = split(rows, digests(rows), NONE, (), share=0.3)
    assert [one.at for one in parted.learn] == list(range(7))
    assert [one.at for one in parted.judge] == [7, 8, 9]


def test_a_request_is_never_cut() -> None:
    rows = [row(at, request=f"r{at // 4}", content=at) for at in range(12)]
    parted = split(rows, digests(rows), NONE, (), share=0.5)
    assert len(parted.learn) in (4, 8)


def test_one_request_alone_judges_and_teaches_nothing() -> None:
    rows = [row(at, request="r", content=at) for at in range(6)]
    parted = split(rows, digests(rows), NONE, (), share=0.3)
    assert (len(parted.learn), len(parted.judge)) == (0, 6)


def test_a_split_of_no_rows_is_empty() -> None:
    parted = split([], NONE, NONE, (), share=0.3)
    assert parted.learn == parted.judge == []


def test_predictions_in_earlier_training_rows_are_on_neither_side() -> None:
    rows = [row(at, content=at) for at in range(10)]
    parted = split(rows, digests(rows), NONE, ["r0-0", "r9-9", ""], share=0.25)
    assert parted.known == 2
    assert {one.at for one in parted.learn + parted.judge} == set(range(1, 9))


contents = st.lists(st.integers(0, 30), min_size=1, max_size=60)


@given(contents, st.sets(st.integers(0, 30)), st.floats(0.05, 0.9), st.integers(1, 5))
def test_judging_rows_are_in_no_models_training_rows(
    given_rows: list[int], learnt: set[int], share: float, together: int
) -> None:
    rows = [row(at, request=f"r{at // together}", content=content) for at, content in enumerate(given_rows)]
    parted = split(rows, digests(rows), np.array(sorted(learnt), dtype=np.uint64), (), share=share)
    judged = {one.row for one in parted.judge}
    assert not judged & {one.row for one in parted.learn}
    assert not {content for (content,) in judged} & learnt
    assert not {one.request for one in parted.judge} & {one.request for one in parted.learn}
    assert max((one.at for one in parted.learn), default=-1) < min((one.at for one in parted.judge), default=99)
    assert len(parted.learn) + len(parted.judge) + parted.repeated == len(rows)
