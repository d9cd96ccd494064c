"""The services of the cloud, created and connected."""

import logging
import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path

from fairlead_local import kept_state, moto_server
from fairlead_local.apigateway.apis import Apis
from fairlead_local.apigateway.authorizer import Authorizer
from fairlead_local.apigateway.gateway import Gateway
from fairlead_local.aws_variants import AwsVariants
from fairlead_local.clients import Clients
from fairlead_local.clock import Clock
from fairlead_local.cloudformation.engine import Engine
from fairlead_local.cloudformation.providers.catalogue import catalogue
from fairlead_local.cloudformation.registry import StackRegistry
from fairlead_local.cloudformation.service import CloudFormation
from fairlead_local.cloudwatch.embedded_metrics import EmbeddedMetrics
from fairlead_local.cloudwatch.metric_store import MetricStore
from fairlead_local.cloudwatch.service import CloudWatch
from fairlead_local.cloudwatch.service_metrics import ServiceMetrics
from fairlead_local.codedeploy.service import CodeDeploy
from fairlead_local.control import Control
from fairlead_local.dynamodb.service import DynamoDb
from fairlead_local.eventbridge.bus import Bus
from fairlead_local.eventbridge.delivery import Delivery
from fairlead_local.eventbridge.service import EventBridge
from fairlead_local.faults import Faults
from fairlead_local.http_message import WsgiApp
from fairlead_local.iam.bucket_policies import BucketPolicies
from fairlead_local.iam.evaluate import PolicyEvaluator
from fairlead_local.iam.guard import Guard
from fairlead_local.iam.identities import Identities
from fairlead_local.iam.roles import Roles as AccessRoles
from fairlead_local.iam.web_identity import WebIdentities
from fairlead_local.kept_state import HasState, KeptState
from fairlead_local.lambda_.account_settings import AccountSettings
from fairlead_local.lambda_.aliases import Aliases
from fairlead_local.lambda_.archives import Archives
from fairlead_local.lambda_.async_queue import AsyncQueue
from fairlead_local.lambda_.destinations import Destinations
from fairlead_local.lambda_.event_invoke_configs import InvokeConfigs
from fairlead_local.lambda_.functions import Functions
from fairlead_local.lambda_.invoke import Invoker
from fairlead_local.lambda_.layers import Layers
from fairlead_local.lambda_.resource_policies import Permissions
from fairlead_local.lambda_.snapstart import make_inactive
from fairlead_local.lambda_.store import Store
from fairlead_local.lambda_.versions import Versions
from fairlead_local.lambda_runtime import runtime_client
from fairlead_local.lambda_runtime.log_delivery import LogDelivery
from fairlead_local.lambda_runtime.process_pools import Pools
from fairlead_local.left_out import NamesGaps
from fairlead_local.logs.delivered_first import DeliveredFirst
from fairlead_local.logs.service import Logs
from fairlead_local.logs.subscriptions import Subscriptions
from fairlead_local.router import Router
from fairlead_local.service import Handler, Service
from fairlead_local.stepfunctions.service import StepFunctions

logger = logging.getLogger(__name__)

SETTLE_SECONDS = 300.0  # of real time, for each moment at which a timer is due
END_SECONDS = 20.0  # of real time, for deployments that are rolled back at the end
SETTLE_ROUNDS = 8  # functions whose logs invoke functions whose logs …: more than any such chain has


