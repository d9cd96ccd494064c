"""The demo's callers: field teams that ask for predictions, and laboratories that report outcomes.

Each is a user with one policy of the stack.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from fairlead.client.endpoint import Endpoint
from fairlead_local.account import REGION
from fairlead_local.cloud import Credentials, LocalCloud
from fairlead_local.demo.traffic import DELAY, TEAMS, TeamRequest

LABORATORIES = 2

Outcome = dict[str, Any]


class Callers:
    """Sends signed calls; outcomes are kept until their round."""

    def __init__(self, cloud: LocalCloud, outputs: Mapping[str, str]) -> None:
        self._teams = [_endpoint(cloud, f"field-team-{n}", outputs["CallerPolicyArn"]) for n in range(1, TEAMS + 1)]
        self._laboratories = [
            _endpoint(cloud, f"laboratory-{n}", outputs["FeedbackPolicyArn"]) for n in range(1, LABORATORIES + 1)
        ]
        self._waiting: dict[int, list[Outcome]] = {}

    def ask(self, number: int, requests: Sequence[TeamRequest]) -> None:
        """Send a round's requests; raises CallError."""
        for request in requests:
            for answer in self._teams[request.team].predict(request.rows):
                self._waiting.setdefault(number + DELAY, []).extend(
                    {"prediction_id": prediction["id"], "actual": species}
                    for prediction, species in zip(answer["predictions"], request.truth, strict=True)
                )

    def report(self, number: int) -> None:
        """Report the outcomes of this round, shared by the laboratories; raises CallError."""
        known = self._waiting.pop(number, [])
        for place, laboratory in enumerate(self._laboratories):
            for _ in laboratory.report(known[place::LABORATORIES]):
                pass


def _endpoint(cloud: LocalCloud, name: str, policy: str) -> Endpoint:
    import boto3

    keys: Credentials = cloud.add_user(name, [policy])
    session = boto3.Session(keys.access_key_id, keys.secret_access_key, region_name=REGION)
    return Endpoint(cloud.api_url, session=session)
