"""fairlead retrain."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from fairlead_cli import clock
from fairlead_cli.options import DEFAULT_STACK, Json, Name, Stack, where
from fairlead_cli.output import note, print_facts, print_json, progress_steps

if TYPE_CHECKING:
    from fairlead.retraining.retrain import Retrained
    from fairlead.retraining.types import RetrainingOrder
    from fairlead.settings import Operator

Since = Annotated[
    str, typer.Option("--since", metavar="30d", help="Use outcomes of this many days (30d) or hours (36h).")
]
Here = Annotated[bool, typer.Option("--local", help="Fit on this machine, without Lambda's limits, and wait.")]
Train = Annotated[
    Path | None,
    typer.Option("--train", help="With --local: the live model's training rows, if its version does not store them."),
]
Trust = Annotated[
    list[str] | None,
    typer.Option(
        "--trust",
        metavar="ARN",
        help="With --local: a reporter who may report more than half of the outcomes; repeatable, * for any.",
    ),
]


def retrain(
    name: Name,
    *,
    since: Since = "30d",
    local: Here = False,
    train: Train = None,
    trust: Trust = None,
    reason: Annotated[str, typer.Option("--reason", help="Why; stored with the new version.")] = "",
    stack: Stack = DEFAULT_STACK,
    json: Json = False,
) -> None:
    """Retrain the live model's estimator on outcomes reported since it was trained.

    The candidate passes the same gate as with `fairlead publish`, compared with the live version. It becomes the next
    version, or is refused with the findings. Nothing is released. Without --local the stack's retrain function runs.
    """
    from fairlead.errors import SettingsError
    from fairlead_cli.times import days

    span = days(since)
    if local:
        _here(name, span, train=train, trust=trust, reason=reason, settings=where(stack), json=json)
        return
    if train or trust:
        raise SettingsError(
            "--train and --trust are for --local",
            hint="leave them out: the stack's function reads the kept training rows and TrustedReporters",
        )
    _there(name, span, reason=reason, settings=where(stack), json=json)


def _here(
    name: str,
    span: float,
    *,
    train: Path | None,
    trust: list[str] | None,
    reason: str,
    settings: "Operator",
    json: bool,
) -> None:
    from datetime import timedelta

    from fairlead.aws import clients
    from fairlead.retraining.types import Limits, RetrainingOrder

    order = RetrainingOrder(
        model=name,
        now=clock.now(),
        by=clients.caller(),
        why=reason or "it was asked for",
        since=timedelta(days=span),
        train=train,
        limits=Limits(trusted=tuple(trust or ())),
    )
    _print(_retrained(order, settings, json=json), settings, json=json)


def _retrained(order: "RetrainingOrder", settings: "Operator", *, json: bool) -> "Retrained":
    from fairlead.aws import clients
    from fairlead.aws.stack import find
    from fairlead.errors import RefusedError
    from fairlead.feedback.ledger.reader import LedgerReader
    from fairlead.journal.journal import RETRAIN, Journal
    from fairlead.registry.connection import open_registry
    from fairlead.retraining.retrain import Retraining
    from fairlead_cli.findings import print_checks

    registry = open_registry(settings)
    ledger = LedgerReader(clients.client("dynamodb"), find(settings).ledger)
    try:
        with progress_steps() as progress:
            journal = Journal(registry.objects, settings.stack, folder=RETRAIN, clock=clock.now)
            retraining = Retraining(registry, ledger, where=settings, journal=journal, progress=progress)
            done = retraining.retrain(order)
    except RefusedError as error:
        if error.findings and not json:
            print_checks(error.findings)
        raise
    return cast("Retrained", done)  # an order without a key is always carried out


def _print(done: "Retrained", settings: "Operator", *, json: bool) -> None:
    from fairlead.model.principal import named
    from fairlead.retraining.handler import published_facts
    from fairlead_cli.findings import count, print_checks
    from fairlead_cli.stack import live_model, release_command

    if json:
        from fairlead_cli.documents import RetrainedVersion

        print_json(RetrainedVersion(**published_facts(done), findings=done.findings))
        return
    manifest = done.published.manifest
    print_checks((*done.findings, *manifest.findings))
    typer.echo(f"\npublished {manifest.model} version {manifest.version} by {named(manifest.created_by)}")
    typer.echo(
        f"learnt {done.learnt:,} new rows, judged on {done.held_out:,} newer ones; gate: {count(manifest.findings)}"
    )
    release = release_command(manifest.model, manifest.version, live_model(settings))
    typer.echo(f"next: fairlead report {manifest.model} {manifest.version}, then {release}")


def _there(name: str, span: float, *, reason: str, settings: "Operator", json: bool) -> None:
    from fairlead.aws import clients
    from fairlead.aws.lambda_invocation import start

    function = f"{settings.stack}-retrain"
    request = start(
        clients.client("lambda"),
        function,
        {
            "model": name,
            "reason": reason or "it was asked for",
            "time": clock.now().isoformat(timespec="seconds"),
            "since_days": span,
            "by": clients.caller(),
        },
    )
    if json:
        from fairlead_cli.documents import RetrainingStarted

        print_json(RetrainingStarted(function=function, request=request))
        return
    print_facts([("started", function), ("request", request)])
    note(f"follow it: sam logs --cw-log-group /aws/lambda/{function} --tail --filter '\"{request}\"'")
    note(f"`fairlead history {name}` will show the result: a new version, or a refusal with its reason")
