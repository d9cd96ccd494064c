"""The Principal element of resource policies and trust policies."""

from typing import Any

from fairlead_local.account import ACCOUNT, PARTITION
from fairlead_local.iam.conditions import listed
from fairlead_local.iam.identities import Caller

ROOT = {ACCOUNT, f"arn:{PARTITION}:iam::{ACCOUNT}:root"}


def names(principals: Any, caller: Caller) -> bool:
    """Return whether a statement matches this caller: all principals, its account, itself, or its session's role."""
    if principals == "*":
        return True
    given = set(listed(principals.get("AWS", []))) if isinstance(principals, dict) else set()
    return bool(given & {"*", *ROOT, caller.arn, caller.principal_arn})


def names_itself(principals: Any, caller: Caller) -> bool:
    """Return whether the caller itself is named, so that no identity policy is needed in its own account."""
    given = set(listed(principals.get("AWS", []))) if isinstance(principals, dict) else {principals}
    return bool(given & {"*", caller.arn, caller.principal_arn})


def names_service(principals: Any, service: str) -> bool:
    """Return whether a statement names this service."""
    return isinstance(principals, dict) and service in listed(principals.get("Service", []))


def names_provider(principals: Any, provider: str) -> bool:
    """Return whether a statement names this identity provider."""
    return isinstance(principals, dict) and provider in listed(principals.get("Federated", []))
