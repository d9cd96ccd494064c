"""Stacks in moto's CloudFormation, and the registry of one."""

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from fairlead.aws.s3 import S3Objects
from fairlead.aws.stack import Stack
from fairlead.registry.store import Registry
from tests.functional.session import REGION, connect
from tests.functional.strict_lambda import outputs
from tests.manifests import build, stock


def create_stack(client: Any, name: str, outputs: Mapping[str, str], *, description: str = "A stack") -> None:
    """Create a stack of one queue with these outputs."""
    template = {
        "Description": description,
        "Resources": {"Queue": {"Type": "AWS::SQS::Queue"}},
        "Outputs": {key: {"Value": value} for key, value in outputs.items()},
    }
    client.create_stack(StackName=name, TemplateBody=json.dumps(template))


def describe(stack: Stack) -> Registry:
    """Make a stack's bucket and its outputs, as `sam deploy` does; return its registry, which is empty."""
    s3 = connect("s3")
    s3.create_bucket(Bucket=stack.bucket, CreateBucketConfiguration={"LocationConstraint": REGION})
    create_stack(connect("cloudformation"), stack.name, outputs(stack))
    return Registry(S3Objects(s3, stack.bucket))


def publish_models(registry: Registry) -> None:
    """Commit churn 1 to 3, by ada, and penguins 1."""
    stock(registry.objects)
    for _ in range(3):
        registry.commit("churn", partial(build, by="ada"))
    registry.commit("penguins", partial(build, model="penguins"))
