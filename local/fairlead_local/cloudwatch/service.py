"""CloudWatch, joined: its handlers, and where the cloud's own services write their metrics."""

from collections.abc import Callable
from typing import Any

from fairlead_local.clients import Clients
from fairlead_local.clock import Clock
from fairlead_local.cloudwatch.alarm_actions import Actions, Permissions
from fairlead_local.cloudwatch.alarm_descriptions import Descriptions
from fairlead_local.cloudwatch.alarm_store import Book
from fairlead_local.cloudwatch.alarms import Alarms
from fairlead_local.cloudwatch.evaluator import Watch
from fairlead_local.cloudwatch.metric_data import Data
from fairlead_local.cloudwatch.metric_store import Store
from fairlead_local.service import Handler


class CloudWatch:
    """The service over a store of metrics that others write to as well."""

    def __init__(
        self,
        store: Store,
        clock: Clock,
        clients: Clients,
        *,
        permissions: Permissions,
        invoke: Callable[[dict[str, Any]], Any],
        publish: Callable[..., Any],
    ) -> None:
        book = Book()
        actions = Actions(book, clients, permissions=permissions, invoke=invoke, publish=publish)
        watch = Watch(store, book, clock, actions.run)
        self._parts = (Data(store, clock), Alarms(store, book, clock, watch), Descriptions(book))

    def handlers(self) -> dict[str, Handler]:
        """Operation names to handlers."""
        return {name: handler for part in self._parts for name, handler in part.handlers().items()}
