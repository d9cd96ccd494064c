"""CodeDeploy in memory over StrictLambda's aliases; tests/local plays the same scenario on the local cloud's.

A boto3 client whose calls end here, so that botocore still checks every parameter. Each look (GetDeployment) takes a
running deployment one step further: created, hook, shifting, done; a test holds it, or has it fail, at one of them.
"""

import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from tests.functional.session import connect
from tests.functional.strict_lambda import NAME, StrictLambda

APPLICATION, GROUP = "fairlead", "fairlead-live"
ENDED = {"Succeeded", "Failed", "Stopped"}


@dataclass
class Entry:
    """One deployment."""

    info: dict[str, Any]
    current: str
    target: str
    hook: str
    steps: list[str] = field(default_factory=list)

    @property
    def ended(self) -> bool:
        return self.info["status"] in ENDED


class FakeDeploys:
    """`client` is what the code under test gets. `hold` is a step at which deployments stay until it is taken away.

    `hook_fails` has the hook refuse the next release, `alarm` has an alarm stop it while it is shifting.
    """

    def __init__(self, lambda_: StrictLambda) -> None:
        self.client: Any = connect("codedeploy")
        self.calls: list[str] = []
        self.entries: dict[str, Entry] = {}
        self.hold = ""
        self.hook_fails = False
        self.alarm = False
        self.rolls_back_on_stop = False
        self.answers_lost = 0  # of CreateDeployment, which is then sent again
        self.eager = False  # deployments end as soon as they are made, without a call
        self._lambda = lambda_
        self._params: dict[str, Any] = {}
        self._interference: dict[str, Callable[[], object]] = {}
        self.client.meta.events.register("provide-client-params.codedeploy", self._remember)
        self.client.meta.events.register_first("before-call.codedeploy", self._answer)

    @property
    def last(self) -> Entry:
        return self.entries[f"d-{len(self.entries)}"]

    def before(self, operation: str, action: Callable[[], object]) -> None:
        """Run `act` as another client just before the next call of this operation."""
        self._interference[operation] = action

    def finish(self) -> None:
        """Complete every deployment without a call."""
        self.hold = ""
        for _ in range(10):
            for entry in list(self.entries.values()):
                self._step(entry)

    def _remember(self, params: dict[str, Any], model: Any, **_: Any) -> None:
        if model.name in self._interference:
            self._interference.pop(model.name)()
        self._params = params

    def _answer(self, model: Any, **_: Any) -> tuple[Any, dict[str, Any]]:
        self.calls.append(model.name)
        answer = {
            "CreateDeployment": self._create,
            "GetDeployment": self._get,
            "ListDeployments": self._list,
            "StopDeployment": self._stop,
        }[model.name](self._params)
        http = type("Answered", (), {"status_code": 400 if "Error" in answer else 200, "headers": {}})()
        return http, {**answer, "ResponseMetadata": {"HTTPStatusCode": http.status_code}}

    def _create(self, params: dict[str, Any]) -> dict[str, Any]:
        assert (params["applicationName"], params["deploymentGroupName"]) == (APPLICATION, GROUP)
        if any(not entry.ended for entry in self.entries.values()):
            return _error("DeploymentLimitExceededException", f"{GROUP} already has an active Deployment")
        spec = json.loads(params["revision"]["appSpecContent"]["content"])
        [resource] = (found for one in spec["Resources"] for found in one.values())
        properties = resource["Properties"]
        assert properties["Name"] == NAME
        assert properties["Alias"] == "live"
        hook = spec["Hooks"][0]["BeforeAllowTraffic"]
        number = self._new(params, properties["CurrentVersion"], properties["TargetVersion"], hook)
        if self.answers_lost:
            self.answers_lost -= 1
            return self._create(params)
        if self.eager:
            self.finish()
        return {"deploymentId": number}

    def _new(self, params: dict[str, Any], current: str, target: str, hook: str, **more: Any) -> str:
        number = f"d-{len(self.entries) + 1}"
        info = {
            "deploymentId": number,
            "deploymentConfigName": params["deploymentConfigName"],
            "description": params.get("description", ""),
            "status": "Created",
            "createTime": datetime.now(UTC),
            "creator": "user",
            **more,
        }
        at_once = params["deploymentConfigName"].endswith("AllAtOnce")
        steps = ["hook", "done"] if at_once else ["hook", "shift", "done"]
        steps = ["invalid"] if current == target and not at_once else steps
        self.entries[number] = Entry(info, current, target, hook, steps)
        return number

    def _get(self, params: dict[str, Any]) -> dict[str, Any]:
        entry = self.entries.get(params["deploymentId"])
        if entry is None:
            return _error("DeploymentDoesNotExistException", "no such deployment")
        answer = {"deploymentInfo": dict(entry.info)}
        self._step(entry)
        return answer

    def _list(self, params: dict[str, Any]) -> dict[str, Any]:
        wanted = params.get("includeOnlyStatuses") or ["Created", "InProgress", *ENDED]
        return {"deployments": [number for number, one in self.entries.items() if one.info["status"] in wanted]}

    def _stop(self, params: dict[str, Any]) -> dict[str, Any]:
        entry = self.entries[params["deploymentId"]]
        if entry.ended:
            return _error("DeploymentAlreadyCompletedException", "it has ended")
        entry.steps = ["stop"]
        return {"status": "Pending"}

    def _step(self, entry: Entry) -> None:
        if entry.ended or not entry.steps or entry.steps[0] == self.hold:
            return
        step = entry.steps.pop(0)
        entry.info["status"] = "InProgress"
        if step == "stop":
            self._end(entry, "Stopped", "MANUAL_STOP", "stopped by request", undo=self.rolls_back_on_stop)
        elif step == "invalid":
            self._end(entry, "Failed", "INVALID_LAMBDA_CONFIGURATION", "the target is the current version", undo=False)
        elif step == "hook" and self.hook_fails:
            self._end(entry, "Failed", "HOOK_EXECUTION_FAILURE", "the hook BeforeAllowTraffic failed", undo=True)
        elif step == "shift":
            self._lambda.shift("live", entry.current, {entry.target: 0.1})
        elif step == "done" and self.alarm:
            self._end(entry, "Stopped", "ALARM_ACTIVE", "an alarm of the group is in ALARM", undo=True)
        elif step == "done":
            self._lambda.shift("live", entry.target, {})
            entry.info["status"] = "Succeeded"

    def _end(self, entry: Entry, status: str, code: str, message: str, *, undo: bool) -> None:
        information = {"code": code, "message": message}
        entry.info |= {"status": status, "errorInformation": information, "completeTime": datetime.now(UTC)}
        if undo:
            triggering = {"rollbackTriggeringDeploymentId": entry.info["deploymentId"]}
            number = self._new(entry.info, entry.target, entry.current, "", creator="codeDeployRollback")
            self.entries[number].info["rollbackInfo"] = triggering
            self.entries[number].steps = ["done"]
            entry.info["rollbackInfo"] = {"rollbackDeploymentId": number}
            self.alarm = False


def _error(code: str, message: str) -> dict[str, Any]:
    return {"Error": {"Code": code, "Message": message}}
