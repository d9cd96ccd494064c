"""The frozen list of older versions that callers may pin: text such as `6,1-4`, newest first."""

import re
from collections.abc import Collection
from itertools import groupby

from fairlead.errors import SettingsError

NAME = "FAIRLEAD_PINNABLE"
MOST = 1_000
"""Characters of the list at most: Lambda's environment holds 4 KB. The oldest versions are left out first."""

RUN = re.compile(r"([1-9][0-9]{0,8})(?:-([1-9][0-9]{0,8}))?")


def as_text(versions: Collection[int]) -> str:
    """Return version numbers as text: runs, newest first, as many as fit."""
    joined = ""
    for _, run in groupby(enumerate(sorted(set(versions), reverse=True)), key=lambda one: one[0] + one[1]):
        numbers = [version for _, version in run]
        text = f"{numbers[-1]}-{numbers[0]}" if numbers[1:] else str(numbers[0])
        longer = f"{joined},{text}" if joined else text
        if len(longer) > MOST:
            break
        joined = longer
    return joined


def parse(text: str) -> tuple[range, ...]:
    """Return the ranges of a text that `as_text` made; raises SettingsError."""
    runs = []
    for part in text.split(",") if text else ():
        found = RUN.fullmatch(part)
        if not found:
            raise SettingsError(f"{NAME} must be versions like 1-4,6, got {text!r}", hint="use `fairlead release`")
        first = int(found[1])
        runs.append(range(first, int(found[2] or first) + 1))
    return tuple(runs)
