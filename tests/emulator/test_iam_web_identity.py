"""Sign-in by OpenID Connect: the token's signature, its provider and audience, and the role's trust policy."""

import json
import uuid
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore import UNSIGNED
from botocore.config import Config
from botocore.exceptions import ClientError

from fairlead_local.clients import Clients
from fairlead_local.cloud import LocalCloud

HOST = "token.actions.githubusercontent.com"
NAMES, NUMBERS = "repo:owner/name:environment:dev", "repo:owner@12/name@345:environment:dev"
CLAIMS = {"iss": f"https://{HOST}", "aud": "sts.amazonaws.com", "sub": NAMES}


@dataclass(frozen=True)
class SignIn:
    """A role that trusts GitHub's tokens."""

    cloud: LocalCloud
    role: str

    def __call__(self, token: str, **more: Any) -> dict[str, str]:
        """Assume the role; its credentials."""
        sts = boto3.client(
            "sts", endpoint_url=self.cloud.endpoint_url, region_name="us-east-1",
            config=Config(signature_version=UNSIGNED, retries={"total_max_attempts": 1}),
        )  # fmt: skip
        arn = f"arn:aws:iam::123456789012:role/{self.role}"
        answer = sts.assume_role_with_web_identity(
            RoleArn=arn, RoleSessionName="github-1", WebIdentityToken=token, **more
        )
        return {key: str(value) for key, value in answer["Credentials"].items()}

    def trusts(self, **condition: dict[str, Any]) -> None:
        """Change the condition of the trust policy."""
        provider = f"arn:aws:iam::123456789012:oidc-provider/{HOST}"
        allow = {"Effect": "Allow", "Principal": {"Federated": provider}, "Action": "sts:AssumeRoleWithWebIdentity",
                 "Condition": condition}  # fmt: skip
        document = json.dumps({"Version": "2012-10-17", "Statement": [allow]})
        self.cloud.client("iam").update_assume_role_policy(RoleName=self.role, PolicyDocument=document)

    def refusal(self, token: str, **more: Any) -> tuple[str, str]:
        with pytest.raises(ClientError) as caught:
            self(token, **more)
        return caught.value.response["Error"]["Code"], caught.value.response["Error"]["Message"]


@pytest.fixture
def sign_in(cloud: LocalCloud) -> SignIn:
    """A role with the trust of bootstrap-ci.yaml, whose provider is in the account."""
    iam, name = cloud.client("iam"), f"deploy-{uuid.uuid4().hex[:12]}"
    if not iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]:
        iam.create_open_id_connect_provider(
            Url=CLAIMS["iss"], ClientIDList=["sts.amazonaws.com"], ThumbprintList=["a" * 40]
        )
    nobody = {"Effect": "Deny", "Principal": "*", "Action": "sts:AssumeRole"}
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({"Statement": [nobody]}))
    role = SignIn(cloud, name)
    role.trusts(StringEquals={f"{HOST}:aud": "sts.amazonaws.com", f"{HOST}:sub": NAMES})
    return role


def test_signed_token_that_the_role_trusts_opens_a_session_with_the_roles_rights(sign_in: SignIn) -> None:
    keys = sign_in(sign_in.cloud.identity_token(**CLAIMS))

    clients = Clients(
        sign_in.cloud.endpoint_url, access_key=keys["AccessKeyId"], secret_key=keys["SecretAccessKey"],
        token=keys["SessionToken"],
    )  # fmt: skip
    assert clients["sts"].get_caller_identity()["Arn"].endswith(f":assumed-role/{sign_in.role}/github-1")
    with pytest.raises(ClientError, match="because no identity-based policy allows the s3:ListAllMyBuckets action"):
        clients["s3"].list_buckets()


