"""The lifecycle of one deployment: lifecycle events in order, each a timer on the cloud's clock.

Everything here runs on the clock, one timer at a time; API calls only set flags and add timers.
"""

import logging
import secrets
from collections.abc import Callable
from functools import partial
from typing import Any, Literal

from fairlead_local.clock import Timer
from fairlead_local.codedeploy import traffic_routing
from fairlead_local.codedeploy.aws_calls import AwsCalls, DeploymentError
from fairlead_local.codedeploy.context import DeploymentContext, Event
from fairlead_local.codedeploy.records import Deployment, Step
from fairlead_local.codedeploy.traffic import Traffic

logger = logging.getLogger(__name__)

ROLLBACK_ON = {"ALARM_ACTIVE": "DEPLOYMENT_STOP_ON_ALARM", "MANUAL_STOP": "DEPLOYMENT_STOP_ON_REQUEST"}
STOPS = frozenset(ROLLBACK_ON)


class Lifecycle:
    """Runs one deployment from Created to its end."""

    def __init__(self, context: DeploymentContext, deployment: Deployment, aws: AwsCalls) -> None:
        self.deployment = deployment
        self._context = context
        self._traffic = Traffic(deployment, aws)
        self._timers: list[Timer] = []
        self._stopping = False
        self._then: dict[str, Callable[[], None]] = {}

    def start(self) -> None:
        """Queue the deployment."""
        self._after(self._context.pace.begin / 2, self._queue)

    def stop(self, *, roll_back: bool) -> None:
        """Stop the deployment after the stop delay; the alias does not change meanwhile."""
        if self._stopping:
            return
        self._stopping = True
        problem = DeploymentError("MANUAL_STOP", "The deployment was stopped by a user request.")
        self._context.clock.after(self._context.pace.stop, lambda: self._fail(problem, roll_back=roll_back))

    def answered(self, step: Step) -> None:
        """Continue or fail after a hook's result."""
        self._after(0, partial(self._hook_answered, step))

    def _queue(self) -> None:
        self.deployment.status = "Queued"
        self._after(self._context.pace.begin / 2, self._begin)

    def _begin(self) -> None:
        self.deployment.status = "InProgress"
        self.deployment.started = self._context.clock.now()
        self._context.publish(self.deployment, "START")
        if self.deployment.is_rollback:
            self._restore()
            return
        self._traffic.check()
        self._traffic.check_alarms()
        self._timers.append(self._context.clock.every(self._context.pace.look, self._work(self._traffic.check_alarms)))
        self._hook("BeforeAllowTraffic", self._allow)

    def _restore(self) -> None:
        step = self._enter("AllowTraffic")
        self._traffic.restore()
        self._leave(step)
        self._end("Succeeded", "SUCCESS")

    def _hook(self, name: str, then: Callable[[], None]) -> None:
        step = self._enter(name)
        if not step.hook:
            self._leave(step)
            then()
            return
        with self._context.store.lock:
            step.execution_id = secrets.token_urlsafe(96)
        self._then[name] = then
        self._after(self._context.pace.hook, partial(self._overdue, step))
        self._traffic.invoke(step.hook, step.execution_id)

    def _hook_answered(self, step: Step) -> None:
        if step.status == "Failed":
            why = f"The deployment failed because its {step.name} hook {step.hook} reported a failure."
            raise DeploymentError("HOOK_EXECUTION_FAILURE", why)
        self._then.pop(step.name)()

    def _overdue(self, step: Step) -> None:
        if step.status != "InProgress":
            return
        step.problem = f"{step.hook} did not report within {self._context.pace.hook:.0f} seconds"
        why = f"The deployment failed because its {step.name} hook timed out: {step.problem}."
        raise DeploymentError("HOOK_EXECUTION_FAILURE", why)

    def _allow(self) -> None:
        self._enter("AllowTraffic")
        self._shift(0)

    def _shift(self, index: int) -> None:
        self._traffic.check_alarms()
        shifts = traffic_routing.shifts(self.deployment.config.routing)
        self._traffic.shift(shifts[index].percentage)
        if index + 1 < len(shifts):
            self._after(shifts[index + 1].after - shifts[index].after, partial(self._shift, index + 1))
            return
        self._leave(self.deployment.steps["AllowTraffic"])
        self._hook("AfterAllowTraffic", partial(self._end, "Succeeded", "SUCCESS"))

    def _enter(self, name: str) -> Step:
        step = self.deployment.steps[name]
        with self._context.store.lock:
            step.status, step.started = "InProgress", self._context.clock.now()
        return step

    def _leave(self, step: Step) -> None:
        with self._context.store.lock:
            step.status, step.ended = "Succeeded", self._context.clock.now()

    def _after(self, seconds: float, work: Callable[[], None]) -> None:
        self._timers.append(self._context.clock.after(seconds, self._work(work)))

    def _work(self, work: Callable[[], None]) -> Callable[[], None]:
        """Return work that does nothing once the deployment stops, and fails it on a DeploymentError."""

        def guarded() -> None:
            if self._stopping or self.deployment.over:
                return
            try:
                work()
            except DeploymentError as problem:
                self._fail(problem, roll_back=None)
            except Exception:
                logger.exception("deployment %s", self.deployment.id)
                self._fail(DeploymentError("INTERNAL_ERROR", "the local cloud failed; see cloud.log"), roll_back=None)

        return guarded

    def _fail(self, problem: DeploymentError, *, roll_back: bool | None) -> None:
        if self.deployment.over:  # it ended during the stop delay
            return
        stopped = problem.code in STOPS
        with self._context.store.lock:
            self.deployment.error = (problem.code, problem.message)
            for step in self.deployment.steps.values():
                if step.status == "InProgress":
                    step.status, step.ended = ("Skipped" if stopped else "Failed"), self._context.clock.now()
                    step.problem = step.problem or problem.message
            undo = self._undoes(problem, roll_back)
            if stopped:
                self._end("Stopped", "STOP", undo=undo)
            else:
                self._end("Failed", "FAILURE", undo=undo)

    def _undoes(self, problem: DeploymentError, wanted: bool | None) -> bool:
        if not self._traffic.found:
            return False
        if wanted is not None:
            return wanted
        setting: dict[str, Any] = self.deployment.auto_rollback
        return bool(setting.get("enabled")) and ROLLBACK_ON.get(problem.code, "DEPLOYMENT_FAILURE") in setting["events"]

    def _end(self, status: Literal["Succeeded", "Failed", "Stopped"], event: Event, *, undo: bool = False) -> None:
        for timer in self._timers:
            timer.cancel()
        with self._context.store.lock:
            self.deployment.status, self.deployment.ended = status, self._context.clock.now()
            for step in self.deployment.steps.values():
                if step.status == "Pending":
                    step.status = "Skipped"
            # Under the same lock, so that a caller who sees the end also sees the rollback.
            if undo:
                self._context.undo(self.deployment)
        self._context.publish(self.deployment, event)
