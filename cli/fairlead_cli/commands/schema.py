"""fairlead schema."""

from typing import Annotated

import typer

from fairlead_cli.output import print_json


def schema(
    command: Annotated[
        list[str] | None,
        typer.Argument(metavar="[COMMAND]", help="For example versions, or fleet add. Default: all commands."),
    ] = None,
) -> None:
    """Print the JSON Schema of what a command prints with --json.

    Without COMMAND it prints one object with the schemas of all commands by their names.
    """
    from difflib import get_close_matches

    from fairlead.errors import NotFoundError
    from fairlead_cli import schemas
    from fairlead_cli.documents import DOCUMENTS

    if not command:
        print_json({name: schemas.schema(name) for name in DOCUMENTS})
        return
    name = " ".join(command)
    if name not in DOCUMENTS:
        near = get_close_matches(name, DOCUMENTS, n=1)
        meant = f"did you mean {near[0]}? " if near else ""
        raise NotFoundError(f"no command {name!r} prints JSON", hint=f"{meant}`fairlead schema` prints all schemas")
    print_json(schemas.schema(name))
