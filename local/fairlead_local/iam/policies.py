"""Policy statements, and IAM's rule: an explicit deny wins, then an allow; anything else is denied."""

import json
import logging
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from fairlead_local.iam.conditions import UnsupportedError, hold, listed
from fairlead_local.iam.wildcards import Context, matches

logger = logging.getLogger(__name__)
Decision = Literal["allowed", "denied", "explicitly denied"]


@dataclass(frozen=True)
class AccessRequest:
    """An action on a resource, with the request's condition keys.

    `resource` is None if the local cloud cannot tell it: then only a statement about all resources, or a Deny, applies.
    `known` says of a condition key (lower case) whether it is supported.
    """

    action: str
    resource: str | None
    context: Context
    known: Callable[[str], bool] = lambda _: True

    def of(self, action: str, resource: str | None) -> "AccessRequest":
        """Return the same request for another action and resource."""
        return AccessRequest(action, resource, self.context, self.known)


@dataclass(frozen=True)
class Statement:
    """One statement; a flag is False where the element's name starts with "Not"."""

    effect: str
    actions: tuple[bool, tuple[str, ...]]
    resources: tuple[bool, tuple[str, ...]]
    principals: Any
    condition: dict[str, dict[str, Any]]

    def applies_to(self, ask: AccessRequest) -> bool:
        """Return whether action, resource and condition match."""
        fits = _named(self.actions, ask.action, ask.context, insensitive=True)
        return fits and self._resource_fits(ask) and self._condition_holds(ask)

    def _resource_fits(self, ask: AccessRequest) -> bool:
        if ask.resource is None:
            return self.effect == "Deny" or self.resources == (True, ("*",))
        return _named(self.resources, ask.resource, ask.context)

    def _condition_holds(self, ask: AccessRequest) -> bool:
        if not self.condition:
            return True
        try:
            return hold(self.condition, ask.context, ask.known)
        except UnsupportedError as error:
            logger.error("%s on %s is denied: the local cloud does not support %s", ask.action, ask.resource, error)  # noqa: TRY400 - the traceback is of no use
            return self.effect == "Deny"


def statements(document: str | Mapping[str, Any]) -> tuple[Statement, ...]:
    """Return the statements of a policy document."""
    policy = json.loads(document) if isinstance(document, str) else document
    return tuple(_statement(statement) for statement in listed(policy.get("Statement", [])))


def decide(among: Iterable[Statement], ask: AccessRequest) -> Decision:
    """Return the decision of these statements."""
    effects = {statement.effect for statement in among if statement.applies_to(ask)}
    if "Deny" in effects:
        return "explicitly denied"
    return "allowed" if "Allow" in effects else "denied"


def _statement(given: Mapping[str, Any]) -> Statement:
    # A trust policy has no Resource element: it is about its role.
    resource = given if "Resource" in given or "NotResource" in given else {"Resource": "*"}
    principals = given.get("Principal", {})
    if "NotPrincipal" in given:
        raise ValueError("the local cloud does not support NotPrincipal")
    return Statement(
        given["Effect"],
        _names(given, "Action"),
        _names(resource, "Resource"),
        principals,
        given.get("Condition") or {},
    )


def _names(given: Mapping[str, Any], key: str) -> tuple[bool, tuple[str, ...]]:
    positive = key in given
    return positive, tuple(listed(given[key] if positive else given.get(f"Not{key}", [])))


def _named(names: tuple[bool, Sequence[str]], value: str, context: Context, *, insensitive: bool = False) -> bool:
    positive, patterns = names
    return positive == any(matches(pattern, value, context, insensitive=insensitive) for pattern in patterns)
