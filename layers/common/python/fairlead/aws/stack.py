"""Reads a deployed stack's CloudFormation outputs."""

from collections.abc import Mapping
from typing import Any

import msgspec

from fairlead.aws import clients
from fairlead.errors import NotFoundError, ReleaseError, SettingsError, StorageError
from fairlead.model.manifest import EngineName
from fairlead.settings import ALLOW_CODE, Operator

BEGINNINGS = frozenset({"CREATE_IN_PROGRESS", "UPDATE_IN_PROGRESS"})
DESCRIPTION = "Fairlead: "
"""The start of the template's Description. CloudFormation shows it in every state of a stack, also without outputs."""
DEPLOY = "run `sam build && sam deploy` first, or name another stack with --stack"


class Stack(msgspec.Struct, frozen=True, kw_only=True):
    """One deployed stack. `environment` is the base of every release's environment.

    `strategy` and `custom_strategy` name CodeDeploy configurations: the deployment group's default, and the stack's
    own. `hook` is the function that checks a release before it gets traffic. `ledger` is the table of predictions and
    outcomes, `batch_machine` the state machine of batch jobs, empty where the stack has none; so many of their
    chunks run at once as `batch_concurrency` says.
    """

    name: str
    status: str
    api_url: str
    bucket: str
    function: str
    common_layer: str
    engine_layers: dict[EngineName, str]
    environment: dict[str, str]
    application: str
    group: str
    strategy: str
    custom_strategy: str
    canary_alarms: tuple[str, ...]
    hook: str
    ledger: str
    batch_machine: str = ""
    batch_concurrency: int = 0

    @property
    def life(self) -> str:
        """The UUID in the stack's id, as its releases freeze it (`Release.life`)."""
        return self.environment.get("FAIRLEAD_LIFE", "")

    @property
    def allows_code(self) -> bool:
        """Whether releases may import their publisher's own package (parameter AllowModelCode)."""
        return self.environment.get(ALLOW_CODE) == "yes"

    def require_settled(self) -> None:
        """Raise ReleaseError while CloudFormation changes the stack, and after a change that failed."""
        if self.status.endswith("_IN_PROGRESS"):
            raise ReleaseError(
                f"stack {self.name!r} is being updated ({self.status})", hint="wait for it to finish, then try again"
            )
        if not self.status.endswith("_COMPLETE"):
            raise ReleaseError(
                f"stack {self.name!r} has failed ({self.status})",
                hint="repair it first: run `sam deploy` again",
            )


def read(cloudformation: Any, name: str) -> Stack:
    """Return a stack, read through a boto3 client; raises NotFoundError, SettingsError, StorageError."""
    return parsed(describe(cloudformation, name))


def parsed(described: Mapping[str, Any]) -> Stack:
    """Return a stack from CloudFormation's description of it; raises NotFoundError, SettingsError."""
    name = described["StackName"]
    outputs = {output["OutputKey"]: output["OutputValue"] for output in described.get("Outputs", ())}
    try:
        return Stack(
            name=name,
            status=described["StackStatus"],
            api_url=outputs["ApiUrl"],
            bucket=outputs["BucketName"],
            function=outputs["PredictFunctionName"],
            common_layer=outputs["CommonLayerArn"],
            engine_layers={"onnx": outputs["OnnxLayerArn"], "sklearn": outputs["SklearnLayerArn"]},
            environment=msgspec.json.decode(outputs["BaseEnvironment"], type=dict[str, str]),
            application=outputs["DeploymentApplication"],
            group=outputs["DeploymentGroup"],
            strategy=outputs["DeploymentStrategy"],
            custom_strategy=outputs["CustomStrategy"],
            canary_alarms=tuple(outputs["CanaryAlarms"].split(",")),
            hook=outputs["VerifyFunctionName"],
            ledger=outputs["LedgerTable"],
            batch_machine=outputs.get("BatchMachineArn", ""),
            batch_concurrency=int(outputs.get("BatchConcurrency", 0)),
        )
    except KeyError as error:
        raise NotFoundError(
            f"stack {name!r} ({described['StackStatus']}) has no output {error.args[0]}", hint=DEPLOY
        ) from error
    except msgspec.DecodeError as error:
        raise SettingsError(
            f"output BaseEnvironment of stack {name!r} is not a JSON object of texts: {error}"
        ) from error
    except ValueError as error:
        raise SettingsError(f"output BatchConcurrency of stack {name!r} is not a whole number: {error}") from error


def find(where: Operator) -> Stack:
    """Return the stack that the settings name; the settings' bucket and API URL replace its outputs."""
    found = read(clients.client("cloudformation"), where.stack)
    return msgspec.structs.replace(found, bucket=where.bucket or found.bucket, api_url=where.api_url or found.api_url)


def describe(cloudformation: Any, name: str) -> dict[str, Any]:
    """Return CloudFormation's description of a stack; raises NotFoundError, StorageError."""
    from botocore.exceptions import ClientError

    with clients.translated(f"describe stack {name!r} (cloudformation:DescribeStacks)"):
        try:
            described: dict[str, Any] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        except ClientError as error:
            # CloudFormation's answer for a stack that does not exist.
            if clients.error_code(error) != "ValidationError":
                raise
            raise NotFoundError(f"there is no stack {name!r} in this region", hint=DEPLOY) from error
    return described


def every(cloudformation: Any) -> list[dict[str, Any]]:
    """Return CloudFormation's descriptions of all Fairlead stacks of the account and region, sorted by name.

    Raises StorageError.
    """
    try:
        with clients.translated("list the stacks (cloudformation:DescribeStacks)"):
            pages = cloudformation.get_paginator("describe_stacks").paginate()
            stacks = [described for page in pages for described in page["Stacks"]]
    except StorageError as error:
        if not clients.refused_action(error):
            raise
        hint = (
            "your role needs this permission on all stacks (Resource '*'); the policies of a stack grant it on that one"
        )
        raise StorageError(str(error), hint=hint) from error.__cause__
    ours = (described for described in stacks if described.get("Description", "").startswith(DESCRIPTION))
    return sorted(ours, key=lambda described: str(described["StackName"]))


def first_failure(cloudformation: Any, name: str) -> str:
    """Return the first failure of the stack's last change: the resource and CloudFormation's reason; empty if none.

    Raises StorageError.
    """
    with clients.translated(f"read the events of stack {name!r} (cloudformation:DescribeStackEvents)"):
        pages = cloudformation.get_paginator("describe_stack_events").paginate(StackName=name)
        found = ""
        for event in (event for page in pages for event in page["StackEvents"]):  # newest first
            own = event["ResourceType"] == "AWS::CloudFormation::Stack" and event["LogicalResourceId"] == name
            if own and event["ResourceStatus"] in BEGINNINGS:
                break
            if event["ResourceStatus"].endswith("_FAILED") and not own:
                found = f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}"
    return found
