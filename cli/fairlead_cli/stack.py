"""Opens the deployed stack for a command, and returns its live release."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from fairlead_cli import clock

if TYPE_CHECKING:
    from fairlead.releases.facade import Releases
    from fairlead.settings import Operator


def releases(settings: "Operator", *, progress: Callable[[str], None] = lambda _: None) -> "Releases":
    """Open the releases of the stack in the settings."""
    from fairlead.aws.stack import find
    from fairlead.releases.facade import opened

    return opened(find(settings), progress=progress, clock=clock.now)


def api_url(settings: "Operator") -> str:
    """Return the API's address; callers who set it need no permission to read the stack."""
    from fairlead.aws.stack import find
    from fairlead.errors import StorageError

    if settings.api_url:
        return settings.api_url
    try:
        return find(settings).api_url
    except StorageError as error:
        raise StorageError(str(error), hint="or set FAIRLEAD_API_URL to the stack's output ApiUrl") from error


def live_model(settings: "Operator") -> str | None:
    """Return the name of the live model; None if no model is live, or if the stack cannot be read."""
    from fairlead.errors import FairleadError

    try:
        return releases(settings).live().model
    except FairleadError:
        return None


def roles(settings: "Operator", model: str) -> dict[int, str]:
    """Return which versions of a model are `live` and `previous`; raises StorageError, NotFoundError."""
    from fairlead.aws import clients
    from fairlead.aws.lambda_function import PredictFunction
    from fairlead.aws.stack import find

    function = PredictFunction(clients.client("lambda"), find(settings).function)
    named = {role: function.named(role) for role in ("previous", "live")}
    return {release.version: role for role, release in named.items() if release and release.model == model}


def release_command(model: str, version: int | str, live: str | None) -> str:
    """Return the command that releases a version while the model `live` is live."""
    switch = "" if live in {None, model} else " --switch-model"
    return f"fairlead release {model} {version}{switch}"
