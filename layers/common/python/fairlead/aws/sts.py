"""Measures the local clock against AWS's, through STS."""

import time
from collections.abc import Callable
from email.utils import parsedate_to_datetime
from typing import Any

from fairlead.aws import clients
from fairlead.errors import StorageError


def clock_offset(client: Any, *, now: Callable[[], float] = time.time) -> float:
    """Return by how many seconds the local clock is ahead of AWS's; negative if it is behind.

    A refused request tells the time too, so a clock that makes signatures invalid is measured. AWS gives whole seconds.
    Raises SettingsError without credentials, StorageError without an answer.
    """
    from botocore.exceptions import ClientError

    sent = now()
    with clients.translated("ask AWS for the time (sts:GetCallerIdentity)"):
        try:
            response = client.get_caller_identity()
        except ClientError as error:
            response = error.response
    date = response["ResponseMetadata"].get("HTTPHeaders", {}).get("date")
    if not date:
        raise StorageError("the answer of STS has no Date header")
    theirs = parsedate_to_datetime(date).timestamp() + 0.5  # the header leaves out the fraction
    return (sent + now()) / 2 - theirs
