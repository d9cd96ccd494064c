"""Whether a release can cold start: the registry holds the objects that it loads, with the digests that it froze.

A release may answer from an environment that loaded its model long ago. Once live is moved to it, new environments
start, and read the registry.
"""

from fairlead.errors import IntegrityError, NotFoundError, SchemaError
from fairlead.model.digest import unprefixed
from fairlead.model.release import Release
from fairlead.registry.store import Registry, blob_key, manifest_key

LOADED = "golden"
"""The blob that every engine loads in addition to its own."""


def obstacle(registry: Registry, release: Release) -> str:
    """Return why a new environment of a release could not load its model; empty if it could.

    Reads the manifest and the blobs that loading reads, and compares digests. Raises StorageError or SettingsError
    if the registry cannot be read, so that the answer is unknown.
    """
    model, version = release.model or "", release.version
    try:
        _require(registry, manifest_key(model, version))
        facts, _ = registry.manifest(model, version, sha256=unprefixed(release.digest))
        for name in filter(None, (facts.engine.blob, facts.engine.code, LOADED)):
            if name not in facts.blobs:
                return f"its manifest names no blob {name!r}"
            _require(registry, blob_key(facts.blobs[name]))
            registry.blob(facts.blobs[name])
    except (NotFoundError, IntegrityError, SchemaError) as error:
        return str(error)
    return ""


def _require(registry: Registry, key: str) -> None:
    """Raise NotFoundError for a missing object: S3 answers 403 for it to a role that may list only some prefixes."""
    if key not in registry.objects.keys(key):
        raise NotFoundError(f"{key} is not in the registry")
