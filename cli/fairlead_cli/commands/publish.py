"""fairlead publish."""

from typing import TYPE_CHECKING

import typer

from fairlead_cli.options import DEFAULT_STACK, Json, Stack, where
from fairlead_cli.output import print_json, progress_steps
from fairlead_cli.publish_options import (
    Allow,
    Breaking,
    Code,
    Demand,
    Engine,
    Folds,
    Force,
    ForceReason,
    From,
    Graph,
    HeldOut,
    KeepRows,
    Model,
    ModelName,
    Rules,
    Target,
    Training,
    Verbose,
    columns,
    source,
)

if TYPE_CHECKING:
    from fairlead.publishing.publish import Published
    from fairlead.settings import Operator


def publish(
    model: Model = None,
    *,
    name: ModelName,
    data: HeldOut,
    target: Target = None,
    from_: From = "",
    train: Training = None,
    policy: Rules = None,
    cv: Folds = 0,
    allow_breaking: Breaking = False,
    force: Force = False,
    reason: ForceReason = "",
    keep_training_rows: KeepRows = False,
    engine: Engine = Demand.auto,
    onnx: Graph = None,
    code: Code = None,
    allow: Allow = None,  # noqa: ARG001 - refused by its callback
    stack: Stack = DEFAULT_STACK,
    verbose: Verbose = False,
    json: Json = False,
) -> None:
    """Store a model as the next version, after all proofs and checks have passed.

    A refused model is not stored. `fairlead validate` runs the same proofs and checks and stores nothing.
    """
    from fairlead.gate.refusal import GateError
    from fairlead.publishing.publish import PublishOptions, publish_file
    from fairlead_cli.findings import print_checks, print_engine

    try:
        with progress_steps() as progress:
            options = PublishOptions(
                name=name,
                engine=engine.value,
                code=code,
                policy=policy,
                cv=cv,
                allow_breaking=allow_breaking,
                force=force,
                reason=reason,
                keep_training_rows=keep_training_rows,
                where=where(stack),
                progress=progress,
            )
            given = source(model, from_)
            published = publish_file(given, options, data=data, target=columns(target), train=train, graph=onnx)
    except GateError as error:
        if not json:
            print_checks(error.verdict.findings, verbose=verbose)
            print_engine(error.verdict.engine, error.verdict.parity)
        raise
    _print(published, where(stack), verbose=verbose, json=json)


def _print(published: "Published", settings: "Operator", *, verbose: bool, json: bool) -> None:
    from fairlead.model.principal import named
    from fairlead_cli.findings import count, print_checks, print_engine
    from fairlead_cli.manifest_view import own_code
    from fairlead_cli.stack import live_model, release_command

    manifest = published.manifest
    if json:
        from msgspec.structs import asdict

        from fairlead.model.digest import prefixed
        from fairlead_cli.documents import PublishedVersion

        print_json(PublishedVersion(digest=prefixed(published.sha256), **asdict(manifest)))
        return
    print_checks(manifest.findings, verbose=verbose)
    typer.echo(f"\npublished {manifest.model} version {manifest.version}")
    typer.echo(f"gate: {count(manifest.findings)}")
    if manifest.forced:
        typer.echo(f"FORCED by {named(manifest.forced.by)}: {manifest.forced.reason}")
    typer.echo(f"next: {release_command(manifest.model, manifest.version, live_model(settings))}")
    print_engine(manifest.engine, manifest.parity)
    if manifest.package:
        typer.echo(f"OWN CODE {own_code(manifest)}")
