"""Versions with a snapshot that fell asleep: the first call wakes one, and is refused until it is awake.

https://docs.aws.amazon.com/lambda/latest/dg/snapstart-troubleshooting.html
"""

from fairlead_local.errors import ServiceError
from fairlead_local.lambda_.records import Version
from fairlead_local.lambda_.store import Store


def make_inactive(store: Store, function: str, number: str) -> None:
    """What Lambda does to a version that was not called for 14 days; raises ValueError for one without a snapshot."""
    try:
        with store.lock:
            version = store.target(function, number).version
            if not version.snap_start or version.state != "Active" or version.number != number:
                raise ValueError(f"{function} has no active version {number} with a snapshot")
            version.state = "Inactive"
    except ServiceError as error:
        raise ValueError(error.message) from error


def wake(version: Version) -> ServiceError:
    """Begin to wake a version; what its caller is told meanwhile."""
    version.state = "Pending"
    version.settle_later()
    message = (
        "Lambda is initializing your function. It will be ready to invoke once your function state becomes ACTIVE."
    )
    return ServiceError("SnapStartNotReadyException", message, status=409)
