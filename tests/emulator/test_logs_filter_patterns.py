"""Filter patterns: matches, and patterns that are refused."""

import json

import pytest

from fairlead_local.errors import ServiceError
from fairlead_local.logs import filter_patterns

EVENT = {"event": "capture", "rows": 12, "inner": {"event": "other"}, "words": "a b"}


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        ("", True),
        ("  ", True),
        ('{ $.event = "capture" }', True),
        ('{$.event="capture"}', True),
        ('{ $.event = "Capture" }', False),
        ('{ $.event = "cap" }', False),
        ('{ $.absent = "capture" }', False),
        ('{ $.rows = "12" }', False),
        ('{ $.words = "a b" }', True),
    ],
)
def test_a_pattern_matches_events_whose_property_is_the_text(pattern: str, wanted: bool) -> None:
    assert filter_patterns.read(pattern)(json.dumps(EVENT)) is wanted


@pytest.mark.parametrize("message", ["event capture", "[1]", '"capture"', '{"event": "capture"', ""])
def test_a_json_pattern_matches_no_other_messages(message: str) -> None:
    assert not filter_patterns.read('{ $.event = "capture" }')(message)


@pytest.mark.parametrize(
    "pattern",
    [
        "{ $.event = capture }",
        '{ $.event = "cap*" }',
        '{ $.event != "capture" }',
        '{ $.inner.event = "other" }',
        "{ $.rows = 12 }",
        "{ $.rows > 11 }",
        "{ $.absent NOT EXISTS }",
        '{ $.event = "a" || $.event = "b" }',
        '{ ($.event = "a") }',
        '{ $.event = "a" } more',
        "{ }",
        "capture",
        "-capture",
        "%cap.*%",
        "[ip, user, code = 4*]",
    ],
)
def test_unsupported_pattern_is_refused_by_name(pattern: str) -> None:
    with pytest.raises(ServiceError) as caught:
        filter_patterns.read(pattern)
    assert (caught.value.code, pattern in caught.value.message) == ("InvalidParameterException", True)
