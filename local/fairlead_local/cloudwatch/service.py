"""CloudWatch: its handlers, created and connected."""

from collections.abc import Callable
from typing import Any

from fairlead_local.clients import Clients
from fairlead_local.clock import Clock
from fairlead_local.cloudwatch.alarm_actions import AlarmActions, Permissions
from fairlead_local.cloudwatch.alarm_descriptions import AlarmDescriptions
from fairlead_local.cloudwatch.alarm_store import AlarmStore
from fairlead_local.cloudwatch.alarms import AlarmOperations
from fairlead_local.cloudwatch.evaluator import Evaluator
from fairlead_local.cloudwatch.metric_data import MetricOperations
from fairlead_local.cloudwatch.metric_store import MetricStore
from fairlead_local.service import Handler


class CloudWatch:
    """The service over a metric store that other services write to as well."""

    def __init__(
        self,
        store: MetricStore,
        clock: Clock,
        clients: Clients,
        *,
        permissions: Permissions,
        invoke: Callable[[dict[str, Any]], Any],
        publish: Callable[..., Any],
    ) -> None:
        alarms = self.alarms = AlarmStore()
        actions = AlarmActions(alarms, clients, permissions=permissions, invoke=invoke, publish=publish)
        evaluator = Evaluator(store, alarms, clock, actions.run)
        self._parts = (
            MetricOperations(store, clock),
            AlarmOperations(store, alarms, clock, evaluator),
            AlarmDescriptions(alarms),
        )

    def handlers(self) -> dict[str, Handler]:
        """Return the handlers by operation name."""
        return {name: handler for part in self._parts for name, handler in part.handlers().items()}
