"""CloudFormation's operations."""

from collections.abc import Callable
from typing import Any

from fairlead_local.cloudformation import describe, templates
from fairlead_local.cloudformation.engine import Engine
from fairlead_local.cloudformation.operations import Operations
from fairlead_local.cloudformation.records import ChangeSet, DesiredStack, Stack
from fairlead_local.cloudformation.registry import StackRegistry
from fairlead_local.cloudformation.templates import invalid
from fairlead_local.errors import ServiceError
from fairlead_local.service import Handler

NO_CHANGES = "The submitted information didn't contain changes. Submit different information to create a change set."
# Seconds that an answer waits for a short operation, because the pollers of `sam` and boto3 sleep for many.
PATIENCE = 2.0
DEAD = ("REVIEW_IN_PROGRESS", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED")


class CloudFormation:
    """The handlers; operations continue in the background.

    `acting` returns an engine with the rights of a role, or of the caller without one.
    """

    def __init__(self, registry: StackRegistry, engine: Engine, acting: Callable[[str | None], Engine]) -> None:
        self._registry = registry
        self._engine = engine
        self._acting = acting
        self._operations = Operations(registry.forget)

    def handlers(self) -> dict[str, Handler]:
        """Return the handlers by operation name."""
        return {
            "CreateChangeSet": self.create_change_set,
            "CreateStack": self.create_stack,
            "DeleteStack": self.delete_stack,
            "DescribeChangeSet": self.describe_change_set,
            "DescribeStackEvents": self.describe_stack_events,
            "DescribeStackResource": self.describe_stack_resource,
            "DescribeStackResources": self.describe_stack_resources,
            "DescribeStacks": self.describe_stacks,
            "ExecuteChangeSet": self.execute_change_set,
            "GetStackPolicy": self.get_stack_policy,
            "GetTemplate": self.get_template,
            "GetTemplateSummary": self.get_template_summary,
            "ListChangeSets": self.list_change_sets,
            "ListStackResources": self.list_stack_resources,
            "ListStacks": self.list_stacks,
            "SetStackPolicy": self.set_stack_policy,
            "UpdateStack": self.update_stack,
            "UpdateTerminationProtection": self.update_termination_protection,
            "ValidateTemplate": self.get_template_summary,
        }

    def create_change_set(self, params: dict[str, Any]) -> dict[str, Any]:
        """CreateChangeSet: planned at once; FAILED without changes, with the reason that SAM expects."""
        kind = params.get("ChangeSetType", "UPDATE")
        with self._registry.lock:
            stack = self._stack_for(params["StackName"], create=kind == "CREATE")
            wanted = self._registry.wanted(params, stack.current)
            self._engine.check(stack, wanted)
            self._registry.stacks[stack.name] = stack
            changes = self._engine.plan(stack, wanted)
            change_set = ChangeSet(params["ChangeSetName"], kind, wanted, changes, params.get("Description", ""))
            change_set.role = params.get("RoleARN")
            self._acting(change_set.role or stack.role)
            if not changes and not self._differs(stack, wanted):
                change_set.status, change_set.execution = "FAILED", "UNAVAILABLE"
                change_set.reason = NO_CHANGES
            if stack.status == "REVIEW_IN_PROGRESS" and not stack.events:
                stack.move("REVIEW_IN_PROGRESS", "User Initiated")
            stack.change_sets.append(change_set)
            return {"Id": change_set.id, "StackId": stack.id}

    def execute_change_set(self, params: dict[str, Any]) -> None:
        """ExecuteChangeSet."""
        with self._registry.lock:
            stack, change_set = self._change_set(params)
            if change_set.execution != "AVAILABLE":
                message = (
                    f"ChangeSet [{change_set.id}] cannot be executed in its current status of [{change_set.status}]"
                )
                raise ServiceError("InvalidChangeSetStatus", message)
            engine = self._engine_for(stack, change_set.role)
            change_set.execution = "EXECUTE_COMPLETE"
            stack.change_sets.clear()
            rollback = not params.get("DisableRollback", False)
            start = self._operations.create if stack.current is None else self._operations.update
            operation = start(engine, stack, change_set.wanted, rollback=rollback)
        operation.join(PATIENCE)

    def describe_change_set(self, params: dict[str, Any]) -> dict[str, Any]:
        """DescribeChangeSet."""
        return describe.change_set(*self._change_set(params))

    def list_change_sets(self, params: dict[str, Any]) -> dict[str, Any]:
        """ListChangeSets."""
        stack = self._registry.find(params["StackName"])
        return {"Summaries": [describe.change_set_summary(stack, change_set) for change_set in stack.change_sets]}

    def create_stack(self, params: dict[str, Any]) -> dict[str, Any]:
        """CreateStack; a template with a transform needs CAPABILITY_AUTO_EXPAND."""
        with self._registry.lock:
            stack = self._stack_for(params["StackName"], create=True)
            wanted = self._directly_wanted(params, stack)
            engine = self._engine_for(stack, params.get("RoleARN"))
            self._registry.stacks[stack.name] = stack
            rollback = not params.get("DisableRollback", False)
            operation = self._operations.create(engine, stack, wanted, rollback=rollback)
        operation.join(PATIENCE)
        return {"StackId": stack.id}

    def update_stack(self, params: dict[str, Any]) -> dict[str, Any]:
        """UpdateStack."""
        with self._registry.lock:
            stack = self._stack_for(params["StackName"], create=False)
            wanted = self._directly_wanted(params, stack)
            if not self._engine.plan(stack, wanted) and not self._differs(stack, wanted):
                raise invalid("No updates are to be performed.")
            engine = self._engine_for(stack, params.get("RoleARN"))
            rollback = not params.get("DisableRollback", False)
            operation = self._operations.update(engine, stack, wanted, rollback=rollback)
        operation.join(PATIENCE)
        return {"StackId": stack.id}

    def delete_stack(self, params: dict[str, Any]) -> None:
        """DeleteStack; a missing stack is no error, as in AWS."""
        with self._registry.lock:
            stack = self._registry.stacks.get(params["StackName"])
            stack = stack or next((s for s in self._registry.stacks.values() if s.id == params["StackName"]), None)
            if stack is None or stack.status == "DELETE_IN_PROGRESS":
                return
            if stack.protected:
                raise invalid(f"Stack [{stack.name}] cannot be deleted while TerminationProtection is enabled")
            operation = self._operations.delete(self._engine_for(stack, params.get("RoleARN")), stack)
        operation.join(PATIENCE)

    def describe_stacks(self, params: dict[str, Any]) -> dict[str, Any]:
        """DescribeStacks: one stack or all."""
        if params.get("StackName"):
            return {"Stacks": [describe.stack(self._registry.find(params["StackName"]))]}
        with self._registry.lock:
            return {"Stacks": [describe.stack(stack) for stack in self._registry.stacks.values()]}

    def list_stacks(self, params: dict[str, Any]) -> dict[str, Any]:
        """ListStacks, with deleted ones."""
        wanted = params.get("StackStatusFilter")
        with self._registry.lock:
            known = [*self._registry.stacks.values(), *self._registry.deleted]
        return {"StackSummaries": [describe.stack(stack) for stack in known if not wanted or stack.status in wanted]}

    def describe_stack_events(self, params: dict[str, Any]) -> dict[str, Any]:
        """DescribeStackEvents, newest first."""
        stack = self._registry.find(params["StackName"])
        return {"StackEvents": [describe.event(stack, event) for event in reversed(stack.events)]}

    def describe_stack_resource(self, params: dict[str, Any]) -> dict[str, Any]:
        """DescribeStackResource."""
        stack = self._registry.find(params["StackName"])
        resource = stack.resources.get(params["LogicalResourceId"])
        if resource is None:
            raise invalid(f"Resource {params['LogicalResourceId']} does not exist for stack {stack.name}")
        return {"StackResourceDetail": describe.resource(stack, resource)}

    def describe_stack_resources(self, params: dict[str, Any]) -> dict[str, Any]:
        """DescribeStackResources, optionally of one logical id."""
        stack = self._registry.find(params["StackName"])
        wanted = params.get("LogicalResourceId")
        found = [r for r in stack.resources.values() if wanted in (None, r.logical_id)]
        return {"StackResources": [describe.resource(stack, resource) for resource in found]}

    def list_stack_resources(self, params: dict[str, Any]) -> dict[str, Any]:
        """ListStackResources."""
        stack = self._registry.find(params["StackName"])
        return {"StackResourceSummaries": [describe.resource(stack, r) for r in stack.resources.values()]}

    def get_template(self, params: dict[str, Any]) -> dict[str, Any]:
        """GetTemplate: the original or the processed one."""
        current = self._registry.find(params["StackName"]).current
        if current is None:
            raise invalid("this stack has no template yet")
        body = current.template if params.get("TemplateStage") == "Processed" else current.text
        return {"TemplateBody": describe.template_body(body), "StagesAvailable": ["Original", "Processed"]}

    def get_template_summary(self, params: dict[str, Any]) -> dict[str, Any]:
        """GetTemplateSummary and ValidateTemplate."""
        if params.get("StackName"):
            current = self._registry.find(params["StackName"]).current
            if current is None:
                raise invalid("GetTemplateSummary cannot be called on REVIEW_IN_PROGRESS stacks.")
            return describe.summary(templates.parse(current.text))
        return describe.summary(templates.parse(self._registry.text_of(params)))

    def get_stack_policy(self, params: dict[str, Any]) -> dict[str, Any]:
        """GetStackPolicy."""
        policy = self._registry.find(params["StackName"]).policy
        return {"StackPolicyBody": policy} if policy else {}

    def set_stack_policy(self, params: dict[str, Any]) -> None:
        """SetStackPolicy: stored, not enforced."""
        self._registry.find(params["StackName"]).policy = params.get("StackPolicyBody")

    def update_termination_protection(self, params: dict[str, Any]) -> dict[str, Any]:
        """UpdateTerminationProtection."""
        stack = self._registry.find(params["StackName"])
        stack.protected = params["EnableTerminationProtection"]
        return {"StackId": stack.id}

    def _stack_for(self, name: str, *, create: bool) -> Stack:
        existing = self._registry.stacks.get(name)
        if create:
            if existing and existing.status != "REVIEW_IN_PROGRESS":
                raise ServiceError("AlreadyExistsException", f"Stack [{name}] already exists")
            return existing or Stack(name)
        stack = self._registry.find(name)
        if stack.status.endswith("_IN_PROGRESS") or stack.status in DEAD:
            raise invalid(f"Stack:{stack.id} is in {stack.status} state and can not be updated.")
        return stack

    def _directly_wanted(self, params: dict[str, Any], stack: Stack) -> DesiredStack:
        wanted = self._registry.wanted(params, stack.current)
        if wanted.template.get("Transform") and "CAPABILITY_AUTO_EXPAND" not in params.get("Capabilities", []):
            raise ServiceError("InsufficientCapabilitiesException", "Requires capabilities : [CAPABILITY_AUTO_EXPAND]")
        self._engine.check(stack, wanted)
        return wanted

    def _engine_for(self, stack: Stack, role: str | None) -> Engine:
        """Return an engine with the rights of the role given, else of the stack's last one, else of the caller."""
        engine = self._acting(role or stack.role)
        stack.role = role or stack.role
        return engine

    def _differs(self, stack: Stack, wanted: DesiredStack) -> bool:
        """Return whether the outputs change, or the stack is new."""
        return stack.current is None or self._engine.outputs(stack, wanted) != stack.outputs

    def _change_set(self, params: dict[str, Any]) -> tuple[Stack, ChangeSet]:
        name = params["ChangeSetName"]
        with self._registry.lock:
            stacks = [self._registry.find(params["StackName"])] if params.get("StackName") else [
                *self._registry.stacks.values()
            ]  # fmt: skip
            for stack in stacks:
                for change_set in reversed(stack.change_sets):
                    if name in (change_set.name, change_set.id):
                        return stack, change_set
        raise ServiceError("ChangeSetNotFound", f"ChangeSet [{name}] does not exist", status=404)
