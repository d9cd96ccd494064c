"""moto's interpreter with the rights of the machine's role, AWS's names of errors, and maps that fail as AWS's.

Unpatched, moto calls services without rights, names no error of Lambda's API, and ignores failed children of a map.
"""

import functools
from collections.abc import Callable
from typing import Any

from moto.stepfunctions.parser.api import HistoryEventType
from moto.stepfunctions.parser.asl.component.common.error_name.custom_error_name import CustomErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.error_name import ErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.failure_event import FailureEvent, FailureEventException
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name import StatesErrorName
from moto.stepfunctions.parser.asl.component.common.error_name.states_error_name_type import StatesErrorNameType
from moto.stepfunctions.parser.asl.component.state.exec.state_map.item_reader.eval import resource_eval_s3
from moto.stepfunctions.parser.asl.component.state.exec.state_map.iteration.distributed_iteration_component import (
    DistributedIterationComponent,
)
from moto.stepfunctions.parser.asl.component.state.exec.state_task import lambda_eval_utils
from moto.stepfunctions.parser.asl.component.state.exec.state_task.state_task_lambda import StateTaskLambda
from moto.stepfunctions.parser.asl.eval.environment import Environment

from fairlead_local.clients import Clients
from fairlead_local.errors import ServiceError

Allow = Callable[[Clients, str, str], None]
Wrapper = Callable[..., Any]
TOLERATED = "The specified tolerated failure threshold was exceeded"


def follow_roles(assume: Callable[[str], Clients], allow: Allow) -> None:
    """Make moto's interpreter act with the role of the execution; `allow` raises unless clients may do an action."""

    def client(region: str, service: str, state_credentials: Any) -> Any:  # noqa: ARG001 - moto's shape
        return assume(state_credentials.role_arn)[service]

    for module in (lambda_eval_utils, resource_eval_s3):
        vars(module)["boto_client_for"] = client
    _wrap(StateTaskLambda, "_from_error", _lambda_error)
    _wrap(resource_eval_s3.ResourceEvalS3, "eval_resource", _read)
    _wrap(DistributedIterationComponent, "_map_run", functools.partial(_map_run, assume, allow))


def _wrap(kind: type, name: str, wrapper: Wrapper) -> None:
    """Replace a method by a wrapper, which gets moto's own as its first argument."""
    method = getattr(kind, name)
    own = getattr(method, "own", method)

    def wrapped(self: Any, *given: Any, **named: Any) -> Any:
        return wrapper(functools.partial(own, self), *given, **named)

    wrapped.own = own  # type: ignore[attr-defined]
    setattr(kind, name, wrapped)


def _lambda_error(own: Wrapper, env: Environment, ex: Exception) -> Any:
    """Name an error of Lambda's API: `Lambda.` and its code where the API's model has it, else AWSLambdaException."""
    from botocore.exceptions import ClientError

    if not isinstance(ex, ClientError):
        return own(env=env, ex=ex)
    code = ex.response["Error"]["Code"]
    known = code.removesuffix("Exception") in {"ResourceNotFound", "Service", "TooManyRequests"}
    name = f"Lambda.{code}" if known else "Lambda.AWSLambdaException"
    return _failure(env, CustomErrorName(name), ex.response["Error"]["Message"]).failure_event


def _read(own: Wrapper, env: Environment) -> None:
    """Read a map's items; what S3 refuses is States.ItemReaderFailed."""
    from botocore.exceptions import ClientError

    try:
        own(env=env)
    except ClientError as error:
        raise _failure(env, StatesErrorName(StatesErrorNameType.StatesItemReaderFailed), str(error)) from error


def _map_run(assume: Callable[[str], Clients], allow: Allow, own: Wrapper, env: Environment, eval_input: Any) -> None:
    """Run a map as AWS does: by child executions of its machine, for which the role needs rights; one may not fail."""
    machine = env.states.context_object.context_object_data["StateMachine"]["Id"]
    children = f"{machine.replace(':stateMachine:', ':execution:')}:child"
    clients = assume(env.aws_execution_details.role_arn)
    try:
        allow(clients, "states:StartExecution", machine)
        for action in ("DescribeExecution", "StopExecution"):
            allow(clients, f"states:{action}", children)
    except ServiceError as error:
        raise _failure(env, StatesErrorName(StatesErrorNameType.StatesPermissions), error.message) from error
    own(env=env, eval_input=eval_input)
    if eval_input.map_run_record.item_counter.failed.get() or eval_input.map_run_record.item_counter.timed_out.get():
        raise _failure(env, StatesErrorName(StatesErrorNameType.StatesExceedToleratedFailureThreshold), TOLERATED)


def _failure(env: Environment, name: ErrorName, cause: str) -> FailureEventException:
    details: Any = {"taskFailedEventDetails": {"error": name.error_name, "cause": cause}}
    return FailureEventException(FailureEvent(env, name, HistoryEventType.TaskFailed, details))
