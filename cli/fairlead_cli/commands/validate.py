"""fairlead validate."""

import typer

from fairlead_cli.options import Json, where
from fairlead_cli.output import print_json, progress_steps
from fairlead_cli.publish_options import (
    Allow,
    Breaking,
    Code,
    ComparedStack,
    Demand,
    Engine,
    Folds,
    From,
    Graph,
    HeldOut,
    Model,
    ModelName,
    Rules,
    Target,
    Training,
    Verbose,
    columns,
    source,
)


def validate(
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
    engine: Engine = Demand.auto,
    onnx: Graph = None,
    code: Code = None,
    allow: Allow = None,  # noqa: ARG001 - refused by its callback
    stack: ComparedStack = None,
    verbose: Verbose = False,
    json: Json = False,
) -> None:
    """Run the proofs and checks of `fairlead publish`; nothing is stored.

    It needs neither credentials nor a stack. With --stack it compares with the live version there, as publish does.
    Prints one line for each check, and the findings that did not pass. Exit code 3 if the gate refuses the model.
    """
    from fairlead.gate.refusal import GateError
    from fairlead.publishing.publish import PublishOptions, validate_file
    from fairlead_cli.findings import count, print_checks, print_engine

    with progress_steps() as progress:
        options = PublishOptions(
            name=name,
            engine=engine.value,
            code=code,
            policy=policy,
            cv=cv,
            allow_breaking=allow_breaking,
            where=where(stack) if stack else None,
            progress=progress,
        )
        given = source(model, from_)
        verdict = validate_file(given, options, data=data, target=columns(target), train=train, graph=onnx)
    if not json:
        print_checks(verdict.findings, verbose=verbose)
    if verdict.refused and not json:
        print_engine(verdict.engine, verdict.parity)
    if verdict.refused:
        raise GateError(verdict)
    if json:
        print_json(verdict)
    else:
        typer.echo(f"\n{name} may be published: {count(verdict.findings)}")
        print_engine(verdict.engine, verdict.parity)
