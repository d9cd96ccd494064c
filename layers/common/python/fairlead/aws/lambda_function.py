"""The predict function through Lambda's API: `$LATEST`, its versions and its aliases.

Every change uses optimistic locking: a stale RevisionId raises ReleaseError and changes nothing.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from fairlead.aws import clients
from fairlead.errors import NotFoundError, ReleaseError
from fairlead.model.release import Release, frozen_release

LATEST = "$LATEST"
NOT_READY = frozenset({"ResourceNotReadyException", "SnapStartNotReadyException"})
SHAPE = (
    "Runtime",
    "Handler",
    "Role",
    "MemorySize",
    "Timeout",
    "Architectures",
    "TracingConfig",
    "EphemeralStorage",
    "LoggingConfig",
)
SEE_STATUS = "run `fairlead status`, then decide again"


class Configuration(msgspec.Struct, frozen=True, kw_only=True):
    """The configuration of `$LATEST` or of one published version.

    `code_size` is in bytes, packed, without layers. `shape` holds the other settings that CloudFormation makes and a
    version freezes: memory, timeout, role, tracing …
    """

    version: str
    revision: str
    code_sha256: str
    environment: dict[str, str]
    layers: tuple[str, ...]
    state: str
    modified: str
    code_size: int
    shape: dict[str, Any]

    @property
    def release(self) -> Release:
        """The release that this published version is."""
        return frozen_release(self.version, self.environment, code_sha256=self.code_sha256, modified=self.modified)

    def same_release(self, other: "Configuration") -> bool:
        """Return whether both have the same code, layers, environment and shape."""
        mine = (self.code_sha256, self.layers, self.environment, self.shape)
        return mine == (other.code_sha256, other.layers, other.environment, other.shape)


class Alias(msgspec.Struct, frozen=True, kw_only=True):
    """An alias and its version. `weights` are the shares of calls to other versions; empty unless traffic shifts."""

    name: str
    version: str
    revision: str
    weights: dict[str, float]


class PredictFunction:
    """One Lambda function. While waiting, it polls every `pause` seconds."""

    def __init__(
        self, client: Any, name: str, *, pause: float = 1, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        self._client = client
        self.name = name
        self._pause = pause
        self._sleep = sleep

    def configuration(self, version: str = LATEST) -> Configuration:
        """Return the configuration of `$LATEST` or of a published version; raises NotFoundError, ReleaseError."""
        with self._translated(f"read {self._called(version)}", "GetFunctionConfiguration"):
            facts = self._client.get_function_configuration(FunctionName=self.name, Qualifier=version)
        return _configuration(facts)

    def configure(self, environment: Mapping[str, str], layers: Sequence[str], *, revision: str) -> None:
        """Replace environment and layers of `$LATEST`, and wait until the update is complete; raises ReleaseError."""
        with self._translated(f"configure {self.name}", "UpdateFunctionConfiguration"):
            self._client.update_function_configuration(
                FunctionName=self.name,
                Environment={"Variables": dict(environment)},
                Layers=list(layers),
                RevisionId=revision,
            )
        with self._translated(f"wait for the update of {self.name}", "GetFunction"):
            self._wait("function_updated_v2", FunctionName=self.name)

    def publish(self, description: str, *, code_sha256: str, revision: str) -> str:
        """Publish `$LATEST` as a version and return its number: the last version's, if nothing has changed since."""
        with self._translated(f"publish a version of {self.name}", "PublishVersion"):
            published = self._client.publish_version(
                FunctionName=self.name, CodeSha256=code_sha256, RevisionId=revision, Description=description
            )
        return str(published["Version"])

    def release(self, version: str) -> Release:
        """Return a published version as a release; raises NotFoundError, ReleaseError."""
        return self.configuration(version).release

    def named(self, alias: str) -> Release | None:
        """Return the release that an alias points at, None if its version was deleted. Only reads."""
        number = self.alias(alias).version
        try:
            return self.release(number)
        except NotFoundError:
            return None

    def versions(self) -> Iterator[Configuration]:
        """Yield every published version, oldest first."""
        with self._translated(f"list versions of {self.name}", "ListVersionsByFunction"):
            pages = self._client.get_paginator("list_versions_by_function").paginate(FunctionName=self.name)
            for page in pages:
                yield from (_configuration(facts) for facts in page["Versions"] if facts["Version"] != LATEST)

    def delete(self, version: str) -> None:
        """Delete a published version; Lambda refuses one that an alias names. Raises NotFoundError, ReleaseError."""
        if not version.isdecimal():  # without a number, Lambda deletes the function itself
            raise ReleaseError(f"{version!r} is not a published version")
        with self._translated(f"delete {self._called(version)}", "DeleteFunction"):
            self._client.delete_function(FunctionName=self.name, Qualifier=version)

    def wait_active(self, version: str) -> None:
        """Wait until a version can run (minutes under SnapStart); raises ReleaseError with Lambda's reason."""
        with self._translated(f"wait until {self._called(version)} is active", "GetFunctionConfiguration"):
            self._wait("published_version_active", FunctionName=self.name, Qualifier=version)

    def invoke(self, version: str, event: Mapping[str, Any]) -> dict[str, Any]:
        """Return a version's answer to an event, or the runtime's error document; reactivates an inactive version."""
        from botocore.exceptions import ClientError

        with self._translated(f"invoke {self._called(version)}", "InvokeFunction"):
            try:
                return self._invoke(version, event)
            except ClientError as error:
                if clients.error_code(error) not in NOT_READY:
                    raise
        self.wait_active(version)
        with self._translated(f"invoke {self._called(version)}", "InvokeFunction"):
            return self._invoke(version, event)

    def alias(self, name: str) -> Alias:
        """Return an alias; raises NotFoundError, ReleaseError."""
        with self._translated(f"read alias {name} of {self.name}", "GetAlias"):
            facts = self._client.get_alias(FunctionName=self.name, Name=name)
        return _alias(facts)

    def aliases(self) -> list[Alias]:
        """Return every alias of the function, also aliases that Fairlead did not make."""
        with self._translated(f"list aliases of {self.name}", "ListAliases"):
            pages = self._client.get_paginator("list_aliases").paginate(FunctionName=self.name)
            return [_alias(facts) for page in pages for facts in page["Aliases"]]

    def move(self, alias: Alias, version: str) -> Alias:
        """Point the alias at one version without weights; returns the alias as read afterwards.

        Raises ReleaseError if the alias changed since it was read.
        """
        with self._translated(f"move alias {alias.name} of {self.name}", "UpdateAlias"):
            self._client.update_alias(
                FunctionName=self.name,
                Name=alias.name,
                FunctionVersion=version,
                RoutingConfig={"AdditionalVersionWeights": {}},  # Lambda keeps the old weights if this is left out
                RevisionId=alias.revision,
            )
        moved = self.alias(alias.name)
        if moved.version != version or moved.weights:
            raise ReleaseError(f"alias {alias.name} points at {moved.version}, not at {version}", hint=SEE_STATUS)
        return moved

    @contextmanager
    def _translated(self, doing: str, action: str) -> Iterator[None]:
        from botocore.exceptions import ClientError

        with clients.translated(f"{doing} (lambda:{action})", otherwise=ReleaseError):
            try:
                yield
            except ClientError as error:
                code = clients.error_code(error)
                if code == "PreconditionFailedException":
                    message = f"could not {doing}: another client changed it in the meantime"
                    raise ReleaseError(message, hint=SEE_STATUS) from error
                if code == "ResourceConflictException":
                    message = f"could not {doing}: another change of the function is in progress"
                    raise ReleaseError(message, hint="wait for it to finish, then try again") from error
                raise

    def _called(self, version: str) -> str:
        return self.name if version == LATEST else f"version {version} of {self.name}"

    def _invoke(self, version: str, event: Mapping[str, Any]) -> dict[str, Any]:
        answer = self._client.invoke(FunctionName=self.name, Qualifier=version, Payload=msgspec.json.encode(event))
        payload = answer["Payload"].read()
        try:
            document = msgspec.json.decode(payload, type=dict[str, Any])
        except msgspec.DecodeError:
            document = {"errorMessage": payload.decode(errors="replace")[:500]}
        return document

    def _wait(self, waiter: str, **where: str) -> None:
        from botocore.exceptions import WaiterError

        try:
            self._client.get_waiter(waiter).wait(**where, WaiterConfig={"Delay": self._pause, "MaxAttempts": 900})
        except WaiterError as error:
            last: Any = error.last_response
            facts = last.get("Configuration", last)
            reason = facts.get("StateReason") or facts.get("LastUpdateStatusReason") or str(error)
            code = facts.get("StateReasonCode") or facts.get("LastUpdateStatusReasonCode") or ""
            raise ReleaseError(
                f"{self._called(where.get('Qualifier', LATEST))} failed: {code} {reason}".strip()
            ) from error


