"""The operations of versions."""

import copy
import hashlib
import json
import threading
from collections.abc import Callable
from typing import Any

from fairlead_local.errors import ServiceError
from fairlead_local.lambda_ import describe
from fairlead_local.lambda_.functions import check_ready, check_revision
from fairlead_local.lambda_.limits import refused
from fairlead_local.lambda_.records import Function, Version, new_revision, now_text
from fairlead_local.lambda_.store import Store
from fairlead_local.service import Handler


class Versions:
    """The handlers for versions; `initialise` runs a version's init and returns the reason if it failed."""

    def __init__(self, store: Store, initialise: Callable[[Version], str | None]) -> None:
        self._store = store
        self._initialise = initialise

    def handlers(self) -> dict[str, Handler]:
        """Return the handlers by operation name."""
        return {
            "PublishVersion": self.publish,
            "ListVersionsByFunction": self.list_all,
            "GetProvisionedConcurrencyConfig": self.get_provisioned,
        }

    def publish(self, params: dict[str, Any]) -> dict[str, Any]:
        """PublishVersion: freeze `$LATEST`; without changes since the last publish, return that version."""
        with self._store.lock:
            function = self._store.function(params["FunctionName"])
            latest = function.latest
            check_ready(latest)
            check_revision(params, latest.revision)
            _check_digest(params, latest)
            source = (_fingerprint(latest), latest.code.digest)
            if function.published_from == source and str(function.published) in function.versions:
                return describe.configuration(function.versions[str(function.published)])
            version = self._freeze(function, params.get("Description"))
            function.published_from = source
            return describe.configuration(version)

    def list_all(self, params: dict[str, Any]) -> dict[str, Any]:
        """ListVersionsByFunction, with `$LATEST` first."""
        with self._store.lock:
            function = self._store.function(params["FunctionName"])
            latest = describe.configuration(function.latest, qualifier="$LATEST")
            return {"Versions": [latest, *(describe.configuration(version) for version in function.versions.values())]}

    def get_provisioned(self, params: dict[str, Any]) -> dict[str, Any]:
        """GetProvisionedConcurrencyConfig, which CodeDeploy calls before it shifts: there never is one."""
        with self._store.lock:
            self._store.target(params["FunctionName"], params["Qualifier"])
        message = "No Provisioned Concurrency Config found for this function"
        raise ServiceError("ProvisionedConcurrencyConfigNotFoundException", message, status=404)

    def _freeze(self, function: Function, description: str | None) -> Version:
        function.published += 1
        number = str(function.published)
        latest = function.latest
        settings = copy.deepcopy(latest.settings)
        if description:
            settings["Description"] = description
        version = Version(function.name, number, settings, latest.code, list(latest.layers), modified=now_text())
        function.versions[number] = version
        # Publishing changes $LATEST's RevisionId, so that a second publish with the old one is refused.
        latest.revision = new_revision()
        if version.snap_start:
            threading.Thread(
                target=self._snapshot, args=(version,), name=f"snapshot {version.arn}", daemon=True
            ).start()
        else:
            version.settle_later()
        return version

    def _snapshot(self, version: Version) -> None:
        reason = self._initialise(version)
        with self._store.lock:
            if reason is None:
                version.settle_later()
                return
            version.state = "Failed"
            version.reason = reason
            version.reason_code = "FunctionError.RuntimeInitError"


def _check_digest(params: dict[str, Any], latest: Version) -> None:
    wanted = params.get("CodeSha256")
    if wanted and wanted != latest.code.sha256:
        raise refused(
            f"CodeSHA256 ({wanted}) is different from current CodeSHA256 in $LATEST ({latest.code.sha256}). "
            "Please try again with the CodeSHA256 in $LATEST."
        )


def _fingerprint(version: Version) -> str:
    facts = [version.settings, [layer.arn for layer in version.layers]]
    return hashlib.sha256(json.dumps(facts, sort_keys=True).encode()).hexdigest()
