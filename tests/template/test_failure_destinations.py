"""The destination of events that a function failed on, and the rights that Lambda requires when it is set."""

from typing import Any

from tests.template.rights import allowed, many
from tests.template.stack import Stack, translate


def destinations(stack: Stack) -> dict[str, str]:
    """Bucket of failed events, by the name of the function without its last word."""
    found = {}
    for config in stack.of_type("AWS::Lambda::EventInvokeConfig").values():
        properties: dict[str, Any] = config["Properties"]
        if "OnFailure" in properties["DestinationConfig"]:
            name = properties["FunctionName"].strip("<>").removesuffix("Function")
            found[name] = properties["DestinationConfig"]["OnFailure"]["Destination"]
    return found


def test_failed_events_are_kept_in_the_dead_letter_bucket() -> None:
    """Never in the registry: the right to put them there is the right to write every key of the bucket."""
    bucket = "<SetAside.Arn>"

    assert destinations(translate()) == {"Record": bucket, "Feedback": bucket, "Retrain": bucket}


def test_a_destination_s_role_may_write_and_list_the_whole_bucket() -> None:
    """Lambda tries both when the destination is set, and refuses a role with rights on a part of the bucket."""
    for name, bucket in destinations(translate()).items():
        statements = allowed(f"{name}Role").values()
        unconditional = [entry for entry in statements if "Condition" not in entry]
        granted = {
            (action, resource)
            for entry in unconditional
            for action in many(entry["Action"])
            for resource in many(entry["Resource"])
        }

        assert {("s3:PutObject", f"{bucket}/*"), ("s3:ListBucket", bucket)} <= granted, name
