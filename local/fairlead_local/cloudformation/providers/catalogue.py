"""Every resource type the local cloud can create."""

from fairlead_local.access.buckets import BucketPolicies
from fairlead_local.clients import Clients
from fairlead_local.gateway.apis import Apis
from fairlead_local.stacks.provider import Provider
from fairlead_local.stacks.providers.alarms import AlarmProvider, CompositeAlarmProvider
from fairlead_local.stacks.providers.api import DeploymentProvider, RestApiProvider, StageProvider
from fairlead_local.stacks.providers.deploying import (
    DeploymentApplicationProvider,
    DeploymentConfigProvider,
    DeploymentGroupProvider,
)
from fairlead_local.stacks.providers.eventing import RuleProvider
from fairlead_local.stacks.providers.functions import FunctionProvider, LayerVersionProvider, PermissionProvider
from fairlead_local.stacks.providers.identity import ManagedPolicyProvider, PolicyProvider, RoleProvider
from fairlead_local.stacks.providers.messaging import TopicProvider
from fairlead_local.stacks.providers.monitoring import LogGroupProvider, SubscriptionFilterProvider
from fairlead_local.stacks.providers.recorded import Recorded
from fairlead_local.stacks.providers.releases import AliasProvider, EventInvokeConfigProvider, VersionProvider
from fairlead_local.stacks.providers.storage import BucketPolicyProvider, BucketProvider
from fairlead_local.stacks.providers.tables import TableProvider


def catalogue(clients: Clients, apis: Apis, buckets: BucketPolicies) -> dict[str, Provider]:
    """Resource types by name; adding one is adding a line here."""
    return {
        # The account's role for API Gateway's logs: there are no access logs here.
        "AWS::ApiGateway::Account": Recorded("CloudWatchRoleArn"),
        "AWS::ApiGateway::Deployment": DeploymentProvider(apis),
        "AWS::ApiGateway::RestApi": RestApiProvider(clients, apis),
        "AWS::ApiGateway::Stage": StageProvider(apis),
        "AWS::CloudWatch::Alarm": AlarmProvider(clients),
        "AWS::CloudWatch::CompositeAlarm": CompositeAlarmProvider(clients),
        # Nobody looks at a dashboard here.
        "AWS::CloudWatch::Dashboard": Recorded("DashboardBody DashboardName", replaces="DashboardName"),
        "AWS::CodeDeploy::Application": DeploymentApplicationProvider(clients),
        "AWS::CodeDeploy::DeploymentConfig": DeploymentConfigProvider(clients),
        "AWS::CodeDeploy::DeploymentGroup": DeploymentGroupProvider(clients),
        "AWS::DynamoDB::Table": TableProvider(clients),
        "AWS::Events::Rule": RuleProvider(clients),
        "AWS::IAM::ManagedPolicy": ManagedPolicyProvider(clients),
        # Nobody here signs web identities, so no role is assumed with one.
        "AWS::IAM::OIDCProvider": Recorded("ClientIdList Tags ThumbprintList Url", replaces="Url"),
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
        "AWS::S3::BucketPolicy": BucketPolicyProvider(buckets),
        "AWS::SNS::Topic": TopicProvider(clients),
    }
