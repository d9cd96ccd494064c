"""A deployment's checks and changes of its alias."""

from fairlead_local.codedeploy import traffic_routing
from fairlead_local.codedeploy.aws_calls import CONFIGURATION, AwsCalls, DeploymentError
from fairlead_local.codedeploy.records import Deployment


class Traffic:
    """Shifts one deployment's traffic; `found` is True after the checks passed, so that a rollback is possible."""

    def __init__(self, deployment: Deployment, aws: AwsCalls) -> None:
        self.found = False
        self._deployment = deployment
        self._aws = aws
        self._expected: tuple[str, dict[str, float]] = (deployment.spec.current, {})

    def check(self) -> None:
        """Raise DeploymentError unless the alias is on the current version alone and the target version exists."""
        spec, routing = self._deployment.spec, self._deployment.config.routing
        alias_state = self._aws.alias_state()
        if alias_state.version != spec.current:
            raise _configuration(
                "The Lambda function alias version does not match the current version in AppSpec file."
            )
        if alias_state.weights:
            raise _configuration("The Lambda function alias is configured to shift traffic between two versions.")
        if spec.current == spec.target and routing["type"] != traffic_routing.ALL_AT_ONCE:
            raise _configuration("")
        self._aws.check_version(spec.target)
        self.found = True

    def check_alarms(self) -> None:
        """Raise DeploymentError if an alarm of the deployment is in ALARM."""
        try:
            red = self._aws.alarming(self._deployment.alarms)
        except DeploymentError:
            if self._deployment.ignore_poll_failure:
                return
            raise
        if red:
            message = (
                "One or more alarms have been activated according to the Amazon CloudWatch metrics you selected, and "
                f"the affected deployments have been stopped. Activated alarms: <{', '.join(red)}>"
            )
            raise DeploymentError("ALARM_ACTIVE", message)

    def shift(self, percentage: float) -> None:
        """Shift this percentage to the target version, unless the alias was changed since the last shift."""
        spec, alias_state = self._deployment.spec, self._aws.alias_state()
        if (alias_state.version, alias_state.weights) != self._expected:
            raise _configuration("The Lambda function alias was changed while the deployment was running.")
        whole = percentage >= 100
        wanted = (spec.target, {}) if whole else (spec.current, {spec.target: percentage / 100})
        self._aws.move(*wanted, revision=alias_state.revision)
        self._expected = wanted
        self._deployment.weight = float(percentage)

    def restore(self) -> None:
        """Point the alias to the rollback's target alone, without checks."""
        self._aws.move(self._deployment.spec.target, {})
        self._deployment.weight = 100.0

    def invoke(self, function: str, execution_id: str) -> None:
        """Invoke a hook."""
        self._aws.invoke(function, self._deployment.id, execution_id)


def _configuration(reason: str) -> DeploymentError:
    return DeploymentError("INVALID_LAMBDA_CONFIGURATION", f"{CONFIGURATION} {reason}".rstrip())
