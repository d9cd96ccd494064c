"""A stack: its live release, models and alarms."""

from collections.abc import Iterator

from fairlead.aws import clients
from fairlead.aws.cloudwatch_alarms import Alarms
from fairlead.errors import FairleadError
from fairlead.html.blocks import Cell, paragraph, section, table
from fairlead.html.elements import Children, e
from fairlead.journal.alias_state import ObservedAliases
from fairlead.model.release import Release
from fairlead.monitoring.dashboard import tables
from fairlead_cli.console.visit import Page, Visit, link
from fairlead_cli.journal_view import see


def page(visit: Visit) -> Page:
    """Return the page of a stack; raises NotFoundError, StorageError."""
    found = visit.stack
    alarms = tuple(Alarms(clients.client("cloudwatch")).of_stack(found.name))
    models = visit.registry.models()
    return Page(
        found.name,
        [
            e(
                "header",
                e("p", f"Stack · {found.status}", class_="kicker"),
                e("h1", found.name),
                e("dl", [e("div", e("dt", name), e("dd", said)) for name, said in _key(visit)], class_="key"),
            ),
            section("Models", table(("model", "newest version"), [_model(visit, one) for one in models]))
            if models
            else section("Models", paragraph("No version has been published yet.")),
            section("Alarms", tables.standing(alarms)) if alarms else None,
        ],
        live=True,
    )


def _key(visit: Visit) -> Iterator[tuple[str, Children]]:
    aliases = see(visit.settings)
    yield "Live", _named(aliases.live)
    for release, share in aliases.weights.items():
        yield "Shifting", [f"{share:.0%}", e("span", f"of calls to release {release}")]
    yield "A rollback goes to", _way_back(aliases)
    yield "Endpoint", e("span", e("code", visit.stack.api_url))


def _way_back(aliases: ObservedAliases) -> Children:
    """Return the release of `previous`; after a rollback it is live itself."""
    if aliases.previous and aliases.previous.same(aliases.live):
        return ["–", e("span", "the previous release is live: fairlead rollback --to names another")]
    return _named(aliases.previous)


def _named(release: Release | None) -> Children:
    if release is None:
        return ["–", e("span", "its version was deleted")]
    if release.model is None:
        return ["no model", e("span", f"release {release.release}")]
    return [f"{release.model} {release.version}", e("span", f"release {release.release}")]


def _model(visit: Visit, model: str) -> tuple[Cell, Cell]:
    try:
        newest = str(visit.registry.latest(model))
    except FairleadError as error:
        newest = str(error)
    return link(model, visit.of_stack("models", model)), newest