def _configuration(facts: Mapping[str, Any]) -> Configuration:
    if "Error" in facts.get("Environment", {}):  # Lambda hides it from roles without the right to its key
        raise ReleaseError(f"cannot see the environment: {facts['Environment']['Error'].get('Message')}")
    return Configuration(
        version=facts["Version"],
        revision=facts["RevisionId"],
        code_sha256=facts["CodeSha256"],
        environment=facts.get("Environment", {}).get("Variables", {}),
        layers=tuple(layer["Arn"] for layer in facts.get("Layers") or ()),
        state=facts.get("State", "Active"),
        modified=facts["LastModified"],
        code_size=facts.get("CodeSize", 0),
        shape={name: facts[name] for name in SHAPE if name in facts} | {"SnapStart": _snap_start(facts)},
    )


def _snap_start(facts: Mapping[str, Any]) -> str:
    """Return when Lambda makes a snapshot. The rest of this setting is a state, which differs by version."""
    return str(facts.get("SnapStart", {}).get("ApplyOn", "None"))


def _alias(facts: Mapping[str, Any]) -> Alias:
    weights = (facts.get("RoutingConfig") or {}).get("AdditionalVersionWeights") or {}
    return Alias(name=facts["Name"], version=facts["FunctionVersion"], revision=facts["RevisionId"], weights=weights)
