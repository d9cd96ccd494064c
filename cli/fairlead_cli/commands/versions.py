"""fairlead versions."""

from datetime import UTC
from typing import TYPE_CHECKING, Annotated, Any

import typer

from fairlead.model.digest import prefixed
from fairlead_cli import completion
from fairlead_cli.options import DEFAULT_STACK, Json, Stack, where
from fairlead_cli.output import note, print_json, print_table, text
from fairlead_cli.stack import roles

if TYPE_CHECKING:
    from fairlead.registry.store import Registry
    from fairlead.settings import Operator

MOST_METRICS = 2


def versions(
    name: Annotated[
        str | None,
        typer.Argument(metavar="NAME", autocompletion=completion.models, help="The model. Default: list all models."),
    ] = None,
    *,
    stack: Stack = DEFAULT_STACK,
    json: Json = False,
) -> None:
    """List the models, or one model's versions.

    Lists versions with their metrics, newest first. Marks retired and forced versions, and those that import their
    publisher's own code; also the live and the previous one if the stack can be read.
    """
    from fairlead.registry import retirements
    from fairlead.registry.connection import open_registry

    settings = where(stack)
    opened = open_registry(settings)
    if name is None:
        _models(opened, json=json)
        return
    opened.latest(name)
    roles = _roles(settings, name)
    gone = retirements.retired(opened.objects, name)
    listed = [
        {**_version(opened, name, number, roles), "retired": number in gone}
        for number in reversed(opened.versions(name))
    ]
    if json:
        print_json(listed)
        return
    rows = [
        (
            one["version"],
            ", ".join(
                filter(None, (one["role"], one["retired"] and "retired", one.get("forced") and "FORCED", _code(one)))
            ),
            _short(one["created"]),
            one["created_by"],
            one["engine"],
            one["rows"],
            one["metrics"],
        )
        for one in map(_for_people, listed)
    ]
    print_table(("version", "", "created", "by", "engine", "rows", "metrics"), rows)


def _models(opened: "Registry", *, json: bool) -> None:
    found = [{"model": model, "latest": _latest(opened, model)} for model in opened.models()]
    if json:
        print_json(found)
        return
    if not found:
        note("no model has been published yet")
        return
    print_table(("model", "latest"), [(one["model"], one["latest"]) for one in found])


def _latest(opened: "Registry", model: str) -> int | None:
    """Return the newest version's number; None if no object under the model's name is a version."""
    from fairlead.errors import NotFoundError

    try:
        return opened.latest(model)
    except NotFoundError:
        return None


def _version(opened: "Registry", name: str, number: int, roles: dict[int, str]) -> dict[str, Any]:
    """Return a version's facts; a damaged manifest is listed with its error beside the others."""
    from fairlead.errors import IntegrityError, SchemaError

    facts: dict[str, Any] = {"version": number, "role": roles.get(number, "")}
    try:
        manifest, sha256 = opened.manifest(name, number)
    except (IntegrityError, SchemaError) as error:
        return {**facts, "error": str(error)}
    return {
        **facts,
        "created": manifest.created,
        "created_by": manifest.created_by,
        "engine": manifest.engine.name,
        "rows": manifest.rows,
        "metrics": manifest.metrics,
        "forced": manifest.forced,
        "own_code": manifest.package if manifest.engine.code else None,
        "digest": prefixed(sha256),
    }


def _code(facts: dict[str, Any]) -> str:
    return f"own code {facts['own_code']}" if facts.get("own_code") else ""


def _for_people(facts: dict[str, Any]) -> dict[str, Any]:
    if "error" in facts:
        return {**facts, "created": None, "created_by": "", "engine": "", "rows": "", "metrics": facts["error"]}
    from fairlead.model.principal import named

    figures = [f"{name} {text(metric.value)}" for name, metric in list(facts["metrics"].items())[:MOST_METRICS]]
    by, rows = named(facts["created_by"]), facts["rows"].get("held_out", "")
    return {**facts, "created_by": by, "rows": rows, "metrics": ", ".join(figures)}


def _roles(settings: "Operator", name: str) -> dict[int, str]:
    """Return which versions are live and previous; prints a note if the stack cannot be read."""
    from fairlead.errors import FairleadError

    try:
        return roles(settings, name)
    except FairleadError as error:
        note(f"the live release is unknown: {error}")
        return {}


def _short(created: Any) -> str:
    return f"{created.astimezone(UTC):%Y-%m-%d %H:%M}Z" if created else ""
