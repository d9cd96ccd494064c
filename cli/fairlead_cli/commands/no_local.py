"""Replaces `fairlead local` where the packages of the extra `local` are not installed."""

import typer

from fairlead.errors import SettingsError


def no_local(context: typer.Context) -> None:
    """Run the local cloud (not installed)."""
    raise SettingsError(
        f"`fairlead local {' '.join(context.args)}".rstrip() + "` needs packages that are not installed",
        hint="pip install 'fairlead[local]'",
    )
