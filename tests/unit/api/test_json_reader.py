"""Any body at all is rows or reports, or an error that can be answered as JSON."""

import json
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.api import json_reader, outcomes
from fairlead.api.http import problem
from fairlead.api.instances import RequestReader
from fairlead.errors import InstancesError, NotJsonError, RequestError
from fairlead.model.signature import Field, Ignored, Output, Signature

READER = RequestReader(
    Signature(
        inputs=(
            Field(name="a:b", kind="number", nullable=True),
            Field(name="year", kind="integer"),
            Field(name="note", kind="text", nullable=True),
            Field(name="ring", kind="category", categories=(1, 2)),
        ),
        output=Output(task="regression"),
        layout="frame",
        ignored=(Ignored("id", 4),),
    )
)
NAMES = ["a:b", "year", "note", "ring", "id", "x", "\udfff", "instances", "outcomes"]
REPORT = ["prediction_id", "actual", "comment", "\ud800", "more"]
TEXT = st.text(st.characters() | st.sampled_from([":", '"', "\\", "\ud800", "\udfff", "\ufeff", "\x00"]), max_size=4)
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.floats(),
    st.integers(),
    st.sampled_from([1.0, 2008.0, 1e39, 10**30, 10**400, 2**53, -(2**63) - 1]),
    TEXT,
)


class Twice(dict[str, Any]):
    """An object whose members may stand twice when it is spelt."""

    def __init__(self, pairs: list[tuple[str, Any]]) -> None:
        super().__init__({f"{place}": pair for place, pair in enumerate(pairs)})


def as_json(value: Any, *, plain: bool) -> str:
    if isinstance(value, Twice):
        members = (f"{as_json(name, plain=plain)}: {as_json(one, plain=plain)}" for name, one in value.values())
        return "{" + ", ".join(members) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(as_json(one, plain=plain) for one in value) + "]"
    return json.dumps(value, ensure_ascii=plain)


def objects(names: list[str], values: st.SearchStrategy[Any]) -> st.SearchStrategy[Twice]:
    return st.lists(st.tuples(st.sampled_from(names), values), max_size=6).map(Twice)


VALUES = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | objects(NAMES, inner), max_leaves=4)


def bodies(member: str, names: list[str]) -> st.SearchStrategy[str]:
    rows = st.lists(objects(names, VALUES) | VALUES, max_size=3)
    whole = objects([member], rows) | objects([member, "x"], VALUES) | VALUES
    return st.builds(lambda value, plain: as_json(value, plain=plain), whole, st.booleans())


@given(bodies("instances", NAMES))
def test_any_body_is_rows_or_a_problem_that_is_json(body: str) -> None:
    try:
        rows = READER.rows(body)
    except RequestError as error:
        answered(error)
        return
    row = json.loads(body)["instances"][0]
    assert rows[0][1] == row["year"]
    assert type(rows[0][1]) is int


@given(bodies("outcomes", REPORT))
def test_any_body_is_reports_or_a_problem_that_is_json(body: str) -> None:
    try:
        found = outcomes.read(body)
    except RequestError as error:
        answered(error)
        return
    msgspec.json.encode(found)  # as the ledger spells them


def answered(error: RequestError) -> None:
    response = problem(error)
    document = msgspec.json.decode(str(response.body).encode())
    assert 400 <= document["status"] < 500
    assert all(isinstance(one["row"], int) for one in document.get("errors", []))


@pytest.mark.parametrize("cut", range(1, 60))
def test_a_body_that_was_cut_off_is_no_json(cut: int) -> None:
    whole = '{"instances": [{"year": 1, "ring": 2}, {"year": 2, "ring": "é"}]}'
    with pytest.raises((NotJsonError, InstancesError)):
        READER.rows(whole[:cut])


def test_the_place_of_a_fault_is_named_by_line_and_column() -> None:
    with pytest.raises(NotJsonError, match="at line 3, column 1"):
        list(json_reader.rows('{"instances":\n[\n}', "instances", InstancesError))
