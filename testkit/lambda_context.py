"""A Lambda context and proxy events, as the runtime passes them."""

import copy
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

EVENTS = Path(__file__).parents[1] / "events"


def context(version: str = "7", *, called: str = "live") -> SimpleNamespace:
    """Return the context of a release that was called by an alias or, as `called`, by its number."""
    return SimpleNamespace(
        aws_request_id="c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
        function_name="fairlead-predict",
        function_version=version,
        invoked_function_arn=f"arn:aws:lambda:us-east-1:123456789012:function:fairlead-predict:{called}",
        memory_limit_in_mb=1769,
    )


def event(name: str, **changes: Any) -> dict[str, Any]:
    """Return a file of events/, with top-level members changed."""
    document: dict[str, Any] = json.loads((EVENTS / f"{name}.json").read_text())
    return {**copy.deepcopy(document), **changes}
