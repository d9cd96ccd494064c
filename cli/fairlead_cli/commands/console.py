"""fairlead console."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer

from fairlead_cli.options import DEFAULT_STACK, Stack, where
from fairlead_cli.output import note


def console(
    context: typer.Context,
    *,
    show: Annotated[bool, typer.Option("--open", help="Open the page in the browser.")] = False,
    port: Annotated[
        int, typer.Option(min=0, max=65535, metavar="N", help="The port on 127.0.0.1. Default: a free one.")
    ] = 0,
    allow_actions: Annotated[
        bool, typer.Option("--allow-actions", help="Allow releases and rollbacks, each after a confirmation.")
    ] = False,
    stack: Stack = DEFAULT_STACK,
) -> None:
    """Serve pages about every stack on this machine alone, until Ctrl-C.

    Shows the fleet, versions side by side, comparisons, reports, the API with a form that signs, releases, decisions
    and the monitor, with your credentials. Every request needs the token in the printed URL.
    FAIRLEAD_BUCKET and FAIRLEAD_API_URL are those of --stack; other stacks are as CloudFormation describes them.
    """
    from secrets import token_urlsafe

    from fairlead.errors import SettingsError
    from fairlead_cli.console.app import Console
    from fairlead_cli.console.server import HOST, Server

    try:
        server = Server(port)
    except OSError as error:
        raise SettingsError(
            f"cannot listen on port {port}: {error.strerror}", hint="name another with --port"
        ) from error
    token, debug = token_urlsafe(32), bool(context.parent and context.parent.params["debug"])
    server.answer = Console(where(stack), token=token, port=server.port, actions=allow_actions, debug=debug).answer
    url = f"http://{HOST}:{server.port}/{token}/"
    typer.echo(url)
    note(f"{'releases and rollbacks are allowed' if allow_actions else 'read only'}; Ctrl-C ends it")
    with server, _opened(url if show else ""):
        try:
            server.serve_forever()
        except KeyboardInterrupt:
            note("the console has ended")


@contextmanager
def _opened(url: str) -> Iterator[None]:
    """Open the browser at a file that leads to the URL: other users may read arguments of processes."""
    import tempfile
    from pathlib import Path

    from fairlead_cli.console.frame import leading_to

    if not url:
        yield
        return
    with tempfile.TemporaryDirectory(prefix="fairlead-console-") as folder:  # of this user alone
        file = Path(folder) / "console.html"
        file.write_text(leading_to(url), encoding="utf-8")
        typer.launch(file.as_uri())
        yield
