"""Executions: moto's, whose end is seen as a whole."""

import threading
from typing import Any

from moto.stepfunctions.parser.backend.execution import BaseExecutionWorkerCommunication
from moto.stepfunctions.parser.backend.execution import Execution as MotoExecution

from fairlead_local.clock import Clock
from fairlead_local.times import moment


class Execution(MotoExecution):
    """An execution on the cloud's clock. Moto sets its status before its output, so `described` waits for both."""

    def __init__(self, clock: Clock, **given: Any) -> None:
        super().__init__(**given, start_date=moment(clock.now()))
        self._clock = clock
        self._lock = threading.Lock()

    def ended(self, reflect: Any) -> None:
        """Copy status and output from the worker, and set the end time."""
        with self._lock:
            reflect()
            self.stop_date = moment(self._clock.now())  # moto's is the machine's

    def described(self) -> dict[str, Any]:
        """Return the execution as DescribeExecution does."""
        with self._lock:
            return {name: value for name, value in self.to_describe_output().items() if value is not None}

    def _get_start_execution_worker_comm(self) -> BaseExecutionWorkerCommunication:
        return _End(self)


class _End(BaseExecutionWorkerCommunication):
    execution: Execution

    def terminated(self) -> None:
        """Tell the execution that its worker has ended."""
        self.execution.ended(self._reflect_execution_status)
