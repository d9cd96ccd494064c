"""The result of a check, and the account and stack that checks read."""

import tomllib
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

import msgspec

from fairlead.aws.lambda_account import LambdaAccount
from fairlead.settings import Operator

Verdict = Literal["ok", "mend", "missing", "not checked", "n/a"]


class Diagnosis(msgspec.Struct, frozen=True, kw_only=True):
    """A check's verdict and its sentence; `mend` are the shell commands that repair the fault.

    The runner fills in `check`.
    `missing` says that there is no stack yet; `n/a` that the check needs a stack or a build that is not there.
    """

    verdict: Verdict
    said: str
    mend: tuple[str, ...] = ()
    check: str = ""


def ok(said: str) -> Diagnosis:
    """Return the verdict of a check that found no fault."""
    return Diagnosis(verdict="ok", said=said)


def mend(said: str, *lines: str) -> Diagnosis:
    """Return the verdict of a check that found a fault, with the shell commands that repair it."""
    return Diagnosis(verdict="mend", said=said, mend=lines)


class Site:
    """The account, region and stack of the settings; each fact is read once, when a check first asks for it."""

    def __init__(self, settings: Operator) -> None:
        self.name = settings.stack

    def client(self, service: str) -> Any:
        """Open a client that gives up soon; raises SettingsError."""
        from fairlead.aws import clients

        return clients.client(service, connect_timeout=3, read_timeout=20, attempts=2)

    @cached_property
    def caller(self) -> str:
        """ARN of the user or assumed role; raises SettingsError, StorageError."""
        from fairlead.aws import clients

        return clients.caller()

    @cached_property
    def quotas(self) -> LambdaAccount:
        """Lambda's quotas; raises StorageError."""
        from fairlead.aws import lambda_account

        return lambda_account.read(self.client("lambda"))

    @cached_property
    def stack(self) -> dict[str, Any]:
        """CloudFormation's description of the stack; raises NotFoundError, StorageError."""
        from fairlead.aws import stack

        return stack.describe(self.client("cloudformation"), self.name)

    @cached_property
    def outputs(self) -> dict[str, str]:
        """The stack's outputs; raises NotFoundError if it has none, because it was never wholly created."""
        from fairlead.errors import NotFoundError

        found = {one["OutputKey"]: one["OutputValue"] for one in self.stack.get("Outputs", ())}
        if not found:
            raise NotFoundError(f"stack {self.name!r} has no outputs")
        return found

    @cached_property
    def parameters(self) -> dict[str, str]:
        """The stack's parameters; raises NotFoundError, StorageError."""
        return {one["ParameterKey"]: one["ParameterValue"] for one in self.stack.get("Parameters", ())}

    @cached_property
    def deploy(self) -> str:
        """The `sam deploy` for this stack: of the environment in samconfig.toml that names it, if there is one."""
        file = Path("samconfig.toml")
        environments = tomllib.loads(file.read_text()) if file.exists() else {}
        for name, commands in environments.items():
            of_all = commands.get("global", {}) if isinstance(commands, dict) else {}
            if of_all.get("parameters", {}).get("stack_name") == self.name:
                return "sam deploy" if name == "default" else f"sam deploy --config-env {name}"
        return f"sam deploy --stack-name {self.name} --resolve-s3 --capabilities CAPABILITY_IAM"
