"""Templates: parsing, checks of parameters, and the SAM transform."""

import copy
import functools
import re
from collections.abc import Callable, Mapping
from typing import Any

from fairlead_local.account import REGION
from fairlead_local.errors import ServiceError

SAM = "AWS::Serverless-2016-10-31"
Template = dict[str, Any]


def invalid(message: str) -> ServiceError:
    """Return CloudFormation's ValidationError."""
    return ServiceError("ValidationError", message)


def parse(text: str) -> Template:
    """Parse YAML (with CloudFormation's tags) or JSON."""
    import yaml

    try:
        template = yaml.load(text, _loader())  # noqa: S506 - a safe loader
    except Exception as error:
        raise invalid(f"Template format error: {error}") from error
    if not isinstance(template, dict) or not isinstance(template.get("Resources"), dict):
        raise invalid("Template format error: At least one Resources member must be defined.")
    return template


@functools.cache
def _loader() -> Any:
    """Return libyaml's safe loader, twenty times as quick as Python's, with CloudFormation's tags."""
    import yaml
    from samtranslator.yaml_helper import intrinsics_multi_constructor

    class Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
        """Keeps the tags to itself."""

    Loader.add_multi_constructor("!", intrinsics_multi_constructor)
    return Loader


def transforms(template: Template) -> list[str]:
    """Return the names in the template's Transform section."""
    declared = template.get("Transform", [])
    return [declared] if isinstance(declared, str) else list(declared)


def parameters(template: Template, given: Mapping[str, str]) -> dict[str, str]:
    """Return every parameter's value, given or default; raises for a value against the constraints."""
    declared = template.get("Parameters", {})
    unknown = sorted(set(given) - set(declared))
    if unknown:
        raise invalid(f"Parameters: [{', '.join(unknown)}] do not exist in the template")
    missing = [name for name, facts in declared.items() if name not in given and "Default" not in facts]
    if missing:
        raise invalid(f"Parameters: [{', '.join(missing)}] must have values")
    values = {name: str(given.get(name, facts.get("Default"))) for name, facts in declared.items()}
    for name, facts in declared.items():
        _check_parameter(name, facts, values[name])
    return values


def transform(
    template: Template, values: Mapping[str, str], managed_policies: Callable[[], dict[str, str]]
) -> Template:
    """Run the SAM translator if the template asks for it; any other transform is refused by name."""
    for name in transforms(template):
        if name != SAM:
            raise invalid(f"the local cloud does not support the transform {name}")
    if not transforms(template):
        return template
    from samtranslator.model.exceptions import InvalidDocumentException
    from samtranslator.translator.transform import transform as translate

    class Loader:
        """Returns the ARNs of AWS's managed policies to the translator."""

        def load(self) -> dict[str, str]:
            return managed_policies()

    try:
        # The translator changes its argument.
        translated: Template = translate(copy.deepcopy(template), dict(values), Loader())
    except InvalidDocumentException as error:
        causes = ". ".join(cause.message for cause in error.causes)
        raise invalid(
            f"Transform {SAM} failed with: Invalid Serverless Application Specification document. "
            f"Number of errors found: {len(error.causes)}. {causes}"
        ) from error
    return translated


def parameter_values(template: Template, values: Mapping[str, str]) -> dict[str, Any]:
    """Return the value of `Ref` for each parameter: a list for list types, else text."""
    kinds = {name: facts.get("Type", "String") for name, facts in template.get("Parameters", {}).items()}
    lists = {name for name, kind in kinds.items() if kind == "CommaDelimitedList" or kind.startswith("List<")}
    return {
        name: [item.strip() for item in value.split(",")] if name in lists else value for name, value in values.items()
    }


def pseudo_parameters(stack_name: str, stack_id: str, account: str) -> dict[str, Any]:
    """Return the values of `Ref: AWS::…`."""
    return {
        "AWS::AccountId": account,
        "AWS::NotificationARNs": [],
        "AWS::Partition": "aws",
        "AWS::Region": REGION,
        "AWS::StackId": stack_id,
        "AWS::StackName": stack_name,
        "AWS::URLSuffix": "amazonaws.com",
    }


def capabilities(template: Template) -> set[str]:
    """Return the capabilities that a template needs for its IAM resources."""
    needed = set()
    for resource in template["Resources"].values():
        if not resource["Type"].startswith("AWS::IAM::"):
            continue
        names = {"RoleName", "ManagedPolicyName", "GroupName", "UserName"} & set(resource.get("Properties", {}))
        needed.add("CAPABILITY_NAMED_IAM" if names else "CAPABILITY_IAM")
    return {"CAPABILITY_NAMED_IAM"} if "CAPABILITY_NAMED_IAM" in needed else needed


def _check_parameter(name: str, facts: Mapping[str, Any], value: str) -> None:
    kind = facts.get("Type", "String")
    if kind.startswith("AWS::SSM::Parameter"):
        raise invalid(f"the local cloud does not support parameters of type {kind} (parameter {name})")
    allowed = facts.get("AllowedValues")
    if allowed and value not in [_text(choice) for choice in allowed]:
        raise invalid(f"Parameter '{name}' must be one of AllowedValues")
    pattern = facts.get("AllowedPattern")
    if pattern and not re.fullmatch(pattern, value):
        raise invalid(f"Parameter '{name}' must match pattern {pattern}")
    if kind == "Number":
        _check_number(name, facts, value)
    elif not facts.get("MinLength", 0) <= len(value) <= facts.get("MaxLength", len(value)):
        raise invalid(f"Parameter '{name}' must contain between {facts.get('MinLength', 0)} and "
                      f"{facts.get('MaxLength', 'any number of')} characters")  # fmt: skip


def _check_number(name: str, facts: Mapping[str, Any], value: str) -> None:
    try:
        number = float(value)
    except ValueError as error:
        raise invalid(f"Parameter '{name}' must be a number.") from error
    if not float(facts.get("MinValue", number)) <= number <= float(facts.get("MaxValue", number)):
        raise invalid(f"Parameter '{name}' must be between {facts.get('MinValue')} and {facts.get('MaxValue')}")


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
