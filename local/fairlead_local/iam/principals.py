"""The Principal element of a resource policy, a role's trust policy for one."""

from typing import Any

from fairlead_local.account import ACCOUNT, PARTITION
from fairlead_local.iam.conditions import listed
from fairlead_local.iam.identities import Caller

ROOT = {ACCOUNT, f"arn:{PARTITION}:iam::{ACCOUNT}:root"}


def names(principals: Any, caller: Caller) -> bool:
    """Whether a statement is about this caller: all, its account, itself, or its session's role."""
    if principals == "*":
        return True
    given = set(listed(principals.get("AWS", []))) if isinstance(principals, dict) else set()
    return bool(given & {"*", *ROOT, caller.arn, caller.principal_arn})


def names_itself(principals: Any, caller: Caller) -> bool:
    """Whether the caller itself is meant, so that in its own account no identity policy is needed."""
    given = set(listed(principals.get("AWS", []))) if isinstance(principals, dict) else {principals}
    return bool(given & {"*", caller.arn, caller.principal_arn})


def names_service(principals: Any, service: str) -> bool:
    """Whether a statement is about this service."""
    return isinstance(principals, dict) and service in listed(principals.get("Service", []))
