"""Privacy check: inputs that look like personal data, by name and by value. Findings have counts, never a value."""

import numpy as np

from fairlead.gate.evidence import Column, Evidence
from fairlead.gate.findings import Finding, failed, passed, warned
from fairlead.gate.personal_data import Match, by_name, by_values
from fairlead.gate.policy import Policy

NAME = "privacy"
CHECKED = 2000  # values of a column
UNIQUE = 0.95
FEWEST = 50


def privacy(evidence: Evidence, policy: Policy) -> list[Finding]:
    """Return one finding for each input that looks like personal data."""
    make = failed if policy.privacy.verdict == "fail" else warned
    findings = []
    for column in evidence.held_out.columns:
        match = None if column.name in policy.privacy.ignore else _match(column)
        if match is not None:
            figure = f"{match.values:,} of {match.checked:,} values" if match.values else "its name"
            detail = "leave it out, or name it in privacy.ignore; captured predictions contain it"
            findings.append(make(NAME, f"{column.name} looks like {match.kind}", figure=figure, detail=detail))
    return findings or [passed(NAME, "inputs that look like personal data", figure="0", threshold="0")]


def _match(column: Column) -> Match | None:
    texts = _texts(column)
    match = by_values(texts)
    if match is not None:
        return match
    named = by_name(column.name)
    if named is not None:
        return Match(named, 0, len(texts))
    return _unique(column)


def _texts(column: Column) -> list[str]:
    """Return the first CHECKED values as text; numbers only if they are whole, as card numbers are."""
    present = column.values[~column.missing()][:CHECKED]
    if column.levels is not None:
        return [str(column.levels[code]) for code in present]
    if len(present) == 0 or column.kind == "boolean" or not (present == np.floor(present)).all():
        return []
    return [f"{value:.0f}" for value in present]


def _unique(column: Column) -> Match | None:
    """Return an identifier match if nearly every row has a different string or whole number.

    Such a value identifies the row and predicts nothing. Measurements are nearly unique too, so whole numbers count
    only if they fill their range, as counters do.
    """
    present = column.values[~column.missing()]
    if len(present) < FEWEST or column.kind not in {"category", "text", "integer"}:
        return None
    distinct = len(np.unique(present))
    if distinct < UNIQUE * len(present):
        return None
    if column.levels is None and np.ptp(present) > 20 * len(present):
        return None
    if column.kind == "text" and any(" " in text for text in _texts(column)):
        return None  # sentences differ from row to row without identifying a person
    return Match("an identifier", distinct, len(present))
