"""CloudFormation's intrinsic functions (Ref, Fn::GetAtt, Fn::Sub and others) and conditions."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from fairlead_local.cloudformation.templates import Template, invalid

NO_VALUE = object()
SUB = re.compile(r"\$\{(!?)([^}]*)\}")


class Scope:
    """The values of names in a template: parameters, and `attribute` of resources."""

    def __init__(
        self,
        template: Template,
        values: Mapping[str, Any],
        attribute: Callable[[str, str | None], Any],
    ) -> None:
        self._template = template
        self._values = values
        self._attribute = attribute
        self._conditions: dict[str, bool] = {}

    def resolve(self, value: Any) -> Any:
        """Return the value with every function resolved; members that are `AWS::NoValue` are removed."""
        if isinstance(value, list):
            return [item for item in map(self.resolve, value) if item is not NO_VALUE]
        if not isinstance(value, dict):
            return value
        if len(value) == 1:
            name, argument = next(iter(value.items()))
            if name == "Ref":
                return self._ref(argument)
            if name == "Condition" and isinstance(argument, str):
                return self.holds(argument)
            if name.startswith("Fn::"):
                return self._call(name, argument)
        members = {key: self.resolve(member) for key, member in value.items()}
        return {key: member for key, member in members.items() if member is not NO_VALUE}

    def holds(self, name: str) -> bool:
        """Return whether a condition of the template is true."""
        if name not in self._conditions:
            declared = self._template.get("Conditions", {})
            if name not in declared:
                raise invalid(f"Template format error: Unresolved condition dependency {name}")
            self._conditions[name] = bool(self.resolve(declared[name]))
        return self._conditions[name]

    def active(self, section: str) -> dict[str, Any]:
        """Return the members of Resources or Outputs whose condition is true."""
        members = self._template.get(section) or {}
        return {name: m for name, m in members.items() if "Condition" not in m or self.holds(m["Condition"])}

    def _ref(self, name: str) -> Any:
        if name == "AWS::NoValue":
            return NO_VALUE
        return self._values[name] if name in self._values else self._attribute(name, None)

    def _call(self, name: str, argument: Any) -> Any:
        if name == "Fn::If":
            condition, yes, no = argument
            return self.resolve(yes if self.holds(condition) else no)
        if name == "Fn::GetAtt":
            logical, attribute = argument.split(".", 1) if isinstance(argument, str) else argument
            return self._attribute(logical, self.resolve(attribute))
        if name == "Fn::Sub":
            return self._sub(argument)
        function = FUNCTIONS.get(name)
        if function:
            return function(self.resolve(argument))
        if name == "Fn::FindInMap":
            return self._find_in_map(self.resolve(argument))
        raise invalid(f"the local cloud does not support {name}")

    def _sub(self, argument: Any) -> str:
        text, extra = (argument, {}) if isinstance(argument, str) else argument
        known = {key: self.resolve(value) for key, value in extra.items()}

        def replaced(match: re.Match[str]) -> str:
            literal, name = match.groups()
            if literal:
                return "${" + name + "}"
            if name in known:
                return str(known[name])
            logical, dot, attribute = name.strip().partition(".")
            return str(self._attribute(logical, attribute) if dot else self._ref(name.strip()))

        return SUB.sub(replaced, text)

    def _find_in_map(self, argument: list[Any]) -> Any:
        name, top, second = argument[:3]
        try:
            return self._template["Mappings"][name][top][second]
        except KeyError as error:
            raise invalid(f"Template error: Unable to get mapping for {name}::{top}::{second}") from error


def _equals(argument: list[Any]) -> bool:
    left, right = (str(value).lower() if isinstance(value, bool) else str(value) for value in argument)
    return left == right


FUNCTIONS: dict[str, Callable[[Any], Any]] = {
    "Fn::And": all,
    "Fn::Equals": _equals,
    "Fn::Join": lambda argument: argument[0].join(str(item) for item in argument[1]),
    "Fn::Not": lambda argument: not argument[0],
    "Fn::Or": any,
    "Fn::Select": lambda argument: argument[1][int(argument[0])],
    "Fn::Split": lambda argument: argument[1].split(argument[0]),
}


def references(value: Any) -> Iterator[str]:
    """Yield the names in Ref, GetAtt and Sub inside a value."""
    if isinstance(value, list):
        for item in value:
            yield from references(item)
    if not isinstance(value, dict):
        return
    for name, argument in value.items():
        if name == "Ref" and isinstance(argument, str):
            yield argument
        elif name == "Fn::GetAtt":
            yield argument.split(".", 1)[0] if isinstance(argument, str) else argument[0]
        elif name == "Fn::Sub":
            text = argument if isinstance(argument, str) else argument[0]
            yield from (match[2].strip().split(".")[0] for match in SUB.finditer(text) if not match[1])
            yield from references([] if isinstance(argument, str) else argument[1])
        else:
            yield from references(argument)


def ordered(resources: Mapping[str, Any]) -> list[str]:
    """Return logical ids, each after the ones it refers to or depends on; raises for circular references."""
    from graphlib import CycleError, TopologicalSorter

    def needs(resource: Mapping[str, Any]) -> set[str]:
        listed = resource.get("DependsOn", [])
        named = {listed} if isinstance(listed, str) else set(listed)
        return (named | set(references(resource.get("Properties", {})))) & set(resources)

    try:
        return list(TopologicalSorter({name: needs(resource) for name, resource in resources.items()}).static_order())
    except CycleError as error:
        circle = ", ".join(sorted(set(error.args[1])))
        raise invalid(f"Circular dependency between resources: [{circle}]") from error
