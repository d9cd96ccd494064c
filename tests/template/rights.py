"""The rights in the translated template: policy statements by the resource that carries them."""

from typing import Any

from tests.template.stack import Stack, translate

REGION = "<AWS::Region>:<AWS::AccountId>"
FUNCTION = "<PredictFunction.Arn>"
STACK = f"arn:<AWS::Partition>:cloudformation:{REGION}:stack/fairlead/*"
BUCKET = "arn:<AWS::Partition>:s3:::<Registry>"
REGISTRY = [f"{BUCKET}/blobs/*", f"{BUCKET}/models/*"]
JOURNAL = f"{BUCKET}/journal/fairlead/moves/*"
RETRAINING = f"{BUCKET}/journal/fairlead/retrain/*"
BOTH_JOURNALS = f"{BUCKET}/journal/fairlead/*"
ALARMS = f"arn:<AWS::Partition>:cloudwatch:{REGION}:alarm:*"
TRACE = {"xray:PutTraceSegments", "xray:PutTelemetryRecords"}
LOG = {"logs:CreateLogStream", "logs:PutLogEvents"}


def many(value: Any) -> list[Any]:
    """Return a list, where IAM also takes one value alone."""
    return value if isinstance(value, list) else [value]


def documents(stack: Stack) -> dict[str, list[dict[str, Any]]]:
    """Statements of every identity policy in the stack, by the resource that carries them."""
    found = {}
    for name, resource in stack.resources.items():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::IAM::Role":
            found[name] = [
                entry for policy in properties["Policies"] for entry in policy["PolicyDocument"]["Statement"]
            ]
        elif resource["Type"].startswith("AWS::IAM::"):
            found[name] = properties["PolicyDocument"]["Statement"]
    return found


def callers(stack: Stack, function: str) -> set[str]:
    """Return the carriers of rights to call a function; fails if the function's own policy lets a service call it."""
    permitted = [entry["Properties"]["FunctionName"] for entry in stack.of_type("AWS::Lambda::Permission").values()]
    assert f"<{function}>" not in permitted
    return {
        name
        for name, statements in documents(stack).items()
        for entry in statements
        if f"<{function}.Arn>" in many(entry["Resource"])
    }


def allowed(name: str, **parameters: str) -> dict[str, dict[str, Any]]:
    """Statements that allow, by Sid."""
    return {entry["Sid"]: entry for entry in documents(translate(**parameters))[name] if entry["Effect"] == "Allow"}


def denied(name: str) -> dict[str, dict[str, Any]]:
    """Statements that deny, by Sid."""
    return {entry["Sid"]: entry for entry in documents(translate())[name] if entry["Effect"] == "Deny"}


def actions(name: str) -> set[str]:
    """All that is allowed, on whatever."""
    return {action for entry in allowed(name).values() for action in many(entry["Action"])}
