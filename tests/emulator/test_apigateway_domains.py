"""Custom domains: a base path leads to a stage, by the Host header, or at the port of this machine."""

import json
from types import SimpleNamespace
from typing import Any

import pytest

from fairlead_local.apigateway.apis import Apis
from fairlead_local.apigateway.gateway import Gateway
from fairlead_local.clock import Clock
from fairlead_local.cloudformation.provider import DesiredResource
from fairlead_local.cloudformation.providers.custom_domains import BasePathMappingProvider, DomainNameProvider
from fairlead_local.cloudwatch.metric_store import MetricStore
from fairlead_local.cloudwatch.service_metrics import ServiceMetrics
from fairlead_local.errors import ServiceError
from fairlead_local.http_message import HttpRequest
from tests.emulator.test_apigateway_parts import Allowing, operation

DOMAIN = "ml.example.com"


class Echo:
    """A function that answers its event."""

    def call(self, _: str, __: str, event: bytes, **___: Any) -> Any:
        return SimpleNamespace(error="", payload=json.dumps({"statusCode": 200, "body": event.decode()}))


class Desk:
    """An API with a stage, and what a stack makes of domains."""

    def __init__(self) -> None:
        self.apis, self.asked = Apis(), list[str]()
        self.api = self.apis.create("churn", {"paths": {"/predict": {"post": operation()}}}, [], {})
        self.apis.put_stage(self.api, "prod", self.apis.deploy(self.api), {})
        self.clock = Clock()
        metrics = ServiceMetrics(MetricStore(), self.clock)
        self.gateway = Gateway(self.apis, Echo(), Allowing(), Allowing(), metrics)  # type: ignore[arg-type]  # stand-ins
        self.domains = DomainNameProvider(self.apis, self._allow)
        self.paths = BasePathMappingProvider(self.apis, self._allow)

    def _allow(self, method: str, path: str) -> None:
        self.asked.append(f"{method} {path}")

    def wanted(self, **properties: Any) -> DesiredResource:
        return DesiredResource("Resource", properties, "stack", {})

    def mapping(self, base: str = "churn", domain: str = DOMAIN) -> dict[str, str]:
        return {"DomainName": domain, "BasePath": base, "RestApiId": self.api, "Stage": "prod"}

    def post(self, host: str, path: str) -> tuple[int, dict[str, Any]]:
        answer = self.gateway.answer(HttpRequest("POST", path, (("Host", host),), b"{}", "127.0.0.1"))
        return answer.status, json.loads(answer.body)


@pytest.fixture
def desk() -> Any:
    made = Desk()
    made.domains.create(made.wanted(DomainName=DOMAIN))
    made.paths.create(made.wanted(**made.mapping()))
    yield made
    made.clock.stop()


@pytest.mark.parametrize("host", [DOMAIN, f"{DOMAIN}:5700", "127.0.0.1:5700"])
def test_a_base_path_leads_to_the_stage_and_stays_in_the_event_s_path(desk: Desk, host: str) -> None:
    status, event = desk.post(host, "/churn/predict")

    assert status == 200
    assert (event["resource"], event["path"]) == ("/predict", "/churn/predict")
    context = event["requestContext"]
    assert (context["path"], context["stage"], context["domainName"]) == ("/churn/predict", "prod", host)


def test_a_domain_has_its_base_paths_alone_and_the_api_s_own_address_its_stages(desk: Desk) -> None:
    assert desk.post(DOMAIN, "/prod/predict")[0] == 403
    assert desk.post(DOMAIN, "/risk/predict")[0] == 403
    status, event = desk.post("127.0.0.1:5700", "/prod/predict")
    assert (status, event["path"], event["requestContext"]["path"]) == (200, "/predict", "/prod/predict")


def test_a_path_that_is_taken_and_an_unknown_domain_are_refused(desk: Desk) -> None:
    with pytest.raises(ServiceError, match="Base path already exists"):
        desk.paths.create(desk.wanted(**desk.mapping()))
    with pytest.raises(ServiceError, match="Invalid domain name"):
        desk.paths.create(desk.wanted(**desk.mapping(domain="other.example.com")))
    with pytest.raises(ServiceError, match="already exists"):
        desk.domains.create(desk.wanted(DomainName=DOMAIN))


def test_a_deleted_path_is_not_routed_and_each_change_needs_its_right(desk: Desk) -> None:
    created = desk.paths.update(desk.wanted(**desk.mapping()), {}, Any)  # type: ignore[arg-type]  # not read
    desk.paths.delete(created, desk.mapping())
    assert desk.post(DOMAIN, "/churn/predict")[0] == 403

    desk.domains.delete(desk.domains.update(desk.wanted(DomainName=DOMAIN), {}, created), {})
    paths = f"/domainnames/{DOMAIN}/basepathmappings"
    assert desk.asked[:4] == [
        "POST /domainnames", f"POST {paths}", f"PATCH {paths}/churn", f"DELETE {paths}/churn",
    ]  # fmt: skip
