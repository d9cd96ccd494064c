"""The next step that `fairlead shadow` prints: an inconclusive result is no pass."""

from typing import Literal

import pytest

from fairlead.model.release import Release
from fairlead.monitoring.replay import Shadow
from fairlead.monitoring.shadow import Shadowed
from fairlead.quality.paired_test import Comparison
from fairlead_cli.commands.shadow import next_step


def shadowed(verdict: Literal["better", "worse", "not yet decided"]) -> Shadowed:
    release = Release(release="9", model="churn", version=8, digest="", code_sha256="", modified="")
    comparison = Comparison(
        requests=1, rows=1, agreeing=1, advantage=0.0, evidence_better=1.0, evidence_worse=1.0, verdict=verdict
    )
    shadow = Shadow(rows=1, agreeing=1, refused=0, comparison=comparison)
    return Shadowed(candidate=release, live=release, hours=24, shadow=shadow)


@pytest.mark.parametrize(("verdict", "releases"), [("better", True), ("worse", False), ("not yet decided", False)])
def test_only_a_better_candidate_is_to_be_released(
    verdict: Literal["better", "worse", "not yet decided"], releases: bool
) -> None:
    assert ("fairlead release churn 8" in next_step(shadowed(verdict))) is releases
