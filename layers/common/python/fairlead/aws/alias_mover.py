"""The move function, as the functions ask it that may not move an alias themselves.

Lambda authorises UpdateAlias on the whole function: a role that may move one alias may move every alias. So one
function's role has that right, and its rules (`fairlead.releases.move`) decide what it accepts.
"""

from typing import Annotated, Any, Literal

import msgspec

from fairlead.aws import clients, lambda_invocation
from fairlead.aws.lambda_function import Alias
from fairlead.errors import ReleaseError

LONGEST = 90
"""Seconds that the move function may take, its cold start included."""

ATTEMPTS = 2
"""Calls of one order in all; the order may be repeated, because it names the alias's RevisionId."""


class MoveOrder(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Move `alias`, as it was read with RevisionId `revision`, to the Lambda version `release` alone."""

    alias: Literal["live", "previous"]
    revision: Annotated[str, msgspec.Meta(min_length=1)]
    release: Annotated[str, msgspec.Meta(pattern="^[1-9][0-9]*$")]


class MoveReply(msgspec.Struct, frozen=True, kw_only=True):
    """The alias after the move; None if the order was refused, with the reason and what to do next."""

    moved: Alias | None = None
    refused: str = ""
    hint: str = ""


class AliasMover:
    """Asks the move function of one stack, through a boto3 client."""

    def __init__(self, client: Any, function: str) -> None:
        self._client = client
        self._function = function

    def move(self, alias: Alias, version: str) -> Alias:
        """Order the move of an alias, as it was read, to one version; return the alias as it is afterwards.

        Raises ReleaseError for a refused order; CallError if the function cannot be reached, or failed.
        """
        order = msgspec.convert({"alias": alias.name, "revision": alias.revision, "release": version}, MoveOrder)
        answer = lambda_invocation.call(self._client, self._function, msgspec.json.encode(order))
        reply = msgspec.convert(answer, MoveReply)
        if reply.moved is None:
            raise ReleaseError(reply.refused, hint=reply.hint)
        return reply.moved


def opened(function: str) -> AliasMover:
    """Return the move function of this name, under this process's credentials; throttled calls are repeated."""
    client = clients.client("lambda", connect_timeout=3, read_timeout=LONGEST + 5, attempts=ATTEMPTS)
    return AliasMover(client, function)
