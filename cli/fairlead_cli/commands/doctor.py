"""fairlead doctor."""

from typing import TYPE_CHECKING, Annotated

import typer

from fairlead_cli.options import DEFAULT_STACK, Json, Stack, where
from fairlead_cli.output import print_json

if TYPE_CHECKING:
    from fairlead_cli.doctor.diagnosis import Diagnosis

WORDS = {"mend": "MEND", "missing": "MISSING"}
"""Capitals stand out without colour."""


def doctor(
    *,
    skip: Annotated[list[str] | None, typer.Option(metavar="CHECK", help="Leave this check out; repeatable.")] = None,
    stack: Stack = DEFAULT_STACK,
    json: Json = False,
) -> None:
    """Check account, region, credentials and stack, before and after a deploy.

    Each finding comes with the commands that repair it. The command itself changes nothing. Checks:

    \b
    region           boto3 finds a region
    credentials      AWS accepts the credentials
    clock            the clock is within a minute of AWS's, which refuses signatures from five minutes on
    log-role         API Gateway has a role to write logs with (bootstrap.yaml)
    concurrency      100 executions at once are unreserved; a new account has 10 in all
    code-storage     less than 80 % of Lambda's code storage is used
    sizes            the functions of .aws-sam/build fit 250 MiB unpacked
    stack            the stack is deployed, and its last change succeeded
    version          stack and command line are of the same version
    policies         one of the stack's policies is attached
    alarm-topic      AlarmTopicArn has a confirmed subscriber
    decisions-topic  the topic of decisions has a confirmed subscriber

    Exit code 0 if all checks pass, 6 if only the stack is missing, 7 if a check failed or could not run.
    """  # noqa: D301 - \b keeps Click from wrapping the list
    from fairlead_cli.doctor.diagnosis import Site
    from fairlead_cli.doctor.examine import examine, exit_code

    settings = where(stack)
    found = examine(Site(settings), skip=skip or ())
    code = exit_code(found)
    if json:
        from fairlead_cli.documents import Examined

        print_json(Examined(stack=settings.stack, ok=not code, checks=found))
    else:
        for one in found:
            _print(one)
        typer.echo(_summary(found))
    if code:
        raise typer.Exit(code)


def _print(one: "Diagnosis") -> None:
    typer.echo(f"{WORDS.get(one.verdict, one.verdict):<11}  {one.check:<15}  {one.said}")
    for line in one.mend:
        typer.echo(f"{'':<30}{line}")


def _summary(found: "list[Diagnosis]") -> str:
    counts = {verdict: sum(one.verdict == verdict for one in found) for verdict in ("ok", "mend", "not checked")}
    said = f"{counts['ok']} ok, {counts['mend']} to mend, {counts['not checked']} not checked"
    if any(one.verdict == "missing" for one in found):
        return f"{said}; the stack is not deployed yet"
    return said
