"""The version that a job uses: found by the chain of manifests, and carried to processes as bytes."""

from collections.abc import Mapping

from fairlead.aws.clients import client
from fairlead.aws.lambda_function import PredictFunction
from fairlead.aws.stack import find
from fairlead.errors import IntegrityError, NotFoundError, SettingsError
from fairlead.model.digest import prefixed
from fairlead.model.manifest import Manifest
from fairlead.registry.chosen_version import find_version
from fairlead.registry.store import Reading, Registry, blob_key, manifest_key
from fairlead.serving.model import Model, assemble
from fairlead.settings import Operator


def named_version(registry: Registry, text: str, where: Operator) -> tuple[Manifest, str]:
    """Return the manifest and digest of NAME@VERSION, or of the live version for NAME alone."""
    name, pinned, number = text.partition("@")
    if pinned:
        if not number.isdecimal() or not int(number):
            raise SettingsError(f"{number!r} is no version", hint=f"give a whole number, for example {name}@7")
        return find_version(registry, name, int(number))
    live = PredictFunction(client("lambda"), find(where).function).named("live")
    if live is None or live.model != name:
        found = live.model if live else None
        raise SettingsError(f"{found or 'no model'} is live, not {name}", hint=f"name a version, for example {name}@7")
    facts, sha256 = find_version(registry, name, live.version)
    if prefixed(sha256) != live.digest:
        raise IntegrityError(f"{live} has digest {live.digest}, and the registry's is {prefixed(sha256)}")
    return facts, sha256


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
