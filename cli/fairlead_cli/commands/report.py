"""fairlead report."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from fairlead_cli.options import DEFAULT_STACK, Json, Name, Stack, Version, where
from fairlead_cli.output import print_json

if TYPE_CHECKING:
    from fairlead.model.manifest import Blob, Manifest


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

    opened = open_registry(where(stack))
    manifest, _ = opened.manifest(name, version or opened.latest(name))
    kind = "card" if card else "report"
    blob = _blob(manifest, kind)
    path = output or Path(f"{name}-{manifest.version}-{'model_card.md' if card else 'report.html'}")
    _write(path, opened.blob(blob))
    if json:
        print_json({"model": name, "version": manifest.version, "file": str(path), "sha256": blob.sha256})
    else:
        typer.echo(str(path))
    if show:
        typer.launch(path.resolve().as_uri())


def _blob(manifest: "Manifest", kind: str) -> "Blob":
    from fairlead.errors import NotFoundError

    if kind not in manifest.blobs:
        raise NotFoundError(
            f"{manifest.model} version {manifest.version} has no {kind}",
            hint=f"it was published without one; `fairlead show {manifest.model} {manifest.version}` has its facts",
        )
    return manifest.blobs[kind]


def _write(path: Path, content: bytes) -> None:
    from fairlead.errors import SettingsError

    try:
        path.write_bytes(content)
    except OSError as error:
        raise SettingsError(f"cannot write {path}: {error.strerror}", hint="name another place by --output") from error
