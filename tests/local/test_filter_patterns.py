"""Filter patterns: what they match, and which ones are refused."""

import json

import pytest

from fairlead_local.errors import ServiceError
from fairlead_local.logs import patterns

EVENT = {
    "event": "capture", "rows": 12, "share": 0.25, "live": True, "lost": False, "nothing": None, "text": "12",
    "ip": "123.123.4.5", "inner": {"kind": "a b", "list": [{"id": 1}, {"id": 2}]}, "words": ["x", "yes"],
    "quote": 'a"*b',
}  # fmt: skip


@pytest.mark.parametrize(
    ("pattern", "wanted"),
    [
        ("", True),
        ('{ $.event = "capture" }', True),
        ("{ $.event = capture }", True),
        ('{$.event="capture"}', True),
        ('{ $.event = "Capture" }', False),
        ('{ $.event = "cap" }', False),
        ('{ $.event = "cap*" }', True),
        ('{ $.event = "*tur*" }', True),
        ('{ $.event != "capture" }', False),
        ('{ $.event != "other" }', True),
        ('{ $.absent = "*" }', False),
        ('{ $.absent != "x" }', False),
        ('{ $.live = "*" }', True),
        ("{ $.rows = 12 }", True),
        ("{ $.rows = 1.2e1 }", True),
        ("{ $.rows != 12 }", False),
        ("{ $.rows > 11.5 }", True),
        ("{ $.rows > 12 }", False),
        ("{ $.rows >= 12 }", True),
        ("{ $.rows < -1 }", False),
        ("{ $.share <= .25 }", True),
        ("{ $.text > 11 }", False),
        ("{ $.text = 12 }", True),
        ("{ $.ip = 123.123.* }", True),
        ("{ $.ip != 123.123.* }", False),
        ("{ $.live IS TRUE }", True),
        ("{ $.live IS FALSE }", False),
        ("{ $.lost IS FALSE }", True),
        ("{ $.rows IS TRUE }", False),
        ("{ $.nothing IS NULL }", True),
        ("{ $.absent IS NULL }", False),
        ("{ $.absent NOT EXISTS }", True),
        ("{ $.nothing NOT EXISTS }", False),
        ('{ $.inner.kind = "a b" }', True),
        ('{ $.inner = "*" }', False),
        ("{ $.inner.list[1].id = 2 }", True),
        ("{ $.inner.list[2].id NOT EXISTS }", True),
        ("{ $.inner.list[*].id = 2 }", True),
        ("{ $.inner.list[*].id = 3 }", False),
        ("{ $.words[0] = x }", True),
        ("{ $.* = capture }", True),
        (r'{ $.quote = "a\"\*b" }', True),
        (r'{ $.quote = "a\"\*c" }', False),
        ('{ ($.event = "capture") && ($.rows > 20) }', False),
        ('{ $.event = "x" || $.rows = 12 && $.live IS TRUE }', True),
        ('{ $.rows = 12 || $.event = "x" && $.live IS FALSE }', True),
        ('{ ($.rows = 12 || $.event = "x") && $.live IS FALSE }', False),
        ("capture", True),
        ("capture absent", False),
        ('"capture\\"," rows', True),
        ("capture -rows", False),
        ("-absent", True),
        ("?absent ?rows", True),
        ("?absent ?missing", False),
    ],
)
def test_a_pattern_matches_what_aws_says_it_does(pattern: str, wanted: bool) -> None:
    assert patterns.read(pattern)(json.dumps(EVENT)) is wanted


@pytest.mark.parametrize("message", ["event capture", "[1]", '"capture"', '{"event": "capture"', ""])
def test_a_json_pattern_matches_no_other_messages(message: str) -> None:
    assert not patterns.read("{ $.event NOT EXISTS }")(message)


@pytest.mark.parametrize(
    ("pattern", "reason"),
    [
        ("{ $.event = }", "a value expected, not }"),
        ("{ $.event }", "a comparison expected"),
        ("{ event = 1 }", "a selector"),
        ("{ $.event = 1", "} expected before the end"),
        ("{ ($.event = 1 }", r"\) expected"),
        ("{ $.event = 1 } more", "more after the closing brace"),
        ("{ $.event > abc }", "compares numbers"),
        ('{ $.event > "1" }', "compares numbers"),
        ("{ $.event IS MISSING }", "IS MISSING is none of"),
        ("{ $.event = %x% }", "not understood from %x%"),
        ("{ }", "a selector"),
        ("[ip, user, code = 4*]", "space-delimited"),
        ("%x.*%", "no regular expressions"),
        ("some?thing", "Invalid character"),
        ("?one two", "beside others"),
        ("x" * 1025, "at most 1024"),
    ],
)
def test_what_is_no_pattern_or_not_known_is_refused(pattern: str, reason: str) -> None:
    with pytest.raises(ServiceError, match=reason) as caught:
        patterns.read(pattern)
    assert caught.value.code == "InvalidParameterException"
