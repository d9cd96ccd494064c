"""Dashboards: kept and shown."""

import json
from dataclasses import dataclass
from typing import Any

from fairlead_local.account import arn
from fairlead_local.clock import Clock
from fairlead_local.errors import ServiceError
from fairlead_local.metrics.describe import paged
from fairlead_local.metrics.moments import moment
from fairlead_local.protocol import Handler


@dataclass(frozen=True)
class Dashboard:
    """A body and when it was put."""

    body: str
    at: float


class Dashboards:
    """The handlers for dashboards."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._kept: dict[str, Dashboard] = {}

    def handlers(self) -> dict[str, Handler]:
        """Operation names to handlers."""
        return {
            "PutDashboard": self.put,
            "GetDashboard": self.get,
            "DeleteDashboards": self.delete,
            "ListDashboards": self.list_all,
        }

    def put(self, asked: dict[str, Any]) -> dict[str, Any]:
        """PutDashboard; the body must be JSON, what it says is not looked at."""
        body = asked["DashboardBody"]
        try:
            json.loads(body)
        except ValueError as error:
            message = "The field DashboardBody must be a valid JSON object"
            raise ServiceError("InvalidParameterInput", f"{message}: {error}") from error
        self._kept[asked["DashboardName"]] = Dashboard(body, self._clock.now())
        return {"DashboardValidationMessages": []}

    def get(self, asked: dict[str, Any]) -> dict[str, Any]:
        """GetDashboard."""
        name = asked["DashboardName"]
        self._check(name)
        return {"DashboardName": name, "DashboardArn": _arn(name), "DashboardBody": self._kept[name].body}

    def delete(self, asked: dict[str, Any]) -> None:
        """DeleteDashboards: all or none."""
        for name in asked["DashboardNames"]:
            self._check(name)
        for name in asked["DashboardNames"]:
            self._kept.pop(name, None)

    def list_all(self, asked: dict[str, Any]) -> dict[str, Any]:
        """ListDashboards."""
        prefix = asked.get("DashboardNamePrefix") or ""
        page, token = paged(sorted(name for name in self._kept if name.startswith(prefix)), asked, default=1000)
        return {"DashboardEntries": [_entry(name, self._kept[name]) for name in page], **token}

    def _check(self, name: str) -> None:
        if name not in self._kept:
            raise ServiceError("ResourceNotFound", f"Dashboard {name} does not exist", status=404)


def _arn(name: str) -> str:
    return arn("cloudwatch", f"dashboard/{name}", region="")


def _entry(name: str, kept: Dashboard) -> dict[str, Any]:
    size = len(kept.body.encode())
    return {"DashboardName": name, "DashboardArn": _arn(name), "LastModified": moment(kept.at), "Size": size}
