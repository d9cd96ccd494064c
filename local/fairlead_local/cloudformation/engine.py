"""The engine of stacks: creates, updates, replaces and deletes resources."""

import logging
from collections.abc import Mapping
from typing import Any

from fairlead_local.account import ACCOUNT
from fairlead_local.cloudformation.intrinsics import Scope, ordered
from fairlead_local.cloudformation.provider import CreatedResource, DesiredResource, Provider, changed, check_accepted
from fairlead_local.cloudformation.records import Change, DesiredStack, Resource, Stack
from fairlead_local.cloudformation.templates import invalid, parameter_values, pseudo_parameters
from fairlead_local.errors import ServiceError

# The DeletionPolicies that keep a resource, and those that do so when the operation that created it is rolled back.
KEEPS = frozenset({"Retain", "RetainExceptOnCreate"})
ROLLBACK_KEEPS = frozenset({"Retain"})
logger = logging.getLogger(__name__)


class Engine:
    """Works on one stack at a time."""

    def __init__(self, providers: Mapping[str, Provider]) -> None:
        self._providers = providers

    def check(self, stack: Stack, wanted: DesiredStack) -> None:
        """Raise for unsupported types of resources whose condition holds, for exports, and for circular references."""
        made = self._scope(stack, wanted, lambda logical_id, _: _check_known(wanted, logical_id)).active("Resources")
        for logical_id, resource in made.items():
            if resource["Type"] not in self._providers:
                raise invalid(
                    f"the local cloud does not support the resource type {resource['Type']} (resource {logical_id})"
                )
        for name, output in wanted.template.get("Outputs", {}).items():
            if "Export" in output:
                raise invalid(f"the local cloud does not support outputs with Export (output {name})")
        ordered(wanted.template["Resources"])

    def plan(self, stack: Stack, wanted: DesiredStack) -> list[Change]:
        """Return the changes that `apply` would make; values unknown before the update count as changed."""
        fresh: set[str] = set()

        def attribute(logical_id: str, name: str | None) -> Any:
            if logical_id in stack.resources and logical_id not in fresh:
                return _attribute(stack.resources, logical_id, name)
            _check_known(wanted, logical_id)
            return f"{{{logical_id}.{name}}}"

        scope = self._scope(stack, wanted, attribute)
        active = scope.active("Resources")
        changes = []
        for logical_id in ordered(active):
            change = self._planned(stack, logical_id, active[logical_id], scope)
            if change is None:
                continue
            changes.append(change)
            if change.action == "Add" or change.replacement:
                fresh.add(logical_id)
        for logical_id, gone in stack.resources.items():
            if logical_id not in active:
                changes.append(Change("Remove", logical_id, gone.type, gone.physical_id))
        return changes

    def outputs(self, stack: Stack, wanted: DesiredStack) -> dict[str, dict[str, Any]]:
        """Return the stack's outputs with their values."""
        scope = self._scope(stack, wanted, lambda logical, name: _attribute(stack.resources, logical, name))
        return {name: scope.resolve({k: v for k, v in o.items() if k != "Condition"})
                for name, o in scope.active("Outputs").items()}  # fmt: skip

    def apply(self, stack: Stack, wanted: DesiredStack, *, rollback: bool = False) -> None:
        """Change the stack to the desired state; raises ServiceError at the first failure, and undoes nothing.

        In a rollback, the resources that go are those that the failed operation created, and those come back that it
        had replaced.
        """
        scope = self._scope(stack, wanted, lambda logical, name: _attribute(stack.resources, logical, name))
        active = scope.active("Resources")
        for logical_id in ordered(active):
            self._apply_resource(stack, logical_id, active[logical_id], scope, wanted, rollback=rollback)
        stack.outputs = self.outputs(stack, wanted)
        # Old resources are deleted last, as in CloudFormation, when no resource refers to them.
        gone = [resource for logical_id, resource in stack.resources.items() if logical_id not in active]
        replaced, stack.replaced = stack.replaced, []
        for resource in [*replaced, *self._newest_first(stack, gone)]:
            self._remove(stack, resource, kept=ROLLBACK_KEEPS if rollback else KEEPS)

    def delete(self, stack: Stack, *, rollback: bool = False) -> None:
        """Delete every resource that is not retained; raises ServiceError if one cannot be deleted.

        `rollback` is of the stack's creation.
        """
        for resource in self._newest_first(stack, list(stack.resources.values())):
            self._remove(stack, resource, kept=ROLLBACK_KEEPS if rollback else KEEPS, must=True)

    def _apply_resource(
        self, stack: Stack, logical_id: str, declared: dict[str, Any], scope: Scope, wanted: DesiredStack, *,
        rollback: bool,
    ) -> None:  # fmt: skip
        kind = declared["Type"]
        desired = DesiredResource(logical_id, scope.resolve(declared.get("Properties", {})), stack.name, wanted.tags)
        deletion = declared.get("DeletionPolicy", "Delete")
        old = stack.resources.get(logical_id)
        if old and old.type == kind and old.properties == desired.properties:
            old.deletion = deletion
            return
        if rollback and old and _restore(stack, old, desired.properties, deletion):
            return
        provider = self._providers[kind]
        verb = "UPDATE" if old else "CREATE"
        stack.add_event(logical_id, kind, f"{verb}_IN_PROGRESS", physical_id=old.physical_id if old else "")
        try:
            check_accepted(kind, provider, desired.properties)
            if old and old.type == kind and not changed(desired, old.properties) & provider.replaces:
                created = provider.update(desired, old.properties, CreatedResource(old.physical_id, old.attributes))
            else:
                created = provider.create(desired)
                if old:
                    old.deletion = declared.get("UpdateReplacePolicy", "Delete")
                    stack.replaced.append(old)
        except Exception as error:
            reason = _reason(error)
            stack.add_event(logical_id, kind, f"{verb}_FAILED", reason=reason)
            raise ServiceError("ResourceFailed", f"{logical_id} ({kind}): {reason}") from error
        status = f"{verb}_COMPLETE"
        stack.resources[logical_id] = Resource(
            logical_id, kind, created.physical_id, desired.properties, created.attributes, deletion, status
        )
        stack.add_event(logical_id, kind, status, physical_id=created.physical_id)

    def _planned(self, stack: Stack, logical_id: str, declared: dict[str, Any], scope: Scope) -> Change | None:
        kind = declared["Type"]
        properties = scope.resolve(declared.get("Properties", {}))
        old = stack.resources.get(logical_id)
        if old is None:
            return Change("Add", logical_id, kind)
        if old.type == kind and old.properties == properties:
            return None
        desired = DesiredResource(logical_id, properties, stack.name, {})
        replacement = old.type != kind or bool(changed(desired, old.properties) & self._providers[kind].replaces)
        return Change("Modify", logical_id, kind, old.physical_id, replacement)

    def _remove(self, stack: Stack, resource: Resource, *, kept: frozenset[str], must: bool = False) -> None:
        current = stack.resources.get(resource.logical_id) is resource
        facts = {"physical_id": resource.physical_id}
        if resource.deletion in kept:
            stack.add_event(resource.logical_id, resource.type, "DELETE_SKIPPED", **facts)
        else:
            stack.add_event(resource.logical_id, resource.type, "DELETE_IN_PROGRESS", **facts)
            try:
                created = CreatedResource(resource.physical_id, resource.attributes)
                self._providers[resource.type].delete(created, resource.properties)
            except Exception as error:
                reason = _reason(error)
                stack.add_event(resource.logical_id, resource.type, "DELETE_FAILED", reason=reason, **facts)
                if must:
                    raise ServiceError("ResourceFailed", f"{resource.logical_id}: {reason}") from error
                return
            stack.add_event(resource.logical_id, resource.type, "DELETE_COMPLETE", **facts)
        if current:
            del stack.resources[resource.logical_id]

    def _newest_first(self, stack: Stack, resources: list[Resource]) -> list[Resource]:
        template = stack.current.template["Resources"] if stack.current else {}
        order = {logical_id: place for place, logical_id in enumerate(ordered(template))}
        return sorted(resources, key=lambda resource: -order.get(resource.logical_id, len(order)))

    def _scope(self, stack: Stack, wanted: DesiredStack, attribute: Any) -> Scope:
        values = parameter_values(wanted.template, wanted.values) | pseudo_parameters(stack.name, stack.id, ACCOUNT)
        return Scope(wanted.template, values, attribute)


