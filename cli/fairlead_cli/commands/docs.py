"""fairlead docs."""

from pathlib import Path
from typing import Annotated

import typer

from fairlead_cli.options import DEFAULT_STACK, Json, Name, Stack, Version, where
from fairlead_cli.output import print_json


def docs(
    name: Name,
    version: Version = None,
    *,
    show: Annotated[bool, typer.Option("--open", help="Open the file in the browser.")] = False,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The file to write. Default: a name in the current folder.")
    ] = None,
    stack: Stack = DEFAULT_STACK,
    json: Json = False,
) -> None:
    """Write a version's API documentation: one HTML file that opens offline.

    It shows the routes, the fields of a row with their limits, an example, and every error, from the OpenAPI document
    that was stored when the version was published.
    """
    from fairlead.registry.connection import open_registry
    from fairlead_cli.openapi_page import assets, page
    from fairlead_cli.version_files import file_of, write_file

    swagger = assets()
    opened = open_registry(where(stack))
    manifest, _ = opened.manifest(name, version or opened.latest(name))
    blob = file_of(manifest, "openapi")
    path = output or Path(f"{name}-{manifest.version}-api.html")
    write_file(path, page(opened.blob(blob), swagger).encode())
    if json:
        from fairlead_cli.documents import ApiPage

        print_json(ApiPage(model=name, version=manifest.version, file=str(path), openapi_sha256=blob.sha256))
    else:
        typer.echo(str(path))
    if show:
        typer.launch(path.resolve().as_uri())
