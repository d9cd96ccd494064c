"""Variants of AWS: differences between accounts, and cases that AWS's documentation leaves open. Tests play each."""

import json
from dataclasses import dataclass, field, fields
from typing import Any, Literal

EXECUTED_VERSION = ("always", "weighted")


@dataclass
class AwsVariants:
    """The variants that hold now; the control endpoint sets them, the services read them.

    `concurrency` is the account's limit of concurrent executions; new accounts have 10. `executed_version` says when
    metrics have that dimension: always, or only while the alias has weights. `log_keys` are members that Lambda adds to
    JSON log lines that lack them.
    """

    concurrency: int = 1000
    executed_version: Literal["always", "weighted"] = "always"
    log_keys: dict[str, Any] = field(default_factory=dict)

    def set(self, params: dict[str, Any]) -> dict[str, Any]:
        """Set variants, None for the default, and return all; raises ValueError for an unknown one."""
        defaults = vars(AwsVariants())
        wanted = {name: defaults.get(name) if value is None else value for name, value in params.items()}
        known = {one.name for one in fields(self)}
        if not wanted.keys() <= known or any(type(value) is not type(defaults[n]) for n, value in wanted.items()):
            raise ValueError(f"unknown variant: {json.dumps(params)}")
        if wanted.get("executed_version", "always") not in EXECUTED_VERSION:
            raise ValueError(f"executed_version is one of {', '.join(EXECUTED_VERSION)}")
        vars(self).update(wanted)
        return dict(vars(self))
