"""Regular expressions that end soon on any text: nothing repeated inside a repetition, few repetitions in a row."""

import importlib
import math
import re
from typing import Any

LONGEST = 200
MOST_REPEATS = 2.5
"""Repetitions without a fixed count that a text may be divided among: each multiplies the ways by its length."""
OPTIONAL = 0.1
"""Weight of an optional part, which only doubles the ways."""
PLAIN = frozenset({"LITERAL", "NOT_LITERAL", "ANY", "IN", "AT"})
REPEATS = frozenset({"MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"})


def ends_soon(pattern: object) -> bool:
    """Return whether a pattern matches any text without long backtracking; False for a malformed pattern."""
    if not isinstance(pattern, str) or not 0 < len(pattern) <= LONGEST:
        return False
    try:
        parsed = importlib.import_module("re._parser").parse(pattern)
    except (re.error, OverflowError, RecursionError):
        return False
    return _repeats(parsed, inside=False) <= MOST_REPEATS


def _repeats(parsed: Any, *, inside: bool) -> float:
    """Count the repetitions on the longest path through a pattern; infinite if there is no bound."""
    count = 0.0
    for operation, argument in parsed:
        name = str(operation)
        if name in REPEATS:
            low, high, body = argument
            again = int(high) > 1
            varies = math.inf if inside else 1 if again else OPTIONAL
            count += varies if low != high else 0
            count += _repeats(body, inside=inside or again)
        elif name == "SUBPATTERN":
            count += _repeats(argument[-1], inside=inside)
        elif name == "BRANCH" and not inside:
            count += max(_repeats(branch, inside=False) for branch in argument[1])
        elif name not in PLAIN:
            return math.inf
    return count
