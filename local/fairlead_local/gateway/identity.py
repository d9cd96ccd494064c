"""Who a key belongs to and what its policies allow, out of moto's IAM and STS, which run in this process."""

import fnmatch
import json
import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from moto.iam.access_control import CreateAccessKeyFailure, create_access_key
from moto.iam.models import Policy

from fairlead_local.account import ACCOUNT, PARTITION

Verdict = Literal["allowed", "denied", "explicitly denied"]


@dataclass(frozen=True)
class Caller:
    """A user or a role's session."""

    arn: str
    access_key: str
    secret_key: str
    policies: tuple[dict[str, Any], ...]

    @property
    def user_id(self) -> str:
        """What requestContext.identity.user says; AWS gives a unique id, this the last word of the ARN."""
        return self.arn.rsplit("/", 1)[-1]

    def may(self, action: str, resource: str) -> Verdict:
        """IAM's rule: an explicit deny wins, then an allow, else denied."""
        statements = [s for policy in self.policies for s in _listed(policy.get("Statement", []))]
        effects = {s["Effect"] for s in statements if _applies(s, action, resource)}
        if "Deny" in effects:
            return "explicitly denied"
        return "allowed" if "Allow" in effects else "denied"


class Identities:
    """Looks keys up."""

    def find(self, access_key: str, session_token: str | None) -> Caller | None:
        """The caller, or None for a key or token that is not known."""
        headers = {"X-Amz-Security-Token": session_token} if session_token else {}
        try:
            key = create_access_key(ACCOUNT, PARTITION, access_key, headers)
        except CreateAccessKeyFailure:
            return None
        secret = key.create_credentials().secret_key
        policies = tuple(_document(policy) for policy in key.collect_policies())
        return Caller(key.arn, access_key, secret, policies)


def _document(policy: Any) -> dict[str, Any]:
    """Moto keeps attached policies as objects and inline ones as text or as a dict around the text."""
    if isinstance(policy, Policy):
        version = next(v for v in policy.versions if v.version_id == policy.default_version_id)
        policy = version.document
    if isinstance(policy, dict) and "policy_document" in policy:
        policy = policy["policy_document"]
    return dict(json.loads(policy) if isinstance(policy, str) else policy)


def _applies(statement: dict[str, Any], action: str, resource: str) -> bool:
    if not _named(statement, "Action", action, insensitive=True) or not _named(statement, "Resource", resource):
        return False
    # Conditions are not evaluated: an Allow under one does not count, a Deny under one does.
    return not statement.get("Condition") or statement["Effect"] == "Deny"


def _named(statement: dict[str, Any], key: str, value: str, *, insensitive: bool = False) -> bool:
    if f"Not{key}" in statement:
        return not _any_matches(statement[f"Not{key}"], value, insensitive=insensitive)
    return _any_matches(statement.get(key, []), value, insensitive=insensitive)


def _any_matches(patterns: Any, value: str, *, insensitive: bool) -> bool:
    flags = re.IGNORECASE if insensitive else re.NOFLAG
    return any(re.fullmatch(_pattern(pattern), value, flags) for pattern in _listed(patterns))


def _pattern(text: str) -> str:
    # IAM knows * and ? only; fnmatch's [ is escaped.
    return fnmatch.translate(text.replace("[", "[[]"))


def _listed(value: Any) -> Iterable[Any]:
    return value if isinstance(value, list) else [value]
