"""fairlead report."""

from pathlib import Path
from typing import Annotated

import typer

from fairlead_cli.options import DEFAULT_STACK, Json, Name, Stack, Version, where
from fairlead_cli.output import print_json


def report(
    name: Name,
    version: Version = None,
    *,
    show: Annotated[bool, typer.Option("--open", help="Open the file in the browser.")] = False,
    card: Annotated[
        bool, typer.Option("--card", help="Fetch the model card (Markdown) instead of the report.")
    ] = False,
    output: Annotated[
        Path | None, typer.Option(metavar="FILE", help="The file to write. Default: a name in the current folder.")
    ] = None,
    stack: Stack = DEFAULT_STACK,
    json: Json = False,
) -> None:
    """Fetch a version's report: one HTML file that opens offline.

    It shows the verdict, metrics with intervals, charts, slices, inputs, parity, costs and lineage as of publishing.
    """
    from fairlead.registry.connection import open_registry
    from fairlead_cli.version_files import file_of, write_file

    opened = open_registry(where(stack))
    manifest, _ = opened.manifest(name, version or opened.latest(name))
    kind = "card" if card else "report"
    blob = file_of(manifest, kind)
    path = output or Path(f"{name}-{manifest.version}-{'model_card.md' if card else 'report.html'}")
    write_file(path, opened.blob(blob))
    if json:
        from fairlead_cli.documents import ReportFile

        print_json(ReportFile(model=name, version=manifest.version, file=str(path), sha256=blob.sha256))
    else:
        typer.echo(str(path))
    if show:
        typer.launch(path.resolve().as_uri())
