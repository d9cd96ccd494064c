"""One run of `fairlead predict` over a table: one version answers every row, also during a release.

A run pins its version (`/versions/N/predict`), because during a canary two releases answer unpinned calls. A release
that is older than the pin does not know it yet: then the run starts again with the newest version that it knows.
"""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from fairlead.batch.formats import Columns
from fairlead.client.client import older_version
from fairlead.client.endpoint import Endpoint
from fairlead.errors import CallError
from fairlead.model.signature import Signature
from fairlead_cli.rows import Sent
from fairlead_cli.stack import release_command

if TYPE_CHECKING:
    from fairlead.publishing.input.pieces import TableFile

MOST_STARTS = 3


class Contract(msgspec.Struct, frozen=True, kw_only=True):
    """The contract of the version in use, from `GET /model` or `GET /versions/N`."""

    model: str
    version: int
    digest: str
    most_rows: int
    signature: Signature

    def identity(self) -> dict[str, Any]:
        """Return the version's identity."""
        return {"model": self.model, "version": self.version, "digest": self.digest}


class Answered(msgspec.Struct, frozen=True):
    """One request's rows by column, and their predictions, in order; `release` gave them."""

    rows: Columns
    release: str
    predictions: list[dict[str, Any]]


def contract(endpoint: Endpoint, name: str, version: int | None) -> Contract:
    """Read the contract of a version, of the live one where None; raises CallError where another model is live."""
    found = msgspec.convert(endpoint.describe(version), Contract)
    if found.model != name:
        release = release_command(name, "VERSION", found.model)
        raise CallError(f"{found.model} is live, not {name}", hint=f"`{release}` makes it live")
    return found


def run_pinned(
    endpoint: Endpoint, name: str, run: Callable[[Contract], None], *, notify: Callable[[str], None]
) -> None:
    """Run with the live version; restart with an older one if a release does not serve that version."""
    found = contract(endpoint, name, None)
    for _ in range(MOST_STARTS):
        try:
            run(found)
        except CallError as error:
            older = older_version(error, found.version)
            if older is None:
                raise
            notify(
                f"version {found.version} does not answer every call (a deployment is running): using version {older}"
            )
            found = contract(endpoint, name, older)
        else:
            return
    raise CallError(
        f"the live release changed {MOST_STARTS} times meanwhile", hint="ask again, or pin with --version N"
    )


def answers(
    endpoint: Endpoint, found: Contract, table: "TableFile", *, start: int = 0, explain: bool = False
) -> Iterator[Answered]:
    """Yield the answers to the rows from `start` on as they arrive, with their reasons if asked.

    Raises CallError, naming rows of the table, also where another version responded.
    """
    sent = Sent(found.signature, table.pieces(start=start))
    for answer in endpoint.predict(
        sent.instances(), most_rows=found.most_rows, version=found.version, first_row=start, explain=explain
    ):
        if any(answer.get(fact) != value for fact, value in found.identity().items()):
            other = answer.get("version")
            raise CallError(f"version {other} answered for version {found.version}", hint="run the command again")
        predictions = answer["predictions"]
        yield Answered(sent.take(len(predictions)), answer["release"], predictions)
