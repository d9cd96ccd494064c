"""The operations of layers."""

from typing import Any

from fairlead_local.errors import ServiceError
from fairlead_local.lambda_ import describe
from fairlead_local.lambda_.archives import Archives
from fairlead_local.lambda_.records import LayerVersion
from fairlead_local.lambda_.store import Store
from fairlead_local.service import Handler

FACTS = ("Description", "CompatibleRuntimes", "CompatibleArchitectures", "LicenseInfo")


class Layers:
    """The handlers for layers."""

    def __init__(self, store: Store, archives: Archives) -> None:
        self._store = store
        self._archives = archives
        self._published: dict[str, int] = {}

    def handlers(self) -> dict[str, Handler]:
        """Return the handlers by operation name."""
        return {
            "PublishLayerVersion": self.publish,
            "GetLayerVersion": self.get,
            "ListLayers": self.list_layers,
            "ListLayerVersions": self.list_versions,
            "DeleteLayerVersion": self.delete,
        }

    def publish(self, params: dict[str, Any]) -> dict[str, Any]:
        """PublishLayerVersion; version numbers are never reused."""
        code = self._archives.take(params.get("Content", {}))
        name = params["LayerName"].split(":layer:")[-1]
        with self._store.lock:
            number = self._published[name] = self._published.get(name, 0) + 1
            record = LayerVersion(name, number, code, {key: params[key] for key in FACTS if key in params})
            self._store.layers.setdefault(name, {})[number] = record
            return describe.layer(record)

    def get(self, params: dict[str, Any]) -> dict[str, Any]:
        """GetLayerVersion."""
        name = params["LayerName"].split(":layer:")[-1]
        with self._store.lock:
            record = self._store.layers.get(name, {}).get(int(params["VersionNumber"]))
            if record is None:
                raise ServiceError(
                    "ResourceNotFoundException", "The resource you requested does not exist.", status=404
                )
            return describe.layer(record)

    def list_layers(self, _: dict[str, Any]) -> dict[str, Any]:
        """ListLayers, in one page: each layer that has a version, with its newest one."""
        with self._store.lock:
            newest = [describe.layer(versions[max(versions)]) for versions in self._store.layers.values() if versions]
            return {
                "Layers": [
                    {
                        "LayerName": one["LayerArn"].rpartition(":")[2],
                        "LayerArn": one["LayerArn"],
                        "LatestMatchingVersion": describe.without_content(one),
                    }
                    for one in newest
                ]
            }

    def list_versions(self, params: dict[str, Any]) -> dict[str, Any]:
        """ListLayerVersions, in one page, newest first."""
        name = params["LayerName"].split(":layer:")[-1]
        with self._store.lock:
            versions = self._store.layers.get(name, {})
            found = [describe.layer(versions[number]) for number in sorted(versions, reverse=True)]
            return {"LayerVersions": [describe.without_content(one) for one in found]}

    def delete(self, params: dict[str, Any]) -> None:
        """DeleteLayerVersion; function versions that use it keep their copy, as in AWS."""
        name = params["LayerName"].split(":layer:")[-1]
        with self._store.lock:
            self._store.layers.get(name, {}).pop(int(params["VersionNumber"]), None)
