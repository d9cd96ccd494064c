"""Variants of AWS: differences between accounts, and cases that AWS's documentation leaves open. Tests play each."""

import json
from dataclasses import dataclass, field, fields
from typing import Any, Literal

CHOICES = {
    "executed_version": ("always", "weighted"),
    "rollback_to": ("current version", "last good revision"),
    "version_numbers": ("from 1", "go on"),
}


@dataclass
class AwsVariants:
    """The variants that hold now; the control endpoint sets them, the services read them.

    `concurrency` is the account's limit of concurrent executions; new accounts have 10. `executed_version` says when
    metrics have that dimension: always, or only while the alias has weights. `log_keys` are members that Lambda adds to
    JSON log lines that lack them. `rollback_to` says where CodeDeploy's automatic rollback goes: to the AppSpec's
    CurrentVersion, or to the target of the last deployment that succeeded. `version_numbers` says how a function counts
    whose name a deleted one had: from 1 again, or on from the deleted one's last version.
    """

    concurrency: int = 1000
    executed_version: Literal["always", "weighted"] = "always"
    log_keys: dict[str, Any] = field(default_factory=dict)
    rollback_to: Literal["current version", "last good revision"] = "current version"
    version_numbers: Literal["from 1", "go on"] = "from 1"

    def set(self, params: dict[str, Any]) -> dict[str, Any]:
        """Set variants, None for the default, and return all; raises ValueError for an unknown one."""
        defaults = vars(AwsVariants())
        wanted = {name: defaults.get(name) if value is None else value for name, value in params.items()}
        known = {one.name for one in fields(self)}
        if not wanted.keys() <= known or any(type(value) is not type(defaults[n]) for n, value in wanted.items()):
            raise ValueError(f"unknown variant: {json.dumps(params)}")
        for name, choices in CHOICES.items():
            if wanted.get(name, choices[0]) not in choices:
                raise ValueError(f"{name} is one of {', '.join(choices)}")
        vars(self).update(wanted)
        return dict(vars(self))
