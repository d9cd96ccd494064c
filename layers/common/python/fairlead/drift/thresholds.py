"""What a finding of drift needs."""

from typing import Literal

import msgspec

Verdict = Literal["drift", "none", "not enough data"]


class Thresholds(msgspec.Struct, frozen=True, kw_only=True):
    """What a finding of drift needs, all of it: effect, evidence, and enough of what evidence is made of.

    `psi` is the least population stability index, `level` the largest p value after Holm's correction over everything
    judged, and `effective_rows` the fewest independent rows a window must be worth.
    """

    psi: float = 0.1
    level: float = 0.0001
    effective_rows: float = 50.0
