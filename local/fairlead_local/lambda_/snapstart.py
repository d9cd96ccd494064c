"""Inactive SnapStart versions: the first call reactivates one, and is refused until it is active.

https://docs.aws.amazon.com/lambda/latest/dg/snapstart-troubleshooting.html
"""

from fairlead_local.errors import ServiceError
from fairlead_local.lambda_.records import Version
from fairlead_local.lambda_.store import Store


def make_inactive(store: Store, function: str, number: str) -> None:
    """Make a version Inactive, as after 14 days without a call; raises ValueError for one without a snapshot."""
    try:
        with store.lock:
            version = store.target(function, number).version
            if not version.snap_start or version.state != "Active" or version.number != number:
                raise ValueError(f"{function} has no active version {number} with a snapshot")
            version.state = "Inactive"
    except ServiceError as error:
        raise ValueError(error.message) from error


def reactivate(version: Version) -> ServiceError:
    """Start reactivating a version; return the error for its caller."""
    version.state = "Pending"
    version.settle_later()
    message = (
        "Lambda is initializing your function. It will be ready to invoke once your function state becomes ACTIVE."
    )
    return ServiceError("SnapStartNotReadyException", message, status=409)
