"""The hook before traffic: checks a release for CodeDeploy, writes the findings to the journal, answers CodeDeploy.

Law: CodeDeploy gets an answer before the function times out. The answer is Succeeded only if no finding refuses the
release and the journal holds the findings: without a record an operator could not look them up.
"""

import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, wait
from dataclasses import dataclass, field
from typing import Any, TypeVar

import msgspec

from fairlead.aws.codedeploy_hooks import Execution, Hook, HookedDeployment, Status
from fairlead.errors import FairleadError, ReleaseError
from fairlead.journal.journal import Journal
from fairlead.journal.records import Described, Draft, parse_deployment
from fairlead.model.manifest import Finding
from fairlead.telemetry import emit
from fairlead.verification.trial.findings import failed, passed
from fairlead.verification.trial.trial import Trial

RECORDING = 15.0
ANSWERING = 10.0
"""Seconds reserved for the journal's record and for the answer."""

Result = TypeVar("Result")


class OutOfTimeError(ReleaseError):
    """A step did not end within its time."""


@dataclass
class Proof:
    """The findings so far, and their subject; another thread may still add to them."""

    described: Described | None = None
    trial: Trial | None = None
    findings: list[Finding] = field(default_factory=list)

    def add(self, finding: Finding) -> None:
        """Keep a finding and log it."""
        self.findings.append(finding)
        emit.logger.info("checked", **_as_json(finding))


def answer(
    execution: Execution,
    hook: Hook,
    *,
    trial: Callable[[Described], Trial],
    journal: Callable[[], Journal],
    remaining: Callable[[], float],
    by: str,
) -> Status:
    """Check a release and answer CodeDeploy; returns the answer. `remaining` returns seconds, `by` is the hook's ARN.

    `trial` and `journal` make the hook's dependencies: a failure to make one refuses the release. Raises ReleaseError
    only if CodeDeploy does not take the answer.
    """
    proof, started, examined = Proof(), time.monotonic(), True
    try:
        time_left = remaining() - RECORDING - ANSWERING
        examined = within(time_left, lambda: _examine(proof, hook.order(execution), execution, trial))
    except OutOfTimeError as error:
        proof.add(failed("time", str(error), detail="the checks did not end within the function's time"))
    except FairleadError as error:
        proof.add(failed("deployment", str(error)))
    except Exception as error:  # noqa: BLE001 - a crash must answer Failed, not leave CodeDeploy without an answer
        emit.logger.exception("unexpected error", error=type(error).__name__)
        proof.add(failed("verify", f"{type(error).__name__}: {error}"))
    findings = tuple(proof.findings)
    status: Status = "Failed" if any(finding.refuses for finding in findings) else "Succeeded"
    if examined:
        draft = _draft(proof, findings, status, execution, by=by, seconds=time.monotonic() - started)
        status = _recorded(draft, journal, status, min(RECORDING, remaining() - ANSWERING))
    _answer(hook, execution, status, remaining)
    return status


def within(seconds: float, work: Callable[[], Result]) -> Result:
    """Return the result of `work`, or raise its error; raises OutOfTimeError after `seconds`, while `work` runs on."""
    future: Future[Result] = Future()

    def run() -> None:
        try:
            future.set_result(work())
        except BaseException as error:  # noqa: BLE001 - raised again in the waiting thread
            future.set_exception(error)

    threading.Thread(target=run, name="within", daemon=True).start()
    done, _ = wait([future], timeout=max(seconds, 0.0))
    if not done:
        raise OutOfTimeError(f"no end after {max(seconds, 0.0):.0f} seconds")
    return future.result()


def _examine(proof: Proof, order: HookedDeployment, execution: Execution, trial: Callable[[Described], Trial]) -> bool:
    """Add every finding to the proof; returns False for a rollback, which is not examined."""
    if order.undoes:
        # CodeDeploy returns to the release that has served callers until now: no check may delay it.
        emit.logger.info("a rollback is not examined", deployment=execution.deployment_id, undoes=order.undoes)
        return False
    described = proof.described = _described(order)
    proof.add(passed("deployment", order.description))
    proof.trial = trial(described)
    for finding in proof.trial.findings():
        proof.add(finding)
    return True


def _described(order: HookedDeployment) -> Described:
    """Return the releases that a deployment describes; raises ReleaseError unless its AppSpec names the same."""
    described = parse_deployment(order.description)
    if described is None:
        raise ReleaseError(f"this deployment was not started by Fairlead: it describes itself as {order.description!r}")
    shown, said = (order.current, order.target), (described.after, described.target)
    if any(shown) and shown != said:
        raise ReleaseError(
            f"the deployment moves live from {shown[0]} to {shown[1]} and describes {said[0]} to {said[1]}"
        )
    return described


def _draft(
    proof: Proof, findings: tuple[Finding, ...], status: Status, execution: Execution, *, by: str, seconds: float
) -> Draft:
    refused = [finding for finding in findings if finding.refuses]
    named = "; ".join(" ".join(filter(None, (one.check + ":", one.finding, one.figure))) for one in refused)
    return Draft(
        kind="verified" if status == "Succeeded" else "failed",
        by=by,
        why=named or f"{len(findings)} findings, none refuses it",
        was=proof.trial.was if proof.trial else None,
        now=proof.trial.now if proof.trial else None,
        model=proof.described.model if proof.described else "",
        version=proof.described.version if proof.described else 0,
        deployment=execution.deployment_id,
        key=f"{execution.deployment_id}:verify",
        evidence={"findings": [_as_json(finding) for finding in findings], "seconds": round(seconds, 3)},
    )


def _recorded(draft: Draft, journal: Callable[[], Journal], status: Status, seconds: float) -> Status:
    """Write the findings; returns Failed if that fails, or if an earlier run of this hook wrote a failure."""
    try:
        record = within(seconds, lambda: journal().append(draft))
    except Exception as error:  # noqa: BLE001 - CodeDeploy gets an answer in any case
        emit.logger.exception("the journal was not written", error=type(error).__name__, why=draft.why)
        return "Failed"
    return status if record.kind == "verified" else "Failed"


def _answer(hook: Hook, execution: Execution, status: Status, remaining: Callable[[], float]) -> None:
    """Answer CodeDeploy, with retries while there is time: without an answer the deployment waits for an hour."""
    while True:
        try:
            first = hook.answer(execution, status)
            break
        except FairleadError as error:
            emit.logger.error("the deployment was not answered", reason=str(error), status=status)
            if remaining() < ANSWERING / 2:
                raise
        time.sleep(1)
    emit.logger.info("deployment answered", deployment=execution.deployment_id, status=status, first=first)


def _as_json(finding: Finding) -> dict[str, Any]:
    document: dict[str, Any] = msgspec.to_builtins(finding)
    return document
