"""Settings of the batch function."""

from collections.abc import Mapping

import msgspec

from fairlead.settings.env import names, required, share, whole


class Batch(msgspec.Struct, frozen=True, kw_only=True):
    """Settings of the batch function: so many chunks of a job run at once; captures are as predict's."""

    bucket: str
    concurrency: int
    capture_rate: float  # share of rows, 0 to 1
    capture_drop: frozenset[str]  # fields that are never stored


def batch(env: Mapping[str, str]) -> Batch:
    """Read the batch function's settings; raises SettingsError naming the variable."""
    return Batch(
        bucket=required(env, "FAIRLEAD_BUCKET"),
        concurrency=whole(env, "FAIRLEAD_BATCH_CONCURRENCY", otherwise=1),
        capture_rate=share(env, "FAIRLEAD_CAPTURE_RATE"),
        capture_drop=names(env, "FAIRLEAD_CAPTURE_DROP"),
    )
