"""The resource types that the local cloud can create."""

from collections.abc import Callable
from functools import partial

from fairlead_local.account import PARTITION, REGION
from fairlead_local.apigateway.apis import Apis
from fairlead_local.clients import Clients
from fairlead_local.cloudformation.provider import Provider
from fairlead_local.cloudformation.providers.apigateway import (
    AccountProvider,
    DeploymentProvider,
    RestApiProvider,
    StageProvider,
)
from fairlead_local.cloudformation.providers.cloudwatch import AlarmProvider, CompositeAlarmProvider
from fairlead_local.cloudformation.providers.codedeploy import (
    DeploymentApplicationProvider,
    DeploymentConfigProvider,
    DeploymentGroupProvider,
)
from fairlead_local.cloudformation.providers.custom_domains import BasePathMappingProvider, DomainNameProvider
from fairlead_local.cloudformation.providers.dynamodb import TableProvider
from fairlead_local.cloudformation.providers.eventbridge import RuleProvider
from fairlead_local.cloudformation.providers.iam import (
    IdentityProviderProvider,
    ManagedPolicyProvider,
    PolicyProvider,
    RoleProvider,
)
from fairlead_local.cloudformation.providers.lambda_functions import (
    FunctionProvider,
    LayerVersionProvider,
    PermissionProvider,
)
from fairlead_local.cloudformation.providers.lambda_versions import (
    AliasProvider,
    EventInvokeConfigProvider,
    VersionProvider,
)
from fairlead_local.cloudformation.providers.logs import LogGroupProvider, SubscriptionFilterProvider
from fairlead_local.cloudformation.providers.recorded import DashboardProvider
from fairlead_local.cloudformation.providers.s3 import BucketPolicyProvider, BucketProvider
from fairlead_local.cloudformation.providers.sns import TopicProvider
from fairlead_local.cloudformation.providers.stepfunctions import StateMachineProvider


def catalogue(clients: Clients, apis: Apis, check: Callable[..., None]) -> dict[str, Provider]:
    """Return the providers by resource type, acting with the clients' rights; a new type is a new row here.

    `check` raises unless the holder of the clients' keys may use an action on a resource with these condition keys.
    """
    allow = partial(check, clients)

    def gateway(method: str, path: str) -> None:
        tags = {f"aws:resourcetag/{key}": (value,) for key, value in apis.tags_at(path).items()}
        allow(f"apigateway:{method}", f"arn:{PARTITION}:apigateway:{REGION}::{path}", tags)

    return {
        "AWS::ApiGateway::Account": AccountProvider(clients),
        "AWS::ApiGateway::BasePathMapping": BasePathMappingProvider(apis, gateway),
        "AWS::ApiGateway::Deployment": DeploymentProvider(apis, gateway),
        "AWS::ApiGateway::DomainName": DomainNameProvider(apis, gateway),
        "AWS::ApiGateway::RestApi": RestApiProvider(clients, apis, gateway),
        "AWS::ApiGateway::Stage": StageProvider(apis, gateway),
        "AWS::CloudWatch::Alarm": AlarmProvider(clients),
        "AWS::CloudWatch::CompositeAlarm": CompositeAlarmProvider(clients),
        # Dashboards are not shown here.
        "AWS::CloudWatch::Dashboard": DashboardProvider(allow),
        "AWS::CodeDeploy::Application": DeploymentApplicationProvider(clients),
        "AWS::CodeDeploy::DeploymentConfig": DeploymentConfigProvider(clients),
        "AWS::CodeDeploy::DeploymentGroup": DeploymentGroupProvider(clients),
        "AWS::DynamoDB::Table": TableProvider(clients),
        "AWS::Events::Rule": RuleProvider(clients),
        "AWS::IAM::ManagedPolicy": ManagedPolicyProvider(clients),
        "AWS::IAM::OIDCProvider": IdentityProviderProvider(clients),
        "AWS::IAM::Policy": PolicyProvider(clients),
        "AWS::IAM::Role": RoleProvider(clients),
        "AWS::Lambda::Alias": AliasProvider(clients),
        "AWS::Lambda::EventInvokeConfig": EventInvokeConfigProvider(clients),
        "AWS::Lambda::Function": FunctionProvider(clients),
        "AWS::Lambda::LayerVersion": LayerVersionProvider(clients),
        "AWS::Lambda::Permission": PermissionProvider(clients),
        "AWS::Lambda::Version": VersionProvider(clients),
        "AWS::Logs::LogGroup": LogGroupProvider(clients),
        "AWS::Logs::SubscriptionFilter": SubscriptionFilterProvider(clients),
        "AWS::S3::Bucket": BucketProvider(clients),
        "AWS::S3::BucketPolicy": BucketPolicyProvider(clients),
        "AWS::SNS::Topic": TopicProvider(clients),
        "AWS::StepFunctions::StateMachine": StateMachineProvider(clients),
    }
