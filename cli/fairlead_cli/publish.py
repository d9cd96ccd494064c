"""fairlead publish."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from fairlead_cli.options import DEFAULT_STACK, Json, Stack, where
from fairlead_cli.output import print_json, telling


class Demand(StrEnum):
    """Which engine the publisher asks for."""

    auto = "auto"
    onnx = "onnx"
    sklearn = "sklearn"


def publish(
    model: Annotated[Path, typer.Argument(metavar="MODEL.joblib", help="A fitted estimator, saved with joblib.")],
    *,
    name: Annotated[str, typer.Option(help="The model: lower-case letters, digits and hyphens.")],
    data: Annotated[Path, typer.Option(help="Held-out rows with their target: .csv or .parquet.")],
    target: Annotated[
        list[str] | None, typer.Option(help="The target's column; several with commas, or repeat the option.")
    ] = None,
    train: Annotated[
        Path | None, typer.Option(help="The rows it was fitted on: they widen the known ranges and categories.")
    ] = None,
    engine: Annotated[Demand, typer.Option(help="auto takes onnx where parity is proved, else sklearn.")] = Demand.auto,
    allow: Annotated[
        list[str] | None, typer.Option(metavar="PACKAGE", help="A package of your own the file may import; repeatable.")
    ] = None,
    stack: Stack = DEFAULT_STACK,
    json: Json = False,
) -> None:
    """Prove a model and store it as the next version.

    Nothing is stored unless every proof has passed.
    """
    from fairlead.aws import caller
    from fairlead.publishing.story import publish_file
    from fairlead.registry import check_name
    from fairlead.stack import registry

    check_name(name)
    with telling() as tell:
        published = publish_file(
            model,
            name=name,
            data=data,
            target=[part.strip() for given in target or () for part in given.split(",") if part.strip()],
            train=train,
            engine=engine.value,
            allow=allow or (),
            registry=registry(where(stack)),
            by=caller(),
            progress=tell,
        )
    manifest = published.manifest
    if json:
        from fairlead_cli.show import document

        print_json(document(manifest, published.sha256))
        return
    proved = f"parity proved on {manifest.parity.rows:,} rows" if manifest.parity else manifest.engine.reason
    typer.echo(f"published {name} version {manifest.version} (engine {manifest.engine.name}: {proved})")
    typer.echo(f"next: fairlead release {name} {manifest.version}")
