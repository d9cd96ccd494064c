"""IAM authorisation of calls to deployed APIs, with API Gateway's error messages."""

from datetime import UTC, datetime

from fairlead_local.account import ACCOUNT, arn
from fairlead_local.apigateway.gateway_error import GatewayError
from fairlead_local.http_message import HttpRequest
from fairlead_local.iam import condition_keys, signature
from fairlead_local.iam.credentials import RequestCredentials, UnauthenticatedError, read_credentials
from fairlead_local.iam.evaluate import DeniedError, PolicyEvaluator
from fairlead_local.iam.identities import Caller, Identities
from fairlead_local.iam.policies import AccessRequest

SERVICE = "execute-api"
ACTION = f"{SERVICE}:Invoke"


class Authorizer:
    """Checks signature and policies for `execute-api:Invoke`."""

    def __init__(self, identities: Identities, evaluator: PolicyEvaluator) -> None:
        self._identities = identities
        self._evaluator = evaluator

    def authorize(self, request: HttpRequest, resource: str) -> Caller:
        """Return the caller; raises GatewayError. Signatures are checked against real time, not the cloud's clock."""
        try:
            credentials = read_credentials(request)
            caller = self._identities.find(credentials.access_key, credentials.token)
            _check_service(credentials)
            signature.check(request, credentials, caller.secret_key, now=datetime.now(UTC))
        except UnauthenticatedError as error:
            raise _refusal(error) from error
        where = arn(SERVICE, resource)
        ask = AccessRequest(ACTION, where, condition_keys.general(request, caller), condition_keys.known(SERVICE))
        try:
            self._evaluator.check(caller, [(ACTION, where)], ask)
        except DeniedError as error:
            masked = where.replace(ACCOUNT, f"********{ACCOUNT[-4:]}")
            raise GatewayError.denied(caller.arn, masked, error.why) from error
        return caller


def _check_service(credentials: RequestCredentials) -> None:
    if credentials.service != SERVICE:
        message = f"Credential should be scoped to correct service: '{SERVICE}'. "
        raise UnauthenticatedError("signature", message)


def _refusal(error: UnauthenticatedError) -> GatewayError:
    if error.kind == "missing":
        return GatewayError.missing_token()
    made = {
        "incomplete": GatewayError.incomplete,
        "unknown": GatewayError.unrecognised,
        "expired": GatewayError.expired,
        "signature": GatewayError.signature,
        "clock": GatewayError.signature,
    }[error.kind]
    return made(error.message)
