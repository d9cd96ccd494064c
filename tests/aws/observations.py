"""Observed facts of a cloud, compared with the claims of the local cloud.

`claims.json` holds the facts as the local cloud has them. There a difference fails the test, so the claims stay true.
On AWS a difference is no failure of Fairlead: it is written into a report, to be sent to the project.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

CLAIMS = Path(__file__).with_name("claims.json")


@dataclass
class Observations:
    """Facts by subject, in the order in which they were seen."""

    cloud: str
    claims: Mapping[str, Mapping[str, Any]] = field(default_factory=lambda: json.loads(CLAIMS.read_text()))
    seen: dict[str, dict[str, Any]] = field(default_factory=dict)

    def note(self, subject: str, **facts: Any) -> None:
        """Record facts; on the local cloud they must be what is claimed."""
        self.seen[subject] = facts
        if self.cloud == "local":
            assert facts == self.claims.get(subject), f"claims.json says otherwise of {subject}"

    def differences(self) -> list[tuple[str, str, Any, Any]]:
        """Return subject, fact, claim and observation where the two differ."""
        return [
            (subject, name, self.claims.get(subject, {}).get(name), value)
            for subject, facts in self.seen.items()
            for name, value in facts.items()
            if value != self.claims.get(subject, {}).get(name)
        ]

    def report(self, more: str) -> str:
        """Return the report as Markdown."""
        found = self.differences()
        lines = [
            f"# Differences between AWS and the local cloud, {datetime.now(UTC):%Y-%m-%d}",
            "",
            f"{len(self.seen)} subjects compared, {len(found)} facts differ.",
            "",
            "| subject | fact | the local cloud | AWS |",
            "|---|---|---|---|",
            *(f"| {subject} | {name} | {_cell(claim)} | {_cell(value)} |" for subject, name, claim, value in found),
            "",
            more,
        ]
        return "\n".join(lines) + "\n"


def _cell(value: Any) -> str:
    return json.dumps(value, default=str).replace("|", "\\|")
