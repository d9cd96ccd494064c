"""fairlead shadow."""

from typing import TYPE_CHECKING, Annotated

import typer

from fairlead_cli import clock
from fairlead_cli.options import DEFAULT_STACK, VERSION, Json, Name, Stack, finite, where
from fairlead_cli.output import print_facts, print_json, progress_steps

if TYPE_CHECKING:
    from fairlead.monitoring.shadow import Shadowed


def shadow(
    name: Name,
    version: Annotated[int, VERSION(help="The candidate version.")],
    *,
    hours: Annotated[float, typer.Option(min=0.25, callback=finite, help="Hours to look back.")] = 24,
    limit: Annotated[int, typer.Option(min=1, help="Maximum number of requests to compare, newest first.")] = 5_000,
    stack: Stack = DEFAULT_STACK,
    json: Json = False,
) -> None:
    """Compare a version with the live one on captured requests.

    Freezes the candidate as a Lambda version that no caller reaches, and replays captured rows on it. Shows how often
    the two agree and, where outcomes are known, which one is right more often. The test is sequential: you may repeat
    it at any time. Undecided is not passed.
    """
    from fairlead.aws import clients
    from fairlead.aws.release_client import ReleaseClient
    from fairlead.aws.stack import find
    from fairlead.feedback.ledger.reader import LedgerReader
    from fairlead.monitoring.shadow import shadowed
    from fairlead.registry.connection import open_registry
    from fairlead.releases.facade import opened

    settings = where(stack)
    found = find(settings)
    models = open_registry(settings)
    with progress_steps() as progress:
        releases = opened(found, progress=progress, clock=clock.now)
        candidate = releases.freeze(models, name, version)
        live = releases.live()
        progress(f"sending release {candidate.release} the requests that release {live.release} answered")
        client = clients.client("lambda")
        done = shadowed(
            models,
            LedgerReader(clients.client("dynamodb"), found.ledger),
            candidate,
            live,
            ask=lambda release: ReleaseClient(client, found.function, release),
            now=clock.now().timestamp(),
            hours=hours,
            most=limit,
        )
    if json:
        print_json(done)
        return
    print_facts(_facts(done))
    typer.echo(next_step(done))


def next_step(done: "Shadowed") -> str:
    """Print the next step after this verdict."""
    verdict, model, version = done.shadow.comparison.verdict, done.candidate.model, done.candidate.version
    if verdict == "better":
        return f"next: fairlead release {model} {version}"
    if verdict == "worse":
        return f"next: do not release it; fairlead report {model} {version} shows where it differs"
    return "next: compare again when more outcomes are known; until then only the gate's verdict counts"


def _facts(done: "Shadowed") -> list[tuple[str, str]]:
    shadow, comparison = done.shadow, done.shadow.comparison
    share = f"{shadow.agreeing / shadow.rows:.2%} of {shadow.rows:,}" if shadow.rows else "no captured rows"
    better, worse = _e(comparison.evidence_better), _e(comparison.evidence_worse)
    evidence = f"e-values: {better} for better, {worse} for worse, 40 decides"
    refused = f", {shadow.refused:,} more refused" if shadow.refused else ""
    return [
        ("candidate", str(done.candidate)),
        ("live", str(done.live)),
        ("agree", f"{share} rows of the last {done.hours:g} hours{refused}" if shadow.rows else share),
        ("outcomes", f"{comparison.rows:,} rows of {comparison.requests:,} requests"),
        ("advantage", f"{comparison.advantage:+.3f} a request (-1 to 1)"),
        ("verdict", f"{comparison.verdict}; {evidence}"),
    ]


def _e(value: float) -> str:
    return f"{value:.3g}" if value < 1e6 else "over a million"
