"""fairlead local: the local cloud."""

import os
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from fairlead.errors import SettingsError
from fairlead_cli.options import Json, finite
from fairlead_cli.output import print_json

local = typer.Typer(
    no_args_is_help=True, help="Run the local cloud: the same template on this machine, without an AWS account."
)

Port = Annotated[int, typer.Option("--port", min=1, max=65535, help="Port of the AWS APIs.")]
ApiPort = Annotated[int, typer.Option("--api-port", min=1, max=65535, help="Port of the deployed API.")]
Host = Annotated[
    list[str],
    typer.Option(
        "--host", help="Also listen on this private address, for containers. The Docker bridge is usually 172.17.0.1."
    ),
]

TEN_YEARS = 87_600.0
"""Hours."""
HOURS: dict[str, Any] = {"min": 0.0, "max": TEN_YEARS, "metavar": "HOURS", "callback": finite}
Behind = Annotated[float, typer.Option("--behind", **HOURS, help="How long ago the cloud's clock starts.")]
Keep = Annotated[
    Path | None,
    typer.Option(
        "--keep",
        metavar="DIR",
        file_okay=False,
        help="Continue with the state in this folder, and write it there at the end.",
    ),
]
Story = Annotated[bool, typer.Option("--story/--no-story", help="Run the feedback loop after the release.")]
PagePort = Annotated[
    int, typer.Option("--page-port", min=1, max=65535, help="Port of the page that follows the loop, if it is free.")
]

NEEDED = (3, 13)
HOUR = 3600.0
NEXT = """\
local cloud: AWS APIs on {endpoint}, deployed APIs on {api}
in another shell:
  source {env}
  sam build && sam deploy --stack-name fairlead --resolve-s3 --capabilities CAPABILITY_IAM --no-confirm-changeset
{end}"""
FORGET = "Ctrl-C stops it and deletes its data; start it with --keep DIR to keep them."
KEEP = "Ctrl-C stops it and keeps its data in {folder}."
FORGOTTEN = "stopped; its stacks, models and records are deleted"
KEPT = """\
stopped; stacks, models, ledger and journal are kept in {folder} ({size} MB)
a running deployment was rolled back; calls in progress and waiting retries are lost
fairlead local up --keep {folder}   continues from here"""


@local.callback()
def group() -> None:
    """Run the local cloud: the same template on this machine, without an AWS account."""
    if sys.version_info < NEEDED:
        raise SettingsError(
            f"the local cloud runs functions in CPython 3.13, as Lambda does; this is {sys.version.split()[0]}",
            hint="install fairlead[local] in an environment of CPython 3.13; publishing works in this one",
        )


@local.command(epilog="Example:  fairlead local up --port 5600 --api-port 5700")
def up(
    *,
    port: Port = 5600,
    api_port: ApiPort = 5700,
    host: Host = [],  # noqa: B006 - Typer's way for none
    behind: Behind = 0.0,
    keep: Keep = None,
) -> None:
    """Start the local cloud and run it until Ctrl-C.

    Writes .fairlead/local.env for other shells to source. With --keep, the endpoint survives a restart.
    """
    for address in host:
        _check_private(address)
    from fairlead_local.folder import STATE
    from fairlead_local.shell import ENV_FILE, serving

    if keep and behind and (keep / STATE).exists():
        raise SettingsError(f"{keep} has a clock already, which --behind cannot set", hint="leave out --behind")
    with serving(port, api_port, also_on=host, behind=behind * HOUR, keep=keep) as cloud:
        end = KEEP.format(folder=keep) if keep else FORGET
        typer.echo(NEXT.format(endpoint=cloud.endpoint_url, api=cloud.api_url, env=ENV_FILE, end=end))
        cloud.wait()
    typer.echo(KEPT.format(folder=keep, size=round((keep / STATE).stat().st_size / 1e6)) if keep else FORGOTTEN)


@local.command(epilog="Example:  fairlead local demo   (what `make run` runs, after `make build`)")
def demo(
    *,
    port: Port = 5600,
    api_port: ApiPort = 5700,
    host: Host = [],  # noqa: B006 - Typer's way for none
    story: Story = True,
    page_port: PagePort = 5800,
) -> None:
    """Deploy, publish, release and predict on this machine; then run the feedback loop.

    In the loop the callers' data change, quality falls, an alarm goes into ALARM and the system responds, on a fast
    clock. A page and log lines show it. Everything runs until Ctrl-C.
    """
    for address in host:
        _check_private(address)
    from fairlead_local.demo import BEHIND, show
    from fairlead_local.demo import first_model as first
    from fairlead_local.shell import HOME, serving

    application = _application(HOME / "application")
    with serving(port, api_port, also_on=host, behind=BEHIND if story else 0.0) as cloud:
        first.run(cloud, HOME / "demo", application=application, container_host=host[0] if host else None)
        if story:
            show(cloud, stack=first.STACK, model=first.MODEL, port=page_port)
        cloud.wait()
    typer.echo(FORGOTTEN)


@local.command(epilog="Example:  fairlead local advance 1.5")
def advance(hours: Annotated[float, typer.Argument(**HOURS)], *, json: Json = False) -> None:
    """Advance the clock of a local cloud that runs behind real time.

    Everything due until then runs first: the monitor, alarms, schedules. Start the cloud with `fairlead local up
    --behind 24` for a day to go through.
    """
    from fairlead_local.control_client import advance_towards_now

    now = advance_towards_now(os.environ.get("AWS_ENDPOINT_URL", "http://127.0.0.1:5600"), hours * HOUR)
    if json:
        from fairlead_cli.documents import CloudClock

        print_json(CloudClock(now=now))
    else:
        typer.echo(f"the local cloud's clock shows {datetime.fromtimestamp(now, UTC):%Y-%m-%d %H:%M} UTC")


def _application(folder: Path) -> Path:
    """Return the folder of the SAM application: the current one, else one that is written for the demo."""
    from fairlead_cli.application import write_application

    if Path("template.yaml").is_file():
        return Path.cwd()
    if not (folder / "template.yaml").is_file():
        folder.mkdir(parents=True, exist_ok=True)
        write_application(folder)
    return folder


def _check_private(address: str) -> None:
    """Refuse public addresses: the local cloud gives every client full access."""
    import ipaddress

    try:
        parsed = ipaddress.ip_address(address)
    except ValueError as error:
        raise SettingsError(f"--host needs an IP address, got {address}") from error
    if parsed.is_unspecified or not parsed.is_private:
        raise SettingsError(f"the local cloud does not listen on {address}", hint="name one private address")