def _restore(stack: Stack, new: Resource, properties: dict[str, Any], deletion: str) -> bool:
    """Put the resource back that `new` replaced, and `new` among those that go; False if it replaced none."""
    for was in stack.replaced:
        if (was.logical_id, was.type, was.properties) == (new.logical_id, new.type, properties):
            stack.replaced = [one for one in stack.replaced if one is not was] + [new]
            was.deletion = deletion
            stack.resources[was.logical_id] = was
            return True
    return False


def _attribute(resources: Mapping[str, Resource], logical_id: str, name: str | None) -> Any:
    if logical_id not in resources:
        raise invalid(f"Template error: unresolved reference to {logical_id}")
    resource = resources[logical_id]
    if name is None:
        return resource.physical_id
    if name not in resource.attributes:
        raise invalid(
            f"the local cloud does not support the attribute {name} of {resource.type} (resource {logical_id})"
        )
    return resource.attributes[name]


def _check_known(wanted: DesiredStack, logical_id: str) -> None:
    if logical_id not in wanted.template["Resources"]:
        raise invalid(f"Template format error: Unresolved resource dependencies [{logical_id}] in the template")


def _reason(error: Exception) -> str:
    if not isinstance(error, ServiceError) and not hasattr(error, "response"):
        logger.exception("a provider failed", exc_info=error)
    return f"{error}" or type(error).__name__
