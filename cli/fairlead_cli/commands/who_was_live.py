"""fairlead who-was-live."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

from fairlead_cli import clock
from fairlead_cli.journal_view import is_earlier, open_journal, present_life, strategy, who
from fairlead_cli.options import DEFAULT_STACK, Json, Name, Stack, where
from fairlead_cli.output import note, print_facts, print_json
from fairlead_cli.times import moment, utc_text

if TYPE_CHECKING:
    from fairlead.journal.alias_state import LiveAt
    from fairlead.journal.tail import Tail
    from fairlead_cli.documents import WasLive


def who_was_live(
    name: Name,
    *,
    at: Annotated[
        str,
        typer.Option(metavar="TIME", help="ISO 8601 with Z or an offset; a date (its first moment, UTC); or now."),
    ],
    stack: Stack = DEFAULT_STACK,
    json: Json = False,
) -> None:
    """Show which release was live at a given time.

    Also shows the other release while traffic was shifting, who moved live, and why.
    """
    settings = where(stack)
    journal, _ = open_journal(settings)
    tail = journal.all()
    latest = max(clock.now(), tail[0].at) if tail else clock.now()
    instant = moment(at, now=latest)
    found = tail.who_was_live(instant)
    if found is None:
        raise _not_in_journal(instant, tail)
    if json:
        print_json(_document(name, instant, found))
        return
    print_facts(_facts(name, instant, found))
    if is_earlier(found.release, present_life(settings)):
        note(
            f"this release is of an earlier stack of this name (id …{found.release.life}), which had numbers of its own"
        )


def _document(name: str, instant: datetime, found: "LiveAt") -> "WasLive":
    from msgspec.structs import asdict

    from fairlead_cli.documents import WasLive, WholeRecord

    return WasLive(
        at=instant,
        answered=found.release.model == name,
        live=found.release,
        weights=found.weights,
        since=found.record.effective,
        record=WholeRecord(**asdict(found.record)),
    )


def _facts(name: str, instant: datetime, found: "LiveAt") -> list[tuple[str, str]]:
    record = found.record
    other = found.release.model != name
    shares = ", ".join(f"{share:.0%} of calls to release {number}" for number, share in found.weights.items())
    to = f"to {record.now}" if record.kind == "shifting" and record.now else ""
    shifting = ", ".join(filter(None, (to, strategy(record), shares)))
    return [
        ("at", utc_text(instant)),
        ("live", str(found.release) + (f": {name} was not live" if other else "")),
        *([("shifting", shifting)] if shifting else []),
        ("since", utc_text(record.effective)),
        ("by", who(record)),
        ("why", record.why),
        ("record", f"{record.number} ({record.kind})"),
    ]


def _not_in_journal(instant: datetime, tail: "Tail") -> Exception:
    from fairlead.errors import NotFoundError

    if not tail:
        return NotFoundError("the journal is empty: it holds no move", hint="`fairlead status` shows the live release")
    first = tail[len(tail) - 1]
    before = next((record.was for record in reversed(tail) if record.alias == "live" and record.was), None)
    hint = f"its first move replaced {before}" if before else ""
    message = f"the journal has no live release at {utc_text(instant)}: it begins at {utc_text(first.at)}"
    return NotFoundError(message, hint=hint)
