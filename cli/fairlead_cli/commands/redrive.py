"""fairlead redrive."""

from typing import Any

import typer

from fairlead_cli import clock
from fairlead_cli.options import DEFAULT_STACK, Json, Stack, where
from fairlead_cli.output import note, print_facts, print_json

FACTS = {
    "Redriven": "failed batches taken now",
    "RedriveFailed": "failed again, and stay",
    "Left": "not begun",
    "Captured": "captured parts that are new",
    "Duplicates": "captured parts known before",
    "Scored": "pairs scored",
    "PoisonRecords": "malformed records, now dead letters",
    "FailedRetrainings": "failed retrainings, for operators",
}

STANDING = frozenset({"RedriveFailed", "Left", "FailedRetrainings"})


def redrive(*, stack: Stack = DEFAULT_STACK, json: Json = False) -> None:
    """Process the feedback function's dead letters again, now.

    The stack's redrive function does this every 15 minutes. This command runs it until each dead letter has been tried
    once. It is idempotent: nothing is counted twice. Failed retrainings are counted, not repeated. Exit code 1 if a
    dead letter failed again, or if a retraining had failed.
    """
    from fairlead.aws import lambda_invocation

    function = f"{where(stack).stack}-redrive"
    client = lambda_invocation.client()
    total = run = lambda_invocation.run(client, function, now=clock.now())
    while run["Left"] and run["Redriven"]:
        note(f"{total['Redriven']} taken, {run['Left']} left")
        run = lambda_invocation.run(client, function, now=clock.now())
        total = _added(total, run)
    if json:
        print_json(total)
    else:
        print_facts([(said, f"{total[name]:,}") for name, said in FACTS.items()])
    if total["RedriveFailed"] or total["Left"]:
        note(f"why: sam logs --cw-log-group /aws/lambda/{function}")
    if total["FailedRetrainings"]:
        note("what to do about retrainings: docs/how-to/alarms.md#failed-retrainings")
    if total["RedriveFailed"] or total["Left"] or total["FailedRetrainings"]:
        raise typer.Exit(1)


def _added(total: dict[str, Any], run: dict[str, Any]) -> dict[str, Any]:
    """Add up the redriven events; failures and the remainder are those of the last run."""
    return {name: run[name] if name in STANDING else total[name] + run[name] for name in total}
