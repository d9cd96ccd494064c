"""The operations of state machines and executions.

moto's interpreter is imported with the first state machine: it imports all of moto's EC2, which takes a second.
"""

import json
import re
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from fairlead_local.account import ACCOUNT, REGION, arn
from fairlead_local.clients import Clients
from fairlead_local.clock import Clock
from fairlead_local.errors import ServiceError
from fairlead_local.service import Handler
from fairlead_local.times import moment

if TYPE_CHECKING:
    from fairlead_local.stepfunctions.executions import Execution
    from fairlead_local.stepfunctions.interpreter import Allow

CREATED_WITH = {"name", "definition", "roleArn", "tags"}
NAME = re.compile(r"[A-Za-z0-9_.-]{1,80}")
INPUT_LIMIT = 256 * 1024
UNTRUSTED = (
    "Neither the global service principal states.amazonaws.com, nor the regional one is authorized to assume the "
    "provided role."
)


@dataclass
class Machine:
    """A state machine, with the names that moto's executions read."""

    name: str
    definition: str
    role: str
    sm_type: str = "STANDARD"

    @property
    def arn(self) -> str:
        """The machine's ARN."""
        return arn("states", f"stateMachine:{self.name}")


class StepFunctions:
    """Machines and executions by ARN. `assume` returns clients with a role's rights, or raises ServiceError."""

    STATE = ("machines",)

    def __init__(self, clock: Clock, assume: Callable[[str], Clients], allow: "Allow") -> None:
        self._clock = clock
        self._assume, self._allow = assume, allow
        self._lock = threading.Lock()
        self.machines: dict[str, Machine] = {}
        self._executions: dict[str, Execution] = {}

    def handlers(self) -> dict[str, Handler]:
        """Return the handlers by operation name."""
        return {
            "CreateStateMachine": self.create,
            "UpdateStateMachine": self.update,
            "DeleteStateMachine": self.delete,
            "StartExecution": self.start,
            "DescribeExecution": self.describe,
        }

    def create(self, params: dict[str, Any]) -> dict[str, Any]:
        """CreateStateMachine; the same name with the same definition is the same machine."""
        _check_known(params, CREATED_WITH)
        made = Machine(_name(params["name"]), params["definition"], params["roleArn"])
        _check_definition(made.definition)
        self._check_trusts(made.role)
        with self._lock:
            if self.machines.setdefault(made.arn, made).definition != made.definition:
                raise ServiceError("StateMachineAlreadyExists", f"State Machine Already Exists: '{made.arn}'")
        return {"stateMachineArn": made.arn, "creationDate": moment(self._clock.now())}

    def update(self, params: dict[str, Any]) -> dict[str, Any]:
        """UpdateStateMachine; executions that run keep their definition and role."""
        _check_known(params, {"stateMachineArn", "definition", "roleArn"})
        machine = self._machine(params["stateMachineArn"])
        definition, role = params.get("definition", machine.definition), params.get("roleArn", machine.role)
        _check_definition(definition)
        self._check_trusts(role)
        with self._lock:
            self.machines[machine.arn] = Machine(machine.name, definition, role)
        return {"updateDate": moment(self._clock.now())}

    def delete(self, params: dict[str, Any]) -> None:
        """DeleteStateMachine; its executions continue. A missing machine is no error."""
        with self._lock:
            self.machines.pop(params["stateMachineArn"], None)

    def start(self, params: dict[str, Any]) -> dict[str, Any]:
        """StartExecution; the same name with the same input is the same execution while it runs."""
        _check_known(params, {"stateMachineArn", "name", "input"})
        machine = self._machine(params["stateMachineArn"])
        name, given = _name(params.get("name") or str(uuid.uuid4())), _input(params.get("input", "{}"))
        with self._lock:
            where = arn("states", f"execution:{machine.name}:{name}")
            known = self._executions.get(where)
            if known and (known.execution_input, known.status) != (given, "RUNNING"):
                raise ServiceError("ExecutionAlreadyExists", f"Execution Already Exists: '{where}'")
            if not known:
                self._executions[where] = known = self._execution(machine, name, where, given)
                known.start()
        return {"executionArn": where, "startDate": known.start_date}

    def describe(self, params: dict[str, Any]) -> dict[str, Any]:
        """DescribeExecution."""
        found = self._executions.get(params["executionArn"])
        if found is None:
            raise ServiceError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{params['executionArn']}'")
        return found.described()

    def _execution(self, machine: Machine, name: str, where: str, given: str) -> "Execution":
        from fairlead_local.stepfunctions.executions import Execution
        from fairlead_local.stepfunctions.interpreter import follow_roles

        follow_roles(self._assume, self._allow)
        return Execution(
            self._clock, name=name, sm_type=machine.sm_type, role_arn=machine.role, exec_arn=where, account_id=ACCOUNT,
            region_name=REGION, state_machine=machine, cloud_watch_logging_session=None, input_data=given,
            activity_store={},
        )  # fmt: skip

    def _machine(self, named: str) -> Machine:
        found = self.machines.get(named)
        if found is None:
            raise ServiceError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{named}'")
        return found

    def _check_trusts(self, role: str) -> None:
        try:
            self._assume(role)
        except ServiceError as error:
            raise ServiceError("AccessDeniedException", UNTRUSTED) from error


def _check_definition(definition: str) -> None:
    from fairlead_local.stepfunctions import definitions

    definitions.check(definition)


def _check_known(params: dict[str, Any], known: set[str]) -> None:
    unknown = sorted(set(params) - known)
    if unknown:
        message = f"the local cloud does not support state machines with {', '.join(unknown)}"
        raise ServiceError("NotImplemented", message, status=501)


def _name(name: str) -> str:
    if not NAME.fullmatch(name):
        raise ServiceError("InvalidName", f"Invalid Name: '{name}'")
    return name


def _input(given: str) -> str:
    if len(given.encode()) > INPUT_LIMIT:
        raise ServiceError("InvalidExecutionInput", f"the input is longer than {INPUT_LIMIT} bytes")
    try:
        json.loads(given)
    except ValueError as error:
        raise ServiceError("InvalidExecutionInput", f"Invalid State Machine Execution Input: '{error}'") from error
    return given
