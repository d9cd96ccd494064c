"""fairlead validate."""

import typer

from fairlead_cli.options import DEFAULT_STACK, Json, Stack, where
from fairlead_cli.output import print_json, telling
from fairlead_cli.publish_options import (
    Allow,
    Breaking,
    Demand,
    Engine,
    Folds,
    HeldOut,
    Model,
    ModelName,
    Rules,
    Target,
    Training,
    columns,
)


def validate(
    model: Model,
    *,
    name: ModelName,
    data: HeldOut,
    target: Target = None,
    train: Training = None,
    policy: Rules = None,
    cv: Folds = 0,
    allow_breaking: Breaking = False,
    engine: Engine = Demand.auto,
    allow: Allow = None,  # noqa: ARG001 - refused by its callback
    stack: Stack = DEFAULT_STACK,
    json: Json = False,
) -> None:
    """Prove and judge a model as publish would; nothing is stored.

    One line a finding. Exit code 3 where the gate would refuse it.
    """
    from fairlead.gate.refusal import GateError
    from fairlead.publishing.publish import validate_file
    from fairlead_cli.findings import count, print_findings

    with telling() as tell:
        verdict = validate_file(
            model,
            name=name,
            data=data,
            target=columns(target),
            train=train,
            engine=engine.value,
            policy=policy,
            cv=cv,
            allow_breaking=allow_breaking,
            where=where(stack),
            progress=tell,
        )
    if not json:
        print_findings(verdict.findings)
    if verdict.refused:
        raise GateError(verdict)
    if json:
        print_json(verdict)
    else:
        typer.echo(f"\n{name} may be published: {count(verdict.findings)}")
