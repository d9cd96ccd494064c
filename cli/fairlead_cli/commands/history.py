"""fairlead history."""

import sys
from itertools import islice
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairlead_cli.journal_view import concerns, is_earlier, moving, open_journal, present_life, see, strategy, what, who
from fairlead_cli.options import DEFAULT_STACK, Json, Name, Stack, where
from fairlead_cli.output import note, print_json, print_table

if TYPE_CHECKING:
    from fairlead.journal.journal import Entry
    from fairlead.model.manifest import Manifest
    from fairlead.model.release import Release
    from fairlead.registry.store import Registry
    from fairlead.settings import Operator
    from fairlead_cli.documents import HistoryRecord

LIMIT = 20


def history(
    name: Name,
    *,
    limit: Annotated[int, typer.Option(min=1, metavar="N", help="Show the newest N records.")] = LIMIT,
    verify: Annotated[
        bool,
        typer.Option(
            "--verify", help="Verify the whole journal and the aliases instead; exit code 1 if something is wrong."
        ),
    ] = False,
    stack: Stack = DEFAULT_STACK,
    json: Json = False,
) -> None:
    """Show who moved live and previous, when and why.

    Lists the journal's records, newest first. r14 is a release, churn@7 a version. --json includes the evidence.
    """
    settings = where(stack)
    if verify:
        _verify(settings, json=json)
        return
    journal, registry = open_journal(settings)
    found = list(
        islice((entry for entry in journal.history() if concerns(entry.record, name)), min(limit, sys.maxsize))
    )
    if not found:
        registry.latest(name)  # raises NotFoundError if there is no such model
    known = _manifests(registry, found)
    if json:
        print_json([_document(entry, known.get(_version(entry.record.now))) for entry in found])
        return
    if not found:
        note(f"the journal holds no move of {name}")
        return
    life = present_life(settings)
    print_table(
        ("", "when (UTC)", "what", "from → to", "by", "why"),
        [_row(entry, known.get(_version(entry.record.now)), life) for entry in found],
    )
    for earlier in sorted({one.life for one in _releases(found) if is_earlier(one, life)}):
        note(
            f"({earlier[:8]}): a release of an earlier stack of this name (id …{earlier}), which had numbers of its own"
        )


def _verify(settings: "Operator", *, json: bool) -> None:
    from fairlead.journal.alias_state import drift

    journal, _ = open_journal(settings)
    newest = journal.last()
    problems = [*journal.verify(), *drift(journal.standing(), see(settings))]
    if json:
        from fairlead_cli.documents import JournalCheck

        print_json(JournalCheck(newest=newest, problems=problems))
    for problem in [] if json else problems:
        typer.echo(problem)
    if problems:
        raise typer.Exit(1)
    if not json:
        typer.echo(
            f"{newest} records: none is missing, the hash chain is intact, and the aliases are where the journal says"
        )


def _manifests(registry: "Registry", entries: "list[Entry]") -> "dict[tuple[str, int], Manifest]":
    """Return the manifests of the versions that records name; unreadable manifests are skipped with a note."""
    from fairlead.errors import FairleadError

    found: dict[tuple[str, int], Manifest] = {}
    for model, version in {_version(entry.record.now) for entry in entries} - {("", 0)}:
        try:
            found[model, version], _ = registry.manifest(model, version)
        except FairleadError as error:
            note(f"whether {model} version {version} was forced, or has own code, is not known: {error}")
    return found


def _releases(entries: "list[Entry]") -> "list[Release]":
    return [one for entry in entries for one in (entry.record.was, entry.record.now) if one]


def _version(release: "Release | None") -> tuple[str, int]:
    return (release.model, release.version) if release and release.model else ("", 0)


def _document(entry: "Entry", manifest: "Manifest | None") -> "HistoryRecord":
    """Return the whole record with defaults and its label; and whether its version was forced and imports own code."""
    from msgspec.structs import asdict

    from fairlead_cli.documents import HistoryRecord

    forced = manifest.forced if manifest else None
    code = manifest.package if manifest and manifest.engine.code else None
    return HistoryRecord(record=entry.label, forced=forced, own_code=code, **asdict(entry.record))


def _row(entry: "Entry", manifest: "Manifest | None", life: str) -> tuple[Any, ...]:
    label, record = entry
    mark = " FORCED" if manifest and manifest.forced else ""
    mark += f" OWN CODE {manifest.package}" if manifest and manifest.engine.code else ""
    shares = "".join(f", {share:.0%}" for share in record.weights.values())
    how = f", {strategy(record)}" if strategy(record) else ""
    when = "" if record.kind == "unreadable" else f"{record.effective:%Y-%m-%d %H:%M:%S}"
    return label, when, what(record), moving(record, life) + how + shares + mark, who(record), record.why
