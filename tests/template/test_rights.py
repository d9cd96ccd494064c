"""Who may do what, as DESIGN says it, and no wildcard that nobody explained."""

from typing import Any

from tests.template.stack import Stack, translate

FUNCTION = "<PredictFunction.Arn>"
STACK = "arn:<AWS::Partition>:cloudformation:<AWS::Region>:<AWS::AccountId>:stack/fairlead/*"
LAYERS = [
    f"arn:<AWS::Partition>:lambda:<AWS::Region>:<AWS::AccountId>:layer:fairlead-{name}:*"
    for name in ("common", "onnx", "sklearn")
]
REGISTRY = ["<Registry.Arn>/blobs/*", "<Registry.Arn>/models/*"]

WILDCARDS = {
    ("PredictRole", "ReadRegistry"): "keys are made at run time, under these two prefixes",
    ("PredictRole", "WriteOwnLog"): "log streams are named by Lambda; the group is its own",
    ("PredictRole", "Trace"): "X-Ray has no resources for PutTraceSegments and PutTelemetryRecords",
    ("CallerPolicy", "Call"): "any path of this stage: a mistyped one must be a 404, not a 403",
    ("PublisherPolicy", "ReadRegistry"): "keys are made at run time, under these two prefixes",
    ("PublisherPolicy", "CreateVersions"): "keys are made at run time, under these two prefixes",
    ("PublisherPolicy", "SeeWhatIsLive"): "each release is a new version number of this function",
    ("PublisherPolicy", "FindStack"): "CloudFormation ends a stack's name with an id of its own",
    ("OperatorPolicy", "ReadRegistry"): "keys are made at run time, under these two prefixes",
    ("OperatorPolicy", "Retire"): "models and versions are made at run time",
    ("OperatorPolicy", "FindStack"): "CloudFormation ends a stack's name with an id of its own",
    ("OperatorPolicy", "Release"): "each release is a new version number of this function",
    ("OperatorPolicy", "ReadFairleadLayers"): "each deploy makes new version numbers of these layers",
    ("OperatorPolicy", "WakeVersions"): "each release is a new version number of this function",
}


def many(value: Any) -> list[Any]:
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


def allowed(name: str) -> dict[str, dict[str, Any]]:
    statements = documents(translate())[name]
    assert {entry["Effect"] for entry in statements} == {"Allow"}
    return {entry["Sid"]: entry for entry in statements}


def actions(name: str) -> set[str]:
    return {action for entry in allowed(name).values() for action in many(entry["Action"])}


def test_no_action_is_a_wildcard() -> None:
    found = [action for name in documents(translate()) for action in actions(name) if "*" in action]

    assert found == []


def test_every_wildcard_resource_has_its_reason() -> None:
    found = {
        (name, entry["Sid"])
        for name, statements in documents(translate()).items()
        for entry in statements
        if any("*" in resource for resource in many(entry["Resource"]))
    }

    assert found == WILDCARDS.keys()


def test_only_x_ray_is_granted_on_everything() -> None:
    found = [
        (name, sorted(many(entry["Action"])))
        for name, statements in documents(translate()).items()
        for entry in statements
        if "*" in many(entry["Resource"])
    ]

    assert found == [("PredictRole", ["xray:PutTelemetryRecords", "xray:PutTraceSegments"])]


def test_no_policy_of_aws_is_attached() -> None:
    """AWS's basic execution role may create log groups anywhere, its X-Ray role read sampling rules."""
    roles = translate().of_type("AWS::IAM::Role")

    assert list(roles) == ["PredictRole"]
    assert all("ManagedPolicyArns" not in role["Properties"] for role in roles.values())


def test_predict_reads_blobs_and_manifests_and_writes_its_log_and_traces() -> None:
    assert allowed("PredictRole")["ReadRegistry"]["Resource"] == REGISTRY
    assert actions("PredictRole") == {
        *("s3:GetObject", "s3:ListBucket", "logs:CreateLogStream", "logs:PutLogEvents"),
        *("xray:PutTraceSegments", "xray:PutTelemetryRecords"),
    }
    group = translate().properties("PredictLogs")["LogGroupName"]
    assert allowed("PredictRole")["WriteOwnLog"]["Resource"].endswith(f":log-group:{group}:*")


