"""Thresholds of a drift finding."""

from typing import Literal

import msgspec

Verdict = Literal["drift", "none", "not enough data"]


class Thresholds(msgspec.Struct, frozen=True, kw_only=True):
    """Thresholds of a drift finding; all three must be met.

    `psi` is the least population stability index, `level` the largest p value after Holm's correction over everything
    judged, and `effective_rows` the least effective number of independent rows in the window.
    """

    psi: float = 0.1
    level: float = 0.0001
    effective_rows: float = 50.0
