"""Generated and mutated lines never fail a delivery."""

import copy
import json
import random
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from fairlead.telemetry.capture import Part
from tests.unit.feedback.deliveries import DIGEST, NOON, OUTPUTS, line, take

VALUES = st.recursive(
    st.one_of(
        st.none(), st.booleans(), st.integers(-(10**60), 10**60), st.floats(allow_nan=False, allow_infinity=False),
        st.text(max_size=8), st.sampled_from([10**400, 1e308, -1e308, "$LATEST", "a", NOON, "\ud800", DIGEST, 2**63]),
    ),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip
MEMBERS = st.sampled_from([*Part.__struct_fields__, "unknown"])


@given(st.sampled_from([*OUTPUTS]), st.dictionaries(MEMBERS, VALUES, max_size=4))
def test_members_of_any_kind_never_fail_a_delivery(model: str, changes: dict[str, Any]) -> None:
    lines = [line(model, number=1), line(model, number=2, **changes)]
    found, dead_letters, _ = take(lines)
    assert found.captured + found.duplicates + found.poison == len(lines)
    assert len(dead_letters.kept) == found.poison


def mutated(text: str, dice: random.Random) -> str:
    """Change, cut, double or swap some characters, or replace a value by an odd one."""
    for _ in range(dice.randint(1, 4)):
        at, to = sorted((dice.randrange(len(text) + 1), dice.randrange(len(text) + 1)))
        odd = dice.choice(
            ["1e999", "-0", "null", "[]", "{}", '"\\ud800"', "9" * 400, "true", '""', ",", "\x00", "é", "-", "1e300"]
        )
        text = dice.choice(
            [text[:at] + odd + text[to:], text[:at] + text[to:], text[:to] + text[at:], text[:at] + odd + text[at:]]
        )
        text = text[:5_000] or "{"
    return text


def test_thousands_of_mutated_lines_never_fail_a_delivery() -> None:
    dice = random.Random(7)  # noqa: S311 - a test's dice
    for _ in range(25):
        lines = [mutated(line(dice.choice([*OUTPUTS]), number=n), dice) for n in range(50)]
        lines += [replaced(line(dice.choice([*OUTPUTS]), number=100 + n), dice) for n in range(50)]
        found, _, _ = take(lines)
        assert found.captured + found.duplicates + found.poison == len(lines)


def replaced(text: str, dice: random.Random) -> str:
    """Replace one value anywhere in a line by an odd one."""
    document = json.loads(text)
    odd: list[Any] = [
        None,
        True,
        -1,
        0,
        10**30,
        10**400,
        1e300,
        -1e308,
        "",
        "x" * 300,
        [],
        {},
        [[]],
        [None],
        "\ud800",
        0.5,
        "1",
    ]
    holder: Any = document
    key: Any = dice.choice([*document])
    while isinstance(holder[key], list) and holder[key] and dice.random() < 0.7:
        holder, key = holder[key], dice.randrange(len(holder[key]))
    holder[key] = copy.deepcopy(dice.choice(odd))
    return json.dumps(document)
