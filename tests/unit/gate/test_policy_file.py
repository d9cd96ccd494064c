"""Policies: every key has a default, and whatever is misspelt is refused with its place."""

import json
from pathlib import Path

import msgspec
import pytest

from fairlead.errors import SettingsError
from fairlead.gate.checks import CHECKS
from fairlead.gate.policy import Policy
from fairlead.gate.policy_file import parse

GOOD = """
confidence = 0.9

[checks]
privacy = "off"

[metrics.at_least]
accuracy = 0.9
"recall:Gentoo" = 0.8

[champion]
not_worse_by = 0.02
inconclusive = "refuse"

[[slices.named]]
name = "young women"
where = [{field = "age", below = 30}, {field = "sex", equals = ["F"]}]
"""


def test_an_empty_policy_is_the_default_one() -> None:
    assert parse("") == Policy()


def test_a_policy_reads_every_kind_of_key() -> None:
    policy = parse(GOOD)
    assert policy.confidence == 0.9
    assert policy.checks == {"privacy": "off"}
    assert policy.metrics.at_least == {"accuracy": 0.9, "recall:Gentoo": 0.8}
    assert policy.champion.inconclusive == "refuse"
    assert [condition.field for condition in policy.slices.named[0].where] == ["age", "sex"]


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("[metric]\n", "p.toml line 1: unknown key 'metric'", "did you mean metrics?"),
        ("\n[slices]\nfewest=3", "p.toml line 3, [slices]: unknown key 'fewest'", "did you mean fewest_rows?"),
        ("[slices]\nfewest_rows = 0", "p.toml line 2, slices.fewest_rows: expected `int` >= 1", ""),
        ("confidence = 2", "p.toml line 1, confidence: expected `float` < 1.0", ""),
        ("[privacy]\nverdict = 'no'", "p.toml line 2, privacy.verdict: invalid enum value 'no'", "one of warn, fail"),
        (
            "[metrics.at_least]\naccurcy = 1",
            "p.toml line 2, [metrics.at_least]: unknown key 'accurcy'",
            "did you mean acc",
        ),
        ("[metrics.at_least]\naccuracy = nan", "p.toml line 1, metrics.at_least: expected `float` >=", ""),
        ("[champion]\nnot_worse_by = nan", "p.toml line 2, champion.not_worse_by: expected", ""),
        ("[checks]\nprivcy = 'off'", "p.toml line 2, [checks]: unknown key 'privcy'", "did you mean privacy?"),
        ("[[slices.named]]\nname='x'\nwhere=[{feld='a'}]", "p.toml line 3, [slices.named.where]: unknown key", "field"),
        ("a = \n", "p.toml is not TOML: ", ""),
        ("confidence = 0.9\nconfidence = 0.8", "p.toml is not TOML: ", ""),
    ],
)
def test_misspelt_key_is_refused_with_its_place(text: str, message: str, hint: str) -> None:
    with pytest.raises(SettingsError) as caught:
        parse(text, name="p.toml")
    assert str(caught.value).startswith(message)
    assert hint in caught.value.hint


def test_equal_rules_have_equal_digests_however_they_are_written() -> None:
    written = "[slices]\nautomatic = true  # the default\n[champion]\nnot_worse_by = 0.01\n"
    assert parse(written).digest() == Policy().digest()
    assert parse("[champion]\nnot_worse_by = 0.02").digest() != Policy().digest()
    assert len(Policy().digest()) == 64


def test_the_documentation_names_every_key_with_its_default() -> None:
    text = (Path(__file__).parents[3] / "docs/reference/gate-policy.md").read_text()
    for table in msgspec.structs.fields(Policy):
        default = getattr(Policy(), table.name)
        if not isinstance(default, msgspec.Struct):
            assert f"| `{table.name}` |" in text
            continue
        for key in msgspec.structs.fields(default):
            written = json.dumps(getattr(default, key.name))
            assert f"| `{table.name}.{key.name}` | `{written}` |" in text, key.name


def test_the_documentation_names_every_check() -> None:
    text = (Path(__file__).parents[3] / "docs/reference/gate-policy.md").read_text()
    assert all(f"| `{family}` |" in text for family in CHECKS)
