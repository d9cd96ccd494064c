"""Policy evaluation: identity policies, their limits, and resource policies, with AWS's error messages.

https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html
"""

import logging
from collections.abc import Iterable

from fairlead_local.iam.bucket_policies import BucketPolicies
from fairlead_local.iam.identities import Caller
from fairlead_local.iam.policies import AccessRequest, decide
from fairlead_local.iam.required_actions import RequiredAction

logger = logging.getLogger(__name__)


class DeniedError(Exception):
    """The caller is not authorised; the text is AWS's."""

    def __init__(self, caller: str, ask: AccessRequest, why: str) -> None:
        resource = f'"{ask.resource}"' if ask.action.startswith("s3:") else ask.resource
        where = f" on resource: {resource}" if ask.resource not in (None, "*") else " on resource: *"
        super().__init__(f"User: {caller} is not authorized to perform: {ask.action}{where} {why}")
        self.why = why


class PolicyEvaluator:
    """Evaluates the caller's policies and bucket policies."""

    def __init__(self, buckets: BucketPolicies) -> None:
        self._buckets = buckets

    def check(self, caller: Caller, wanted: Iterable[RequiredAction], ask: AccessRequest) -> None:
        """Raise DeniedError for the first action that is not allowed; `ask` has the request's condition keys."""
        for action, resource in wanted:
            one = ask.of(action, resource)
            why = self._refusal(caller, one)
            if why:
                if resource is None:
                    logger.warning("the resources of %s are unknown", action)
                    why += "; the local cloud does not know this operation's resources (iam/resources.py)"
                raise DeniedError(caller.arn, one, why)

    def _refusal(self, caller: Caller, ask: AccessRequest) -> str | None:
        identity, own = decide(caller.statements, ask), self._buckets.decide(caller, ask)
        if identity == "explicitly denied":
            return "with an explicit deny in an identity-based policy"
        if own == "explicitly denied":
            return "with an explicit deny in a resource-based policy"
        if "allowed" not in (identity, own):
            return f"because no identity-based policy allows the {ask.action} action"
        for kind, statements in caller.limits:
            said = decide(statements, ask)
            if said == "explicitly denied":
                return f"with an explicit deny in a {kind}"
            if said == "denied":
                return f"because no {kind} allows the {ask.action} action"
        return None
