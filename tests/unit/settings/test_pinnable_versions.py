"""The versions that a release lets callers pin, as its environment spells them."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.errors import SettingsError
from fairlead.settings import serving
from fairlead.settings.pinnable_versions import MOST, as_text, parse


def numbers(text: str) -> set[int]:
    return {number for run in parse(text) for number in run}


@pytest.mark.parametrize(
    ("versions", "text"),
    [([], ""), ([1], "1"), ([1, 2, 3], "1-3"), ([6, 1, 2, 4, 5], "4-6,1-2"), ([999_999_999], "999999999")],
)
def test_runs_are_spelled_newest_first(versions: list[int], text: str) -> None:
    assert as_text(versions) == text
    assert numbers(text) == set(versions)


@given(st.sets(st.integers(1, 999_999_999), max_size=300))
def test_written_version_numbers_read_back_newest_first_within_the_limit(versions: set[int]) -> None:
    text = as_text(versions)
    read = numbers(text)

    assert len(text) <= MOST
    assert read == {version for version in versions if version >= min(read, default=0)} or not read
    assert bool(read) == bool(versions)


@pytest.mark.parametrize("text", ["x", "1,", "0", "-3", "3-", "1-2-3", " 1", "1;2", "9" * 12])
def test_other_texts_are_refused_by_the_variables_name(text: str) -> None:
    env = {"FAIRLEAD_BUCKET": "b", "FAIRLEAD_MODEL": "m", "FAIRLEAD_MANIFEST_SHA256": "0", "FAIRLEAD_PINNABLE": text}
    with pytest.raises(SettingsError, match="FAIRLEAD_PINNABLE"):
        serving(env)