@pytest.mark.parametrize(
    ("operator", "wanted", "given", "works"),
    [
        ("StringEquals", NAMES, NAMES, True),
        ("StringEquals", NAMES, NUMBERS, False),
        ("StringEquals", NUMBERS, NUMBERS, True),
        ("StringEquals", NUMBERS, NAMES, False),
        ("StringLike", [NAMES, "repo:owner@12/name@345:environment:*"], NUMBERS, True),
        ("StringLike", "repo:owner/name:*", "repo:owner/name-2:environment:dev", False),
        ("StringEquals", NAMES, f"{NAMES}-rollback", False),
    ],
)
def test_role_is_assumed_by_the_subjects_that_its_trust_names(
    sign_in: SignIn, operator: str, wanted: Any, given: str, works: bool
) -> None:
    sign_in.trusts(StringEquals={f"{HOST}:aud": "sts.amazonaws.com"}, **(
        {"StringLike": {f"{HOST}:sub": wanted}} if operator == "StringLike" else {}
    ))  # fmt: skip
    if operator == "StringEquals":
        sign_in.trusts(StringEquals={f"{HOST}:aud": "sts.amazonaws.com", f"{HOST}:sub": wanted})
    token = sign_in.cloud.identity_token(**{**CLAIMS, "sub": given})

    if works:
        assert sign_in(token)["SessionToken"]
    else:
        assert sign_in.refusal(token) == ("AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")


@pytest.mark.parametrize(
    ("claims", "code", "message"),
    [
        ({"iss": "https://other.example"}, "InvalidIdentityToken", "No OpenIDConnect provider found"),
        ({"aud": "https://github.com/owner"}, "InvalidIdentityToken", "Incorrect token audience"),
        ({"exp": 1}, "ExpiredTokenException", "Token expired"),
    ],
)
def test_token_of_another_issuer_audience_or_time_is_refused(
    sign_in: SignIn, claims: dict[str, Any], code: str, message: str
) -> None:
    refused = sign_in.refusal(sign_in.cloud.identity_token(**(CLAIMS | claims)))

    assert refused[0] == code
    assert refused[1].startswith(message)


def test_changed_token_is_refused(sign_in: SignIn) -> None:
    head, payload, signature = sign_in.cloud.identity_token(**CLAIMS).split(".")
    other = sign_in.cloud.identity_token(**{**CLAIMS, "sub": NUMBERS}).split(".")[1]

    assert sign_in.refusal(f"{head}.{other}.{signature}")[0] == "InvalidIdentityToken"
    assert sign_in.refusal(f"{head}.{payload}.{signature[:-6]}AAAAAA")[0] == "InvalidIdentityToken"


def test_session_longer_than_the_role_allows_is_refused(sign_in: SignIn) -> None:
    code, message = sign_in.refusal(sign_in.cloud.identity_token(**CLAIMS), DurationSeconds=7200)

    assert (code, "MaxSessionDuration" in message) == ("ValidationError", True)


def test_other_unsigned_calls_are_still_refused(cloud: LocalCloud) -> None:
    sts = boto3.client(
        "sts", endpoint_url=cloud.endpoint_url, region_name="us-east-1", config=Config(signature_version=UNSIGNED)
    )
    with pytest.raises(ClientError, match="MissingAuthenticationToken"):
        sts.get_caller_identity()


def test_identity_provider_of_a_stack_is_the_accounts(cloud: LocalCloud) -> None:
    url = f"https://{uuid.uuid4().hex}.example"
    provider = {"Type": "AWS::IAM::OIDCProvider", "Properties": {"Url": url, "ClientIdList": ["sts.amazonaws.com"]}}
    body = json.dumps({"Resources": {"Provider": provider}})
    cloud.client("cloudformation").create_stack(
        StackName=f"p-{url[8:20]}", TemplateBody=body, Capabilities=["CAPABILITY_IAM"]
    )

    arn = f"arn:aws:iam::123456789012:oidc-provider/{url[8:]}"
    found = cloud.client("iam").get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
    assert found["ClientIDList"] == ["sts.amazonaws.com"]
