"""fairlead export."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from fairlead_cli.options import DEFAULT_STACK, VERSION, Json, Name, Stack, where
from fairlead_cli.output import print_json


class Format(StrEnum):
    """The format of the exported folder."""

    mlflow = "mlflow"


def export(
    name: Name,
    version: Annotated[int, VERSION()],
    folder: Annotated[Path, typer.Argument(metavar="DIR", help="A new folder.")],
    *,
    to: Annotated[Format, typer.Option("--to", help="The format: an MLflow model.")],
    stack: Stack = DEFAULT_STACK,
    json: Json = False,
) -> None:
    """Write a version as a folder that MLflow loads, with its signature, example and package versions.

    The estimator must repeat the golden answers of the version here, so the packages must be those it was published
    with.
    """
    from fairlead.publishing.mlflow_export import export_mlflow
    from fairlead.registry.connection import open_registry

    written = export_mlflow(open_registry(where(stack)), name, version, folder)
    if json:
        from fairlead_cli.documents import ExportedFolder

        print_json(ExportedFolder(model=name, version=version, format=to.value, folder=str(written)))
    else:
        typer.echo(str(written))
