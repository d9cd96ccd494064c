"""template.yaml as CloudFormation will see it: translated by SAM's own translator, intrinsics turned into text.

`{"Ref": "Registry"}` reads `<Registry>` and `{"Fn::GetAtt": ["Registry", "Arn"]}` reads `<Registry.Arn>`, in `Fn::Sub`
too; parameters and the stack's name read as their values; conditions are decided: what is `AWS::NoValue` is left out,
and so is a resource that is not made. So tests compare plain strings.
"""

import functools
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any
from unittest import mock

from samtranslator.translator.transform import transform

from fairlead_local.cloudformation import templates

ROOT = Path(__file__).parents[2]
NAMES = {"AWS::StackName": "fairlead"}
EVERYTHING = {"ReleaseCandidates": "canary-10-5m", "BatchInput": "rows/in/", "BatchOutput": "rows/out/"}
"""Parameters under which every resource is made."""


class ManagedPolicies:
    """Replaces IAM's list of AWS's own policies: the template uses none."""

    def load(self) -> dict[str, str]:
        return {}


class Stack:
    """A translated template: `raw` is the JSON, `resources` and `outputs` have their intrinsics read as text."""

    def __init__(self, raw: dict[str, Any], names: dict[str, str]) -> None:
        self.raw = raw
        read = Reader(raw, names)
        self.resources: dict[str, dict[str, Any]] = read(read.made(raw["Resources"]))
        self.outputs = {name: output["Value"] for name, output in read(read.made(raw["Outputs"])).items()}

    def properties(self, name: str) -> dict[str, Any]:
        """Return the properties of the resource of this name, or of the one that SAM named after it with a digest."""
        found = [key for key in self.resources if re.fullmatch(rf"{name}([0-9a-f]{{10}})?", key)]
        assert len(found) == 1, f"{name}: {found}"
        properties: dict[str, Any] = self.resources[found[0]]["Properties"]
        return properties

    def of_type(self, kind: str) -> dict[str, dict[str, Any]]:
        """Return the resources of a type, by name."""
        return {name: resource for name, resource in self.resources.items() if resource["Type"] == kind}


def translate(**parameters: str) -> Stack:
    """Translate template.yaml with these parameters, the others at their defaults."""
    defaults = _defaults()
    assert not parameters.keys() - defaults.keys(), "no such parameter"
    values = defaults | parameters
    raw = _translate(tuple(sorted(values.items())))
    return Stack(raw, NAMES | values)


def source() -> dict[str, Any]:
    """Return template.yaml as written, with local folders replaced by what `sam package` would put there."""
    template: dict[str, Any] = templates.parse((ROOT / "template.yaml").read_text())
    for name, resource in template["Resources"].items():
        for folder in {"CodeUri", "ContentUri"} & resource.get("Properties", {}).keys():
            resource["Properties"][folder] = f"s3://artifacts/{name}"
    return template


@functools.cache
def _defaults() -> dict[str, str]:
    return {name: str(facts["Default"]) for name, facts in source()["Parameters"].items()}


@functools.cache
def _translate(values: tuple[tuple[str, str], ...]) -> dict[str, Any]:
    with mock.patch.dict(os.environ, {"AWS_DEFAULT_REGION": "eu-west-1"}):
        translated = transform(source(), dict(values), ManagedPolicies())
    document: dict[str, Any] = json.loads(json.dumps(translated))
    return document


OPERATORS: dict[str, Callable[[list[Any]], bool]] = {
    "Fn::Equals": lambda values: values[0] == values[1],
    "Fn::Not": lambda values: not values[0],
    "Fn::And": all,
    "Fn::Or": any,
}
NOTHING = "<AWS::NoValue>"


def _part(text: str, mark: str, place: int) -> str:
    return "<UUID of AWS::StackId>" if text == "<AWS::StackId>" else text.split(mark)[place]


class Reader:
    """Turns intrinsics of one template into text."""

    def __init__(self, template: dict[str, Any], names: dict[str, str]) -> None:
        self._maps = template.get("Mappings", {})
        self._conditions = template.get("Conditions", {})
        self._names = names

    def __call__(self, value: Any) -> Any:
        """Return the value with every intrinsic in it read."""
        match value:
            case {"Fn::If": [condition, yes, no]}:
                return self(yes if self(self._conditions[condition]) else no)
            case {"Fn::Equals": _} | {"Fn::Not": _} | {"Fn::And": _} | {"Fn::Or": _}:
                [(operator, operands)] = value.items()
                return OPERATORS[operator](self(operands))
            case {"Condition": str(name), **rest} if not rest:
                return self(self._conditions[name])
            case {"Fn::Select": [int(place), {"Fn::Split": [mark, text]}]}:
                return _part(self(text), mark, place)
            case {"Fn::FindInMap": [name, *keys]}:
                first, second = map(self, keys)
                return self._maps[name][first][second]
        return self._text(value)

    def made(self, resources: dict[str, Any]) -> dict[str, Any]:
        """Return those whose condition holds, or that have none."""
        return {
            name: resource
            for name, resource in resources.items()
            if "Condition" not in resource or self(self._conditions[resource["Condition"]])
        }

    def _named(self, found: re.Match[str]) -> str:
        """Return the value of a name in a text; `${!name}` is left for IAM."""
        name = found[1]
        return f"${{{name[1:]}}}" if name.startswith("!") else self._names.get(name, f"<{name}>")

    def _text(self, value: Any) -> Any:
        match value:
            case {"Ref": name}:
                return self._names.get(name, f"<{name}>")
            case {"Fn::GetAtt": [name, attribute]}:
                return f"<{name}.{attribute}>"
            case {"Fn::Sub": given}:
                text, values = given if isinstance(given, list) else (given, {})
                return re.sub(r"\$\{([^}]+)\}", Reader({}, self._names | self(values))._named, text)
            case dict():
                members = {key: self(inner) for key, inner in value.items()}
                return {key: inner for key, inner in members.items() if inner != NOTHING}
            case list():
                return [inner for inner in map(self, value) if inner != NOTHING]
        return value
