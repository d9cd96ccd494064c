"""The version that a job uses, carried to processes as bytes."""

from collections.abc import Mapping

from fairlead.errors import NotFoundError
from fairlead.model.manifest import Manifest
from fairlead.registry.store import Reading, Registry, blob_key, manifest_key
from fairlead.serving.model import Model, assemble


class Carried:
    """A registry's objects as bytes."""

    def __init__(self, objects: Mapping[str, bytes]) -> None:
        self._objects = objects

    def get(self, key: str) -> bytes:
        """Return the object's bytes; raises NotFoundError."""
        try:
            return self._objects[key]
        except KeyError as error:
            raise NotFoundError(f"{key} was not carried") from error


def carry(registry: Registry, facts: Manifest) -> dict[str, bytes]:
    """Return the objects that `loaded` reads."""
    blobs = [facts.blobs[name] for name in (facts.engine.blob, "golden")]
    keys = [manifest_key(facts.model, facts.version), *map(blob_key, blobs)]
    return {key: registry.objects.get(key) for key in keys}


def loaded(objects: Mapping[str, bytes], name: str, version: int, digest: str) -> Model:
    """Load a version from carried objects, checked by its digests and its golden row; raises as `assemble` does."""
    reading = Reading(Carried(objects))
    return assemble(reading, *reading.manifest(name, version, sha256=digest))
