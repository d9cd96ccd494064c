"""Callers by access key, with their policies, from moto's IAM and STS in this process."""

import threading
from collections.abc import Mapping
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto.iam.models import Group, IAMBackend, Policy, Role, User, iam_backends
from moto.sts.models import AssumedRole, sts_backends

from fairlead_local.account import ACCOUNT, PARTITION
from fairlead_local.iam.credentials import UnauthenticatedError
from fairlead_local.iam.policies import Statement, statements

UNKNOWN = "The security token included in the request is invalid."
EXPIRED = "The security token included in the request is expired"

Limit = tuple[str, tuple[Statement, ...]]  # its kind and its statements


@dataclass(frozen=True)
class Caller:
    """A user or a role's session. Each of `limits` (permissions boundary, session policy) must allow a call as well."""

    arn: str
    access_key: str
    secret_key: str
    statements: tuple[Statement, ...]
    limits: tuple[Limit, ...] = ()
    context: dict[str, tuple[str, ...]] = field(default_factory=dict)
    expires: datetime | None = None
    token: str | None = None

    @property
    def user_id(self) -> str:
        """The value of requestContext.identity.user: the last part of the ARN, where AWS has a unique id."""
        return self.arn.rsplit("/", 1)[-1]

    @property
    def principal_arn(self) -> str:
        """The user's ARN, or the ARN of the session's role."""
        return self.context["aws:principalarn"][0]


CALLER: ContextVar[Caller | None] = ContextVar("caller", default=None)
"""The caller of the AWS API call that this thread answers; None for the cloud's own calls."""


class Identities:
    """Looks up callers; results are cached until `changed` is called."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._revision = 0
        self._known: dict[tuple[str, str | None], Caller] = {}

    def changed(self) -> None:
        """Forget cached callers, because IAM has changed."""
        with self._lock:
            self._revision += 1
            self._known = {}

    def find(self, access_key: str, token: str | None) -> Caller:
        """Return the caller; raises UnauthenticatedError for an unknown or expired key or token."""
        caller = self._known.get((access_key, token))
        if caller is None:
            revision = self._revision
            caller = _read(access_key, token)
            with self._lock:
                if self._revision == revision:
                    self._known[access_key, token] = caller
        if caller.expires and caller.expires < datetime.now(UTC):
            raise UnauthenticatedError("expired", EXPIRED)
        return caller


def iam() -> IAMBackend:
    """Return moto's IAM. Other threads change it, so iterate over copies."""
    return iam_backends[ACCOUNT][PARTITION]


def access_key(name: str) -> tuple[str, str] | None:
    """Return id and secret of a user's active access key; None without a user or a key."""
    keys = [key for user in list(iam().users.values()) if user.name == name for key in user.access_keys]
    return next(((key.access_key_id, key.secret_access_key) for key in keys if key.status == "Active"), None)


def role(role_arn: str) -> Role | None:
    """Return a role by its ARN."""
    return next((one for one in list(iam().roles.values()) if one.arn == role_arn), None)


def _read(access_key: str, token: str | None) -> Caller:
    if token is None:
        return _user(access_key)
    for session in sts_backends[ACCOUNT][PARTITION].assumed_roles:
        if session.access_key_id == access_key and session.session_token == token:
            return _session(session)
    raise UnauthenticatedError("unknown", UNKNOWN)


def _user(access_key: str) -> Caller:
    for user in list(iam().users.values()):
        for key in user.access_keys:
            if key.access_key_id == access_key and key.status == "Active":
                tags = {one["Key"]: one["Value"] for one in iam().list_user_tags(user.name)}
                context = _context(user.arn, "User", user.id, tags) | {"aws:username": (user.name,)}
                return Caller(user.arn, access_key, key.secret_access_key, _user_policies(user), (), context)
    raise UnauthenticatedError("unknown", UNKNOWN)


def _user_policies(user: User) -> tuple[Statement, ...]:
    groups = [group for group in list(iam().groups.values()) if user in group.users]
    return _policies(user) + tuple(statement for group in groups for statement in _policies(group))


def _policies(holder: User | Group | Role) -> tuple[Statement, ...]:
    """Return the statements of inline policies, which moto keeps as text by name, and of attached policies."""
    documents = [*holder.policies.values(), *map(_default_version, list(holder.managed_policies.values()))]
    return tuple(statement for document in documents for statement in statements(document))


def _session(session: AssumedRole) -> Caller:
    mine = role(session.role_arn)
    if mine is None:
        raise UnauthenticatedError("unknown", UNKNOWN)
    limits: list[Limit] = []
    if mine.permissions_boundary_arn:
        boundary = _default_version(iam().get_policy(mine.permissions_boundary_arn))
        limits.append(("permissions boundary", statements(boundary)))
    if session.policy:
        limits.append(("session policy", statements(session.policy)))
    tags = {one["Key"]: one["Value"] for one in iam().list_role_tags(mine.name, None)[0]}
    context = _context(session.role_arn, "AssumedRole", session.user_id, tags)
    expires = session.expiration.replace(tzinfo=UTC)
    return Caller(
        session.arn, session.access_key_id, session.secret_access_key, _policies(mine), tuple(limits), context, expires,
        session.session_token,
    )  # fmt: skip


def _context(principal: str, kind: str, user_id: str, tags: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Return the condition keys of a principal; of a session's tags only those of its role."""
    tagged: dict[str, tuple[str, ...]] = {f"aws:principaltag/{key.lower()}": (value,) for key, value in tags.items()}
    return tagged | {
        "aws:principalarn": (principal,),
        "aws:principalaccount": (ACCOUNT,),
        "aws:principaltype": (kind,),
        "aws:userid": (user_id,),
    }


def _default_version(policy: Policy) -> Any:
    return next(v.document for v in policy.versions if v.version_id == policy.default_version_id)
