"""Who a key belongs to, and that one's policies, out of moto's IAM and STS, which run in this process."""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from moto.iam.models import IAMBackend, iam_backends
from moto.sts.models import AssumedRole, sts_backends

from fairlead_local.access.claims import UnauthenticatedError
from fairlead_local.access.policies import Statement, statements
from fairlead_local.account import ACCOUNT, PARTITION

UNKNOWN = "The security token included in the request is invalid."
EXPIRED = "The security token included in the request is expired"


@dataclass(frozen=True)
class Caller:
    """A user or a role's session. Each of `limits` (permissions boundary, session policy) must allow as well."""

    arn: str
    access_key: str
    secret_key: str
    statements: tuple[Statement, ...]
    limits: tuple[tuple[str, tuple[Statement, ...]], ...] = ()
    context: dict[str, tuple[str, ...]] = field(default_factory=dict)
    expires: datetime | None = None

    @property
    def user_id(self) -> str:
        """What requestContext.identity.user says; AWS gives a unique id, this the last word of the ARN."""
        return self.arn.rsplit("/", 1)[-1]

    @property
    def principal_arn(self) -> str:
        """The user's ARN, or that of the session's role."""
        return self.context["aws:principalarn"][0]


class Identities:
    """Looks keys up; what it found stays good until `changed` is called."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._revision = 0
        self._known: dict[tuple[str, str | None], Caller] = {}

    def changed(self) -> None:
        """IAM changed: read everything anew."""
        with self._lock:
            self._revision += 1
            self._known = {}

    def find(self, access_key: str, token: str | None) -> Caller:
        """The caller; raises UnauthenticatedError for a key or token that is not known, or no longer."""
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


def role_policies(role_name: str) -> tuple[tuple[Statement, ...], tuple[tuple[str, tuple[Statement, ...]], ...]]:
    """A role's statements, and its permissions boundary."""
    backend = iam()
    inline = [backend.get_role_policy(role_name, name)[1] for name in backend.list_role_policies(role_name)]
    attached = backend.list_attached_role_policies(role_name)[0]
    return _joined((*inline, *attached)), _boundary(backend.get_role(role_name).permissions_boundary_arn)


def iam() -> IAMBackend:
    """IAM as moto keeps it."""
    return iam_backends[ACCOUNT][PARTITION]


def _read(access_key: str, token: str | None) -> Caller:
    if token is None:
        return _user(access_key)
    for session in sts_backends[ACCOUNT][PARTITION].assumed_roles:
        if session.access_key_id == access_key and session.session_token == token:
            return _session(session)
    raise UnauthenticatedError("unknown", UNKNOWN)


def _user(access_key: str) -> Caller:
    backend = iam()
    for user in backend.list_users("/", None, None):
        for key in user.access_keys:
            if key.access_key_id == access_key and key.status == "Active":
                context = _context(user.arn, "User", user.id) | {"aws:username": (user.name,)}
                limits = _boundary(getattr(user, "permissions_boundary_arn", None))
                return Caller(user.arn, access_key, key.secret_access_key, _user_policies(user.name), limits, context)
    raise UnauthenticatedError("unknown", UNKNOWN)


def _user_policies(name: str) -> tuple[Statement, ...]:
    backend = iam()
    found: list[Any] = [backend.get_user_policy(name, policy) for policy in backend.list_user_policies(name)]
    found += backend.list_attached_user_policies(name)[0]
    for group in backend.get_groups_for_user(name):
        found += [backend.get_group_policy(group.name, policy) for policy in backend.list_group_policies(group.name)]
        found += backend.list_attached_group_policies(group.name)[0]
    return _joined(found)


def _session(session: AssumedRole) -> Caller:
    from moto.iam.exceptions import NotFoundException

    try:
        allowed, limits = role_policies(session.role_arn.split("/")[-1])
    except NotFoundException as error:
        raise UnauthenticatedError("unknown", UNKNOWN) from error
    if session.policy:
        limits = (*limits, ("session policy", statements(session.policy)))
    context = _context(session.role_arn, "AssumedRole", session.user_id)
    expires = session.expiration.replace(tzinfo=UTC)
    return Caller(
        session.arn, session.access_key_id, session.secret_access_key, allowed, limits, context, expires=expires
    )


def _context(principal: str, kind: str, user_id: str) -> dict[str, tuple[str, ...]]:
    return {
        "aws:principalarn": (principal,),
        "aws:principalaccount": (ACCOUNT,),
        "aws:principaltype": (kind,),
        "aws:userid": (user_id,),
    }


def _boundary(policy_arn: str | None) -> tuple[tuple[str, tuple[Statement, ...]], ...]:
    if not policy_arn:
        return ()
    return (("permissions boundary", _joined([iam().get_policy(policy_arn)])),)


def _joined(policies: Iterable[Any]) -> tuple[Statement, ...]:
    return tuple(statement for policy in policies for statement in statements(_document(policy)))


def _document(policy: Any) -> Any:
    """Moto keeps attached policies as objects and inline ones as text or as a dict around the text."""
    if hasattr(policy, "versions"):
        return next(v for v in policy.versions if v.version_id == policy.default_version_id).document
    if isinstance(policy, dict) and "policy_document" in policy:
        return policy["policy_document"]
    return policy
