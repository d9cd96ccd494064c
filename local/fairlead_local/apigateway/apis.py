"""REST APIs: bodies, deployments (frozen bodies), stages, and custom domains whose base paths lead to stages."""

import copy
import secrets
import string
import threading
from dataclasses import dataclass, field
from typing import Any

from fairlead_local.apigateway.routes import Routes
from fairlead_local.errors import ServiceError


@dataclass(frozen=True)
class Deployment:
    """A body as it was when it was deployed."""

    id: str
    api_id: str
    routes: Routes
    responses: dict[str, Any]
    binary_types: tuple[str, ...]


@dataclass(frozen=True)
class Stage:
    """A deployment under a name, with the stage's variables."""

    name: str
    deployment: Deployment
    variables: dict[str, str]


@dataclass
class Api:
    """An API: its present body, which takes effect with a deployment, and its stages."""

    id: str
    name: str
    body: dict[str, Any]
    binary_types: list[str]
    tags: dict[str, str]
    stages: dict[str, Stage] = field(default_factory=dict)


class Apis:
    """All APIs of the account; thread-safe."""

    STATE = ("_apis", "_deployments", "_domains")

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._apis: dict[str, Api] = {}
        self._deployments: dict[str, Deployment] = {}
        self._domains: dict[str, dict[str, tuple[str, str]]] = {}  # API and stage by base path

    def create(self, name: str, body: dict[str, Any], binary_types: list[str], tags: dict[str, str]) -> str:
        """Create an API and return its id."""
        api = Api(_identifier(), name, body, binary_types, tags)
        with self._lock:
            self._apis[api.id] = api
        return api.id

    def tags_at(self, path: str) -> dict[str, str]:
        """Return the tags of the API that a path of API Gateway's own API is about; its parts have the same."""
        api = self._apis.get(f"{path}//".split("/")[2])
        return api.tags if api else {}

    def define(self, api_id: str, body: dict[str, Any], binary_types: list[str]) -> None:
        """Replace an API's body."""
        with self._lock:
            api = self._apis[api_id]
            api.body, api.binary_types = body, binary_types

    def delete(self, api_id: str) -> None:
        """Delete an API with its stages."""
        with self._lock:
            self._apis.pop(api_id, None)

    def deploy(self, api_id: str) -> str:
        """Freeze an API's body and return the deployment's id; raises ServiceError for an unsupported integration."""
        with self._lock:
            api = self._apis[api_id]
            body = copy.deepcopy(api.body)
            binary = (*api.binary_types, *body.get("x-amazon-apigateway-binary-media-types", []))
            responses = body.get("x-amazon-apigateway-gateway-responses", {})
            deployment = Deployment(_identifier(6), api_id, Routes(body), responses, binary)
            self._deployments[deployment.id] = deployment
            return deployment.id

    def delete_deployment(self, deployment_id: str) -> None:
        """Delete a deployment; a stage that serves it keeps it."""
        with self._lock:
            self._deployments.pop(deployment_id, None)

    def put_stage(self, api_id: str, name: str, deployment_id: str, variables: dict[str, str]) -> None:
        """Serve a deployment under a stage's name."""
        with self._lock:
            self._apis[api_id].stages[name] = Stage(name, self._deployments[deployment_id], variables)

    def delete_stage(self, api_id: str, name: str) -> None:
        """Stop serving a stage."""
        with self._lock:
            api = self._apis.get(api_id)
            if api:
                api.stages.pop(name, None)

    def name(self, stage: Stage) -> str:
        """Return the name of a stage's API, which metrics use."""
        with self._lock:
            api = self._apis.get(stage.deployment.api_id)
            return api.name if api else stage.deployment.api_id

    def stage(self, name: str) -> Stage | None:
        """Return the stage of this name; with several, the newest API's, because all APIs share one port."""
        with self._lock:
            found = [api.stages[name] for api in self._apis.values() if name in api.stages]
            return found[-1] if found else None

    def add_domain(self, name: str) -> None:
        """Create a custom domain; raises ServiceError if there is one of this name."""
        with self._lock:
            if name in self._domains:
                raise ServiceError("BadRequestException", "The domain name you provided already exists.")
            self._domains[name] = {}

    def delete_domain(self, name: str) -> None:
        """Delete a custom domain with its base paths."""
        with self._lock:
            self._domains.pop(name, None)

    def map_path(self, domain: str, base: str, api_id: str, stage: str, *, new: bool) -> None:
        """Map a domain's base path to a stage; raises ServiceError for an unknown domain or a taken path."""
        with self._lock:
            if domain not in self._domains:
                raise ServiceError("NotFoundException", "Invalid domain name identifier specified", status=404)
            if new and base in self._domains[domain]:
                raise ServiceError("ConflictException", "Base path already exists for this domain name", status=409)
            self._domains[domain][base] = (api_id, stage)

    def unmap_path(self, domain: str, base: str) -> None:
        """Remove a domain's base path."""
        with self._lock:
            self._domains.get(domain, {}).pop(base, None)

    def mapped(self, host: str, base: str) -> Stage | None:
        """Return the stage of a base path: of the host's domain, or of any if the host is no custom domain.

        No client on this machine finds a custom domain's address, so its base paths answer at the port too.
        """
        with self._lock:
            own = self._domains.get(host.partition(":")[0])
            paths = [own] if own is not None else self._domains.values()
            api_id, stage = next((one[base] for one in paths if base in one), ("", ""))
            api = self._apis.get(api_id)
            return api.stages.get(stage) if api else None

    def is_domain(self, host: str) -> bool:
        """Return whether a host, with or without a port, is a custom domain."""
        return host.partition(":")[0] in self._domains


def _identifier(length: int = 10) -> str:
    return "".join(secrets.choice(string.ascii_lowercase + string.digits) for _ in range(length))
