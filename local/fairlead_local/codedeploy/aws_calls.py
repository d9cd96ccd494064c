"""CodeDeploy's calls of other services with the rights of the group's role: alias, alarms and hooks."""

import contextlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fairlead_local.clients import Clients
from fairlead_local.codedeploy.appspec import AppSpec
from fairlead_local.errors import ServiceError

if TYPE_CHECKING:
    from botocore.exceptions import ClientError

Assume = Callable[[str], Clients]  # a role's ARN → clients with its rights

CONFIGURATION = (
    "The deployment failed because the AppSpec file that specifies the AWS Lambda deployment configuration is missing "
    "or has an invalid configuration."
)


class DeploymentError(Exception):
    """A deployment fails; `code` is one of CodeDeploy's ErrorCode values."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(frozen=True)
class AliasState:
    """An alias's version, weights and RevisionId."""

    version: str
    weights: dict[str, float]
    revision: str


class AwsCalls:
    """The calls of one deployment."""

    def __init__(self, assume: Assume, role: str, spec: AppSpec) -> None:
        self._assume = assume
        self._role = role
        self._function = spec.function
        self._where = {"FunctionName": spec.function, "Name": spec.alias}

    def alias_state(self) -> AliasState:
        """GetAlias."""
        with self._deployment_errors("AWSLambda"):
            found = self._assume(self._role)["lambda"].get_alias(**self._where)
        weights = found.get("RoutingConfig", {}).get("AdditionalVersionWeights", {})
        return AliasState(found["FunctionVersion"], weights, found["RevisionId"])

    def check_version(self, version: str) -> None:
        """GetProvisionedConcurrencyConfig, as CodeDeploy calls it: raises if the version does not exist."""
        with self._deployment_errors("AWSLambda"):
            client = self._assume(self._role)["lambda"]
            with contextlib.suppress(client.exceptions.ProvisionedConcurrencyConfigNotFoundException):
                client.get_provisioned_concurrency_config(FunctionName=self._function, Qualifier=version)

    def move(self, version: str, weights: dict[str, float], *, revision: str = "") -> None:
        """UpdateAlias to one version or two; with optimistic locking if a revision is given."""
        routing = {"AdditionalVersionWeights": weights}
        guard = {"RevisionId": revision} if revision else {}
        with self._deployment_errors("AWSLambda"):
            client = self._assume(self._role)["lambda"]
            client.update_alias(**self._where, FunctionVersion=version, RoutingConfig=routing, **guard)

    def invoke(self, function: str, deployment_id: str, execution_id: str) -> None:
        """Invoke a hook asynchronously; it reports its result by itself."""
        event = {"DeploymentId": deployment_id, "LifecycleEventHookExecutionId": execution_id}
        with self._deployment_errors("AWSLambda"):
            client = self._assume(self._role)["lambda"]
            client.invoke(FunctionName=function, InvocationType="Event", Payload=json.dumps(event).encode())

    def alarming(self, names: Sequence[str]) -> list[str]:
        """Return the names of the alarms that are in ALARM."""
        if not names:
            return []
        with self._deployment_errors("AmazonCloudWatch"):
            client = self._assume(self._role)["cloudwatch"]
            found = client.describe_alarms(AlarmNames=list(names), AlarmTypes=["MetricAlarm", "CompositeAlarm"])
        alarms = [*found.get("MetricAlarms", []), *found.get("CompositeAlarms", [])]
        return sorted(alarm["AlarmName"] for alarm in alarms if alarm["StateValue"] == "ALARM")

    @contextlib.contextmanager
    def _deployment_errors(self, service: str) -> Iterator[None]:
        from botocore.exceptions import ClientError

        try:
            yield
        except ClientError as error:
            raise self._deployment_error(service, error) from error
        except ServiceError as error:
            message = f"The IAM role {self._role} cannot be assumed: {error.message}"
            raise DeploymentError("IAM_ROLE_MISSING", message) from error

    def _deployment_error(self, service: str, error: "ClientError") -> DeploymentError:
        code, message = error.response["Error"]["Code"], error.response["Error"]["Message"]
        if code in ("AccessDenied", "AccessDeniedException"):
            return DeploymentError(
                "IAM_ROLE_PERMISSIONS",
                f"The IAM role {self._role} does not give you permission to perform operations in the following AWS "
                f"service: {service}. Contact your AWS administrator if you need help. ({message})",
            )
        if code == "ResourceNotFoundException":
            return DeploymentError(
                "INVALID_LAMBDA_FUNCTION", f"The deployment failed because of a missing function: {message}"
            )
        if code in ("PreconditionFailedException", "InvalidParameterValueException"):
            return DeploymentError("INVALID_LAMBDA_CONFIGURATION", f"{CONFIGURATION} {message}")
        if code in ("TooManyRequestsException", "Throttling", "ThrottlingException"):
            return DeploymentError("THROTTLED", message)
        return DeploymentError("INTERNAL_ERROR", f"{code}: {message}")
