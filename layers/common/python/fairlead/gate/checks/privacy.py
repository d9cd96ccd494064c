"""Privacy: inputs that look like a person's, by name and by value. Values are counted, never shown."""

import numpy as np

from fairlead.gate.evidence import Column, Evidence
from fairlead.gate.findings import Finding, failed, passed, warned
from fairlead.gate.personal_data import Look, by_name, by_values
from fairlead.gate.policy import Policy

NAME = "privacy"
LOOKED_AT = 2000
UNIQUE = 0.95
FEWEST = 50


def privacy(evidence: Evidence, policy: Policy) -> list[Finding]:
    """Return one finding for each input that looks like personal data."""
    make = failed if policy.privacy.verdict == "fail" else warned
    findings = []
    for column in evidence.held_out.columns:
        look = None if column.name in policy.privacy.ignore else _look(column)
        if look is not None:
            figure = f"{look.values:,} of {look.looked_at:,} values" if look.values else "its name"
            detail = "leave it out, or name it in privacy.ignore; predictions would be captured with it"
            findings.append(make(NAME, f"{column.name} looks like {look.what}", figure=figure, detail=detail))
    return findings or [passed(NAME, "inputs that look like personal data", figure="0", threshold="0")]


def _look(column: Column) -> Look | None:
    texts = _texts(column)
    look = by_values(texts)
    if look is not None:
        return look
    named = by_name(column.name)
    if named is not None:
        return Look(named, 0, len(texts))
    return _unique(column)


def _texts(column: Column) -> list[str]:
    """The first values as people would write them; numbers only where they are whole, as card numbers are."""
    present = column.values[~column.missing()][:LOOKED_AT]
    if column.levels is not None:
        return [str(column.levels[code]) for code in present]
    if len(present) == 0 or column.kind == "boolean" or not (present == np.floor(present)).all():
        return []
    return [f"{value:.0f}" for value in present]


def _unique(column: Column) -> Look | None:
    """A string or whole number that is another one in nearly every row names the row and predicts nothing.

    Measurements are nearly unique too, so whole numbers count only where they fill their range as counters do.
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
        return None  # sentences differ from row to row and name nobody by that
    return Look("an identifier", distinct, len(present))
