"""Golden rows touch every leaf of the signature, stay few, and begin with a plain one."""

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fairlead.model.signature import Field, Output, Signature
from fairlead.publishing.parity.golden_rows import FEWEST_ROWS, MOST_CATEGORIES, MOST_ROWS, choose
from fairlead.publishing.signature.probe import unseen_value

OUTPUT = Output(task="regression", target="y")
ISLANDS = ("Biscoe", "Dream", "Torgersen")
MIXED = Signature(
    inputs=(
        Field(name="mass", kind="number", minimum=2700.0, maximum=6300.0, nullable=True),
        Field(name="year", kind="integer", minimum=2007.0, maximum=2009.0),
        Field(name="tagged", kind="boolean"),
        Field(name="island", kind="category", categories=ISLANDS, nullable=True),
        Field(name="plot", kind="category", categories=(1, 2), closed=True),
        Field(name="note", kind="text"),
    ),
    output=OUTPUT,
    layout="frame",
)
ROWS: list[tuple[Any, ...]] = [
    (None, 2008, True, "Dream", 1, "seen twice"),
    (3800.0, 2008, False, "Dream", 2, "ringed"),
    (4100.5, 2007, True, None, 1, ""),
]


def leaves(field: Field) -> set[Any]:
    found: set[Any] = {None} if field.nullable else set()
    if field.kind == "boolean":
        found |= {False, True}
    elif field.kind == "category":
        found |= set((field.categories or ())[:MOST_CATEGORIES])
        found |= set() if field.closed else {unseen_value(field)}
    elif field.minimum is not None:
        found |= {field.minimum, field.maximum}
    return found


def uncovered(signature: Signature, rows: list[tuple[Any, ...]]) -> dict[str, set[Any]]:
    missing = {field.name: leaves(field) - {row[place] for row in rows} for place, field in enumerate(signature.inputs)}
    return {name: values for name, values in missing.items() if values}


def test_every_leaf_is_touched_and_the_first_row_is_plain() -> None:
    chosen = choose(MIXED, ROWS)
    assert uncovered(MIXED, chosen) == {}
    assert chosen[0] == ROWS[1]
    assert len(chosen) == len(set(chosen)) <= MOST_ROWS
    assert all(type(row[1]) is int and type(row[4]) is int for row in chosen)


def test_a_real_row_is_taken_where_one_has_the_leaf() -> None:
    chosen = choose(MIXED, ROWS)
    assert ROWS[0] in chosen
    assert ROWS[2] in chosen


def test_hundreds_of_inputs_are_still_covered_by_few_rows() -> None:
    inputs = tuple(
        Field(name=f"f{at}", kind="number", minimum=-1.0 - at, maximum=1.0 + at, nullable=True) for at in range(784)
    )
    wide = Signature(inputs=inputs, output=OUTPUT, layout="array")
    chosen = choose(wide, [(0.0,) * 784] * 500)
    assert uncovered(wide, chosen) == {}
    assert len(chosen) <= FEWEST_ROWS


def test_many_categories_are_bounded() -> None:
    cities = Field(name="city", kind="category", categories=tuple(f"c{at:05}" for at in range(5_000)))
    many = Signature(inputs=(cities, MIXED.inputs[0]), output=OUTPUT, layout="frame")
    chosen = choose(many, [("c00001", 3000.0)] * 50)
    assert uncovered(many, chosen) == {}
    assert len(chosen) <= MOST_ROWS


@given(st.integers(1, 60), st.integers(1, 60), st.booleans())
def test_any_shape_is_covered(inputs: int, categories: int, nullable: bool) -> None:
    named = [tuple(f"{at}-{n}" for n in range(categories)) for at in range(inputs)]
    fields = tuple(
        Field(name=f"f{at}", kind="category", categories=words, nullable=nullable) for at, words in enumerate(named)
    )
    shape = Signature(inputs=fields, output=OUTPUT, layout="frame")
    chosen = choose(shape, [tuple(f"{at}-0" for at in range(inputs))])
    assert uncovered(shape, chosen) == {}
    assert len(chosen) <= MOST_ROWS
