"""fairlead tune."""

from typing import TYPE_CHECKING, Annotated

import typer

from fairlead_cli.options import DEFAULT_STACK, Json, Name, Stack, finite, where
from fairlead_cli.output import print_json, print_table, progress_steps

if TYPE_CHECKING:
    from fairlead.monitoring.tuning import Tuned

LOOPBACK = ("http://127.0.0.1", "http://localhost")


def tune(
    name: Name,
    *,
    rows: Annotated[int, typer.Option(min=1, max=1_000, metavar="N", help="Rows of a call.")] = 1,
    calls: Annotated[int, typer.Option(min=10, max=10_000, metavar="N", help="Calls to measure.")] = 100,
    within: Annotated[
        float,
        typer.Option(
            "--within",
            min=0.1,
            callback=finite,
            metavar="MS",
            help="Milliseconds within which 99 of 100 calls must end.",
        ),
    ] = 50.0,
    stack: Stack = DEFAULT_STACK,
    json: Json = False,
) -> None:
    """Recommend a memory size for the live model, by time and cost of its calls.

    Sends golden rows of the live version to it, reads Lambda's reports, and scales the times by the share of a vCPU
    that each memory size gets. Nothing is changed. On AWS the calls cost about a cent per ten thousand.
    """
    from fairlead.aws import clients
    from fairlead.aws.lambda_function import PredictFunction
    from fairlead.aws.release_client import ReleaseClient
    from fairlead.aws.stack import find
    from fairlead.errors import NotFoundError
    from fairlead.monitoring.tuning import tuned
    from fairlead.registry.connection import open_registry

    settings = where(stack)
    found = find(settings)
    client = clients.client("lambda")
    function = PredictFunction(client, found.function)
    with progress_steps() as progress:
        release = function.release(function.alias("live").version)
        if release.model != name:
            raise NotFoundError(f"{name} is not live", hint=f"the live release is {release}")
        progress(f"calling {release} {calls:,} times")
        done = tuned(
            open_registry(settings),
            release,
            function.configuration(release.release),
            ReleaseClient(client, found.function, release.release),
            rows=rows,
            calls=calls,
            slowest_ms=within,
            whole_core=str(client.meta.endpoint_url).startswith(LOOPBACK),
        )
    if json:
        print_json(done)
    else:
        _print(done, within)


def _print(done: "Tuned", within: float) -> None:
    typer.echo(
        f"{done.release}: {done.calls:,} calls, rows a call: {done.rows:,}, with {done.measured_share:.0%} of a vCPU; "
        f"{done.used_mb} MB used of {done.memory}\n"
    )
    columns = ("memory (MB)", "vCPU", "median (ms)", "99 % within (ms)", "$ per million calls", "")
    print_table(
        columns,
        [
            (
                one.memory,
                f"{one.share:.0%}",
                f"{one.median_ms:.1f}",
                f"{one.slow_ms:.1f}",
                f"{one.dollars:.2f}",
                "recommended" if one.memory == done.recommended else "" if one.fits else "does not fit",
            )
            for one in done.steps
        ],
    )
    if done.recommended is None:
        typer.echo(
            f"\nno size has enough memory and keeps 99 % of the calls within {within:g} ms: try a larger --within"
        )
    elif done.recommended == done.memory:
        typer.echo(f"\nthe stack has the recommended size, MemorySize={done.memory}")
    else:
        typer.echo(
            f"\nnext: deploy with MemorySize={done.recommended}, then fairlead release --code\n"
            "(a smaller size makes cold starts longer)"
        )
