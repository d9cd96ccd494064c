"""IAM authorisation of a call to a deployed API, answered in API Gateway's words."""

from datetime import UTC, datetime

from fairlead_local.account import ACCOUNT, arn
from fairlead_local.apigateway.gateway_error import Refusal
from fairlead_local.http_message import HttpRequest
from fairlead_local.iam import condition_keys, signature
from fairlead_local.iam.credentials import Claim, UnauthenticatedError, claim_of
from fairlead_local.iam.evaluate import DeniedError, Judge
from fairlead_local.iam.identities import Caller, Identities
from fairlead_local.iam.policies import Ask

SERVICE = "execute-api"
ACTION = f"{SERVICE}:Invoke"


class Authoriser:
    """The cloud's one rule of who may do what, for `execute-api:Invoke`."""

    def __init__(self, identities: Identities, judge: Judge) -> None:
        self._identities = identities
        self._judge = judge

    def authorise(self, request: HttpRequest, resource: str) -> Caller:
        """Who signed the request, if that one may; raises Refusal. Signatures are of real time, whatever the clock."""
        try:
            claim = claim_of(request)
            caller = self._identities.find(claim.access_key, claim.token)
            _check_service(claim)
            signature.check(request, claim, caller.secret_key, now=datetime.now(UTC))
        except UnauthenticatedError as error:
            raise _refusal(error) from error
        where = arn(SERVICE, resource)
        ask = Ask(ACTION, where, condition_keys.general(request, caller), condition_keys.known(SERVICE))
        try:
            self._judge.check(caller, [(ACTION, where)], ask)
        except DeniedError as error:
            masked = where.replace(ACCOUNT, f"********{ACCOUNT[-4:]}")
            raise Refusal.denied(caller.arn, masked, error.why) from error
        return caller


def _check_service(claim: Claim) -> None:
    if claim.service != SERVICE:
        message = f"Credential should be scoped to correct service: '{SERVICE}'. "
        raise UnauthenticatedError("signature", message)


def _refusal(error: UnauthenticatedError) -> Refusal:
    if error.kind == "missing":
        return Refusal.missing_token()
    made = {
        "incomplete": Refusal.incomplete,
        "unknown": Refusal.unrecognised,
        "expired": Refusal.expired,
        "signature": Refusal.signature,
        "clock": Refusal.signature,
    }[error.kind]
    return made(error.message)
