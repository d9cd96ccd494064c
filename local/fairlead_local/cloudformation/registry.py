"""All stacks, and the desired state that a request describes."""

import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import urlparse

from fairlead_local.account import ACCOUNT
from fairlead_local.clients import Clients
from fairlead_local.cloudformation import templates
from fairlead_local.cloudformation.records import DesiredStack, Stack
from fairlead_local.cloudformation.templates import invalid
from fairlead_local.errors import ServiceError


class StackRegistry:
    """Stacks by name, deleted ones by id."""

    STATE = ("deleted", "stacks")

    def __init__(self, of_caller: Callable[[], Clients]) -> None:
        self.lock = threading.RLock()
        self.stacks: dict[str, Stack] = {}
        self.deleted: list[Stack] = []
        self._of_caller = of_caller

    def find(self, name: str) -> Stack:
        """Return a stack by name or id, a deleted one by id only; raises CloudFormation's ValidationError."""
        with self.lock:
            if name in self.stacks:
                return self.stacks[name]
            for stack in (*self.stacks.values(), *self.deleted):
                if stack.id == name:
                    return stack
        raise invalid(f"Stack with id {name} does not exist")

    def forget(self, stack: Stack) -> None:
        """Free the name of a deleted stack."""
        with self.lock:
            self.stacks.pop(stack.name, None)
            self.deleted.append(stack)

    def wanted(self, params: dict[str, Any], current: DesiredStack | None) -> DesiredStack:
        """Return a request's desired state; raises ValidationError or InsufficientCapabilitiesException."""
        text = self._text(params, current)
        template = templates.parse(text)
        values = templates.parameters(template, _given(params, current))
        transformed = templates.transform(template, values, _managed_policies)
        missing = templates.capabilities(transformed) - _granted(params)
        if missing:
            raise ServiceError("InsufficientCapabilitiesException", f"Requires capabilities : [{', '.join(missing)}]")
        tags = {tag["Key"]: tag["Value"] for tag in params.get("Tags", [])}
        return DesiredStack(text, transformed, values, tags)

    def text_of(self, params: dict[str, Any]) -> str:
        """Return the template's text from the request, or from the bucket in its URL."""
        if params.get("TemplateBody"):
            return str(params["TemplateBody"])
        if not params.get("TemplateURL"):
            raise invalid("Either Template URL or Template Body must be specified.")
        bucket, _, key = urlparse(params["TemplateURL"]).path.lstrip("/").partition("/")
        s3 = self._of_caller()["s3"]
        try:
            return str(s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode())
        except s3.exceptions.ClientError as error:
            raise invalid(f"S3 error: {error}") from error

    def _text(self, params: dict[str, Any], current: DesiredStack | None) -> str:
        if params.get("UsePreviousTemplate"):
            if current is None:
                raise invalid("there is no previous template to use")
            return current.text
        return self.text_of(params)


def _managed_policies() -> dict[str, str]:
    """Return the ARNs of AWS's policies by name, from moto itself: its answer for 1,500 policies takes a second."""
    from moto.iam.models import iam_backends

    return {policy.name: policy.arn for policy in iam_backends[ACCOUNT]["aws"].aws_managed_policies}


def _given(params: dict[str, Any], current: DesiredStack | None) -> dict[str, str]:
    given = {}
    for parameter in params.get("Parameters", []):
        name = parameter["ParameterKey"]
        if not parameter.get("UsePreviousValue"):
            given[name] = parameter.get("ParameterValue", "")
        elif current is None or name not in current.values:
            raise invalid(f"Invalid input for parameter key {name}. Cannot specify usePreviousValue as true "
                          "for a parameter key not in the previous template")  # fmt: skip
        else:
            given[name] = current.values[name]
    return given


def _granted(params: dict[str, Any]) -> set[str]:
    granted = set(params.get("Capabilities", []))
    return granted | ({"CAPABILITY_IAM"} if "CAPABILITY_NAMED_IAM" in granted else set())