class Cloud:
    """The applications behind the two ports: `aws_api` answers AWS's APIs, `gateway` the deployed APIs."""

    def __init__(self, endpoint: str, directory: Path, unpacked: Path, *, behind: float) -> None:
        clients = Clients(endpoint)
        self.clock = Clock(behind=behind)
        moto_server.follow(self.clock)
        identities, buckets, variants = Identities(), BucketPolicies(), AwsVariants()
        web_identities = WebIdentities()
        evaluator = PolicyEvaluator(buckets)
        roles = AccessRoles(evaluator, identities, endpoint)
        archives = Archives(unpacked, clients)
        metrics = MetricStore()
        platform = ServiceMetrics(metrics, self.clock)
        self._log_delivery = LogDelivery(clients, self.clock, EmbeddedMetrics(metrics, self.clock).take, variants)
        self._pools = Pools(
            archives,
            runtime=runtime_client.install(directory / "runtime"),
            empty=_made(directory / "opt-empty"),
            endpoint=endpoint,
            deliver=self._log_delivery.deliver,
            assume=lambda version: roles.function_session(version.settings["Role"], version.function),
        )
        store, apis, faults = Store(), Apis(), Faults()
        permissions = Permissions(store)
        destinations = Destinations(store, roles.function_clients, self.clock, platform)
        self._async_queue = AsyncQueue(store, self.clock, destinations, platform)
        invoker = Invoker(store, self._pools, platform, self._async_queue, faults, variants)
        functions = Functions(store, archives, self._pools.retire, roles.check_function_role, variants)
        versions = Versions(store, self._pools.initialise)
        parts = (
            functions, versions, Aliases(store), Layers(store, archives), permissions,
            InvokeConfigs(store, roles.function_may), invoker, AccountSettings(store, variants),
        )  # fmt: skip
        operations: dict[str, Handler] = {}
        for part in parts:
            operations |= part.handlers()
        self.bus = Bus(self.clock, Delivery(invoker, permissions))
        self.codedeploy = CodeDeploy(self.clock, variants, publish=self.bus.publish, assume=roles.codedeploy)
        cloudwatch = CloudWatch(
            metrics, self.clock, clients, permissions=permissions, invoke=invoker.handle, publish=self.bus.publish
        )
        self._subscriptions = Subscriptions(self.clock, permissions, invoker.handle)
        moto = NamesGaps(moto_server.application())
        registry = StackRegistry(roles.of_caller)
        stacks = _cloudformation(clients, apis, roles, registry)
        machines = StepFunctions(self.clock, roles.step_functions, roles.check_acting)
        services: dict[str, WsgiApp] = {
            "lambda": Service("lambda", operations),
            "cloudformation": Service("cloudformation", stacks.handlers()),
            "codedeploy": Service("codedeploy", self.codedeploy.handlers()),
            "monitoring": DeliveredFirst(Service("cloudwatch", cloudwatch.handlers()), self._log_delivery.settle),
            "events": Service("events", EventBridge(self.bus).handlers()),
            "states": Service("stepfunctions", machines.handlers()),
            "dynamodb": DynamoDb(moto, faults, self.clock),
            "logs": DeliveredFirst(Logs(moto, self._subscriptions, store, self.clock), self._log_delivery.settle),
        }
        self.clock.settle = self._settle
        guard = Guard(
            Router(services, moto), identities, buckets, roles, web_identities, group=self.codedeploy.group_of
        )
        inactivate = partial(make_inactive, store)
        self.aws_api = Control(
            guard, self.clock, self.codedeploy.pace, faults, variants, web_identities, make_inactive=inactivate
        )
        self.gateway = Gateway(apis, invoker, permissions, Authorizer(identities, evaluator), platform)
        self._state: Mapping[str, HasState] = {
            "alarms": cloudwatch.alarms, "apis": apis, "archives": archives, "bucket policies": buckets,
            "deployments": self.codedeploy.store, "functions": store, "metrics": metrics, "rules": self.bus,
            "stacks": registry, "state machines": machines, "subscriptions": self._subscriptions,
        }  # fmt: skip

    def restore(self, state: KeptState) -> None:
        """Continue with the state of an earlier cloud."""
        state.restore(self._state)
        self.bus.resume()

    def settle(self) -> None:
        """End what runs: deployments are stopped and rolled back, asynchronous invocations awaited."""
        self.codedeploy.stop_all(END_SECONDS)
        self._settle()

    def save(self, file: Path) -> None:
        """Write the state of this cloud, which has stopped."""
        kept_state.save(file, self._state, offset=self.clock.offset)

    def stop(self) -> None:
        """End every function process and deliver the last logs; the ports must still be open."""
        self.clock.stop()
        self._pools.stop()
        self._log_delivery.stop()
        self.gateway.close()

    def _settle(self) -> None:
        """Wait until asynchronous invocations have ended and log events are delivered.

        Work that callers start meanwhile is not waited for, because it might never end.
        """
        end = time.monotonic() + SETTLE_SECONDS
        parts = (self._async_queue, self._log_delivery, self._subscriptions)
        for _ in range(SETTLE_ROUNDS):  # each part may start work of the others
            left = end - time.monotonic()
            if left <= 0:
                logger.warning("the clock advances although functions still run after %d seconds", SETTLE_SECONDS)
                return
            waited = [part.settle(left) for part in parts]
            if not any(waited):
                return


def _cloudformation(clients: Clients, apis: Apis, roles: AccessRoles, registry: StackRegistry) -> CloudFormation:
    def engine(acting: Clients) -> Engine:
        return Engine(catalogue(acting, apis, roles.check_acting))

    return CloudFormation(
        registry,
        engine(clients),
        lambda role: engine(roles.cloudformation(role) if role else roles.of_caller()),
    )


def _made(folder: Path) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    return folder
