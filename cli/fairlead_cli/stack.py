"""The deployed stack's releases, opened for a command."""

from collections.abc import Callable
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from fairlead.releases import Releases
    from fairlead.settings import Operator


def releases(settings: "Operator", *, progress: Callable[[str], None] = lambda _: None) -> "Releases":
    """Open the releases of the stack that the settings name."""
    from fairlead.releases import opened
    from fairlead.stack import find

    return opened(find(settings), progress=progress)
