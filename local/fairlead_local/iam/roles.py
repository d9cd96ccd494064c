"""Roles: trust policies, and the sessions of functions, CodeDeploy, CloudFormation and Step Functions."""

import threading
from dataclasses import dataclass
from types import MappingProxyType

from moto.sts.models import sts_backends

from fairlead_local.account import ACCOUNT, PARTITION, REGION
from fairlead_local.clients import INTERNAL_KEY, Clients
from fairlead_local.errors import ServiceError
from fairlead_local.iam.evaluate import DeniedError, PolicyEvaluator
from fairlead_local.iam.identities import CALLER, Caller, Identities, role
from fairlead_local.iam.policies import AccessRequest, Statement, decide, statements
from fairlead_local.iam.principals import names, names_itself, names_service
from fairlead_local.iam.wildcards import Context

CLOUDFORMATION = "cloudformation.amazonaws.com"
CODEDEPLOY = "codedeploy.amazonaws.com"
LAMBDA = "lambda.amazonaws.com"
STEP_FUNCTIONS = "states.amazonaws.com"
ASSUME = "sts:AssumeRole"
# The condition keys of a check that AWS makes itself.
PLAIN = {"aws:securetransport": ("true",), "aws:resourceaccount": (ACCOUNT,), "s3:resourceaccount": (ACCOUNT,)}
# AWS renews a function's keys every few hours; here they outlast any process.
SESSION_SECONDS = 10 * 365 * 24 * 3600


@dataclass(frozen=True)
class Keys:
    """Credentials of a role's session."""

    access_key_id: str
    secret_access_key: str
    session_token: str | None


class Roles:
    """Reads moto's IAM; sessions are created once per role and name."""

    def __init__(self, evaluator: PolicyEvaluator, identities: Identities, endpoint: str) -> None:
        self._evaluator = evaluator
        self._identities = identities
        self._endpoint = endpoint
        self._lock = threading.Lock()
        self._sessions: dict[tuple[str, str], Keys] = {}
        self._clients: dict[Keys, Clients] = {}

    def check_trusts(self, role_arn: str, service: str) -> None:
        """Raise ServiceError (AccessDenied) unless the role exists and `service` may assume it."""
        mine = [s for s in self._trust(role_arn) if names_service(s.principals, service)]
        if decide(mine, AccessRequest(ASSUME, "*", {"aws:sourceaccount": (ACCOUNT,)})) != "allowed":
            message = f"{service} is not authorized to perform: {ASSUME} on resource: {role_arn}"
            raise ServiceError("AccessDenied", message, status=403)

    def check_function_role(self, role_arn: str) -> None:
        """Raise CreateFunction's ServiceError unless Lambda may assume the role."""
        try:
            self.check_trusts(role_arn, LAMBDA)
        except ServiceError as error:
            message = "The role defined for the function cannot be assumed by Lambda."
            raise ServiceError("InvalidParameterValueException", message) from error

    def function_session(self, role_arn: str, function: str) -> Keys:
        """Return the credentials of a function's processes; raises ServiceError if Lambda may not assume the role."""
        self.check_function_role(role_arn)
        return self._keys(role_arn, function)

    def function_clients(self, role_arn: str, function: str) -> Clients:
        """Return boto3 clients with a function's rights; raises ServiceError if Lambda may not assume the role."""
        return self._as(self.function_session(role_arn, function))

    def function_may(self, role_arn: str, function: str, action: str, resource: str) -> bool:
        """Return whether a function's role allows an action on a resource."""
        try:
            self.check_acting(self.function_clients(role_arn, function), action, resource)
        except ServiceError:
            return False
        return True

    def codedeploy(self, role_arn: str) -> Clients:
        """Return boto3 clients with the role's rights; raises ServiceError if CodeDeploy may not assume it."""
        self.check_trusts(role_arn, CODEDEPLOY)
        return self._as(self._keys(role_arn, "CodeDeploy"))

    def step_functions(self, role_arn: str) -> Clients:
        """Return boto3 clients with the role's rights; raises ServiceError if Step Functions may not assume it."""
        self.check_trusts(role_arn, STEP_FUNCTIONS)
        return self._as(self._keys(role_arn, "StepFunctions"))

    def cloudformation(self, role_arn: str) -> Clients:
        """Return boto3 clients with the role's rights; raises ServiceError if CloudFormation may not assume it."""
        try:
            self.check_trusts(role_arn, CLOUDFORMATION)
        except ServiceError as error:
            raise ServiceError("ValidationError", f"Role {role_arn} is invalid or cannot be assumed") from error
        return self._as(self._keys(role_arn, "AWSCloudFormation"))

    def of_caller(self) -> Clients:
        """Return boto3 clients with the rights of the caller whose call this thread answers."""
        caller = CALLER.get()
        if caller is None:
            return Clients(self._endpoint)
        return self._as(Keys(caller.access_key, caller.secret_key, caller.token))

    def check_acting(self, clients: Clients, action: str, resource: str, keys: Context = MappingProxyType({})) -> None:
        """Raise ServiceError unless the clients' holder may do this, for an action without an API here.

        `keys` are condition keys of the resource.
        """
        key, _, token = clients.keys
        if key == INTERNAL_KEY:
            return
        caller = self._identities.find(key, token)
        try:
            self._evaluator.check(
                caller, [(action, resource)], AccessRequest("", None, {**caller.context, **PLAIN, **keys})
            )
        except DeniedError as error:
            raise ServiceError("AccessDenied", str(error), status=403) from error

    def check_assumed(self, caller: Caller, role_arn: str, ask: AccessRequest) -> None:
        """Raise DeniedError unless the caller may assume the role.

        A role that trusts the account requires a policy of the caller as well.
        """
        one = ask.of(ASSUME, role_arn)
        trusting = [s for s in self._trust(role_arn) if names(s.principals, caller)]
        said = decide(trusting, ask.of(ASSUME, "*"))
        itself = [s for s in trusting if names_itself(s.principals, caller)]
        if said == "explicitly denied":
            raise DeniedError(caller.arn, one, "with an explicit deny in a resource-based policy")
        if said == "denied":
            raise DeniedError(caller.arn, one, f"because no resource-based policy allows the {ASSUME} action")
        if decide(itself, ask.of(ASSUME, "*")) != "allowed" or decide(caller.statements, one) == "explicitly denied":
            self._evaluator.check(caller, [(ASSUME, role_arn)], one)

    def _as(self, keys: Keys) -> Clients:
        with self._lock:
            if keys not in self._clients:
                self._clients[keys] = Clients(
                    self._endpoint,
                    access_key=keys.access_key_id,
                    secret_key=keys.secret_access_key,
                    token=keys.session_token,
                )
            return self._clients[keys]

    def _keys(self, role_arn: str, name: str) -> Keys:
        with self._lock:
            if (role_arn, name) not in self._sessions:
                made = sts_backends[ACCOUNT][PARTITION].assume_role(
                    region_name=REGION, role_session_name=name, role_arn=role_arn, policy="",
                    duration=SESSION_SECONDS, external_id="",
                )  # fmt: skip
                self._sessions[role_arn, name] = Keys(made.access_key_id, made.secret_access_key, made.session_token)
            return self._sessions[role_arn, name]

    def _trust(self, role_arn: str) -> tuple[Statement, ...]:
        found = role(role_arn)
        return statements(found.assume_role_policy_document) if found else ()
