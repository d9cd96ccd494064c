"""A job's execution on Step Functions: started or found, and followed to its end."""

import time
import uuid
from collections.abc import Callable
from typing import Any

import msgspec

from fairlead.aws.clients import translated
from fairlead.batch.files import Files
from fairlead.batch.job import Names, Order
from fairlead.batch.job_files import written_plan
from fairlead.batch.manifest import done
from fairlead.errors import CallError

AGAIN = "run the same command again: chunks that are done are skipped"
NOT_REACHED = "the stack's parameters BatchInput and BatchOutput name the folders that its jobs reach"
ORDER_AT_FAULT = frozenset({"DataError", "EngineError", "NotFoundError", "SettingsError"})
"""Errors of the plan that a further run of the same command ends with."""
POLL = 2.0
"""Seconds between looks at an execution."""


class Progress:
    """The progress of a job: `total` chunks, 0 until the plan is written."""

    def __init__(self, results: Files, names: Names) -> None:
        self._results = results
        self._names = names
        self.total = 0

    def done(self) -> int:
        """Return the number of chunks that are done."""
        if not self.total:
            plan = written_plan(self._results, self._names)
            self.total = plan.chunks if plan else 0
        return len(done(self._results, self._names)) if self.total else 0


class Executions:
    """The executions of one state machine; `client` is boto3's for Step Functions."""

    def __init__(self, client: Any, machine: str) -> None:
        self._client = client
        self._machine = machine

    def start(self, order: Order) -> str:
        """Start a job and return the ARN of its execution; raises StorageError."""
        with translated(f"start the job (states:StartExecution on {self._machine})"):
            answer = self._client.start_execution(
                stateMachineArn=self._machine,
                name=f"{order.model}-{uuid.uuid4().hex[:16]}",
                input=msgspec.json.encode(order).decode(),
            )
        return str(answer["executionArn"])

    def follow(self, execution: str, look: Callable[[], None]) -> dict[str, Any]:
        """Wait for the end of an execution and return its output; `look` is called again and again meanwhile.

        Raises CallError with the reason where it failed.
        """
        while True:
            with translated(f"read the job (states:DescribeExecution on {execution})"):
                found = self._client.describe_execution(executionArn=execution)
            look()
            if found["status"] == "SUCCEEDED":
                output: dict[str, Any] = msgspec.json.decode(found["output"])
                return output
            if found["status"] != "RUNNING":
                cause = _cause(found)
                hint = NOT_REACHED if "AccessDenied" in cause else AGAIN
                hint = "" if found.get("error") in ORDER_AT_FAULT else hint
                raise CallError(f"the job {found['status'].lower().replace('_', ' ')}: {cause}", hint=hint)
            time.sleep(POLL)


def _cause(found: dict[str, Any]) -> str:
    """Return why an execution failed: the message of a function's error, or what Step Functions says."""
    cause = str(found.get("cause") or found.get("error") or "no reason is given")
    try:
        return str(msgspec.json.decode(cause)["errorMessage"])
    except (msgspec.DecodeError, KeyError, TypeError):
        return cause