def test_predict_lists_retirements_and_nothing_else() -> None:
    """Whether a version is retired must not look like whether predict may know it."""
    assert allowed("PredictRole")["ListRetirements"] == {
        "Sid": "ListRetirements",
        "Effect": "Allow",
        "Action": "s3:ListBucket",
        "Resource": "<Registry.Arn>",
        "Condition": {"StringLike": {"s3:prefix": "models/*/retired/"}},
    }


def test_only_lambda_runs_as_predict() -> None:
    [trust] = translate().properties("PredictRole")["AssumeRolePolicyDocument"]["Statement"]

    assert trust == {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}


def test_callers_call_this_stage_and_nothing_else() -> None:
    [entry] = documents(translate(StageName="dev"))["CallerPolicy"]

    assert entry["Action"] == "execute-api:Invoke"
    assert entry["Resource"] == "arn:<AWS::Partition>:execute-api:<AWS::Region>:<AWS::AccountId>:<Api>/dev/*"


def test_publishers_create_and_read_and_never_delete_or_release() -> None:
    assert actions("PublisherPolicy") == {
        "s3:GetObject",
        "s3:PutObject",
        "s3:ListBucket",
        "cloudformation:DescribeStacks",
        "lambda:GetAlias",
        "lambda:GetFunctionConfiguration",
    }
    assert allowed("PublisherPolicy")["ReadRegistry"]["Resource"] == REGISTRY
    assert allowed("PublisherPolicy")["CreateVersions"]["Resource"] == [
        "<Registry.Arn>/blobs/*",
        "<Registry.Arn>/models/*/versions/*",
    ]
    assert allowed("PublisherPolicy")["List"]["Resource"] == "<Registry.Arn>"
    assert allowed("PublisherPolicy")["FindStack"]["Resource"] == STACK


def test_operators_read_the_registry_and_write_nothing_but_retirements() -> None:
    assert {action for action in actions("OperatorPolicy") if action.startswith("s3:")} == {
        "s3:GetObject",
        "s3:ListBucket",
        "s3:PutObject",
    }
    assert allowed("OperatorPolicy")["Retire"] == {
        "Sid": "Retire",
        "Effect": "Allow",
        "Action": "s3:PutObject",
        "Resource": "<Registry.Arn>/models/*/retired/*",
    }
    assert allowed("OperatorPolicy")["ReadRegistry"]["Resource"] == REGISTRY
    assert allowed("OperatorPolicy")["ListRegistry"]["Resource"] == "<Registry.Arn>"


def test_operators_touch_this_function_only() -> None:
    statements = allowed("OperatorPolicy")

    assert statements["Release"]["Resource"] == [FUNCTION, f"{FUNCTION}:*"]
    assert statements["SetFairleadLayersOnly"]["Resource"] == FUNCTION
    assert statements["WakeVersions"] == {
        "Sid": "WakeVersions",
        "Effect": "Allow",
        "Action": "lambda:InvokeFunction",
        "Resource": f"{FUNCTION}:*",
    }
    assert {action for action in actions("OperatorPolicy") if action.startswith("lambda:")} == {
        *("lambda:GetFunction", "lambda:GetFunctionConfiguration", "lambda:GetAlias", "lambda:GetLayerVersion"),
        *("lambda:PublishVersion", "lambda:UpdateAlias", "lambda:UpdateFunctionConfiguration", "lambda:InvokeFunction"),
    }


def test_operators_set_only_fairlead_s_own_layers() -> None:
    """A layer is code that runs as predict: a foreign one would hand predict's role to its author."""
    statement = allowed("OperatorPolicy")["SetFairleadLayersOnly"]

    assert statement["Action"] == "lambda:UpdateFunctionConfiguration"
    assert statement["Condition"] == {"ForAllValues:StringLike": {"lambda:Layer": LAYERS}}
    assert allowed("OperatorPolicy")["ReadFairleadLayers"]["Resource"] == LAYERS


def test_those_layers_are_the_stack_s_own() -> None:
    stack = translate()
    names = [stack.properties(layer)["LayerName"] for layer in ("CommonLayer", "OnnxLayer", "SklearnLayer")]

    assert [arn.split(":")[-2] for arn in LAYERS] == names


def test_policies_are_given_out_by_output() -> None:
    stack = translate()

    assert {f"<{name}>" for name in stack.of_type("AWS::IAM::ManagedPolicy")} == {
        stack.outputs[f"{who}PolicyArn"] for who in ("Caller", "Publisher", "Operator")
    }
