"""Whether a release can start anew: what a new environment loads is in the registry, under the digests it froze.

A release that answers may answer from an environment that loaded its model long ago. Once live is moved to it, new
environments start, and read the registry.
"""

from fairlead.errors import IntegrityError, NotFoundError, SchemaError
from fairlead.journal.records import Release
from fairlead.registry.store import Registry, blob_key, manifest_key

LOADED = "golden"
"""The blob that every engine loads beside its own."""


def obstacle(registry: Registry, release: Release) -> str:
    """Say why a new environment of a release could not load its model; empty if it could.

    Reads the manifest and the blobs that loading reads, and compares digests. Raises StorageError or SettingsError
    where the registry cannot be read, so that nothing is known.
    """
    model, version = release.model or "", release.version
    try:
        _require(registry, manifest_key(model, version))
        facts, _ = registry.manifest(model, version, sha256=release.digest.removeprefix("sha256:"))
        for name in (facts.engine.blob, LOADED):
            if name not in facts.blobs:
                return f"its manifest names no blob {name!r}"
            _require(registry, blob_key(facts.blobs[name]))
            registry.blob(facts.blobs[name])
    except (NotFoundError, IntegrityError, SchemaError) as error:
        return str(error)
    return ""


def _require(registry: Registry, key: str) -> None:
    """Raise NotFoundError for an absent object: S3 answers 403 for it to a role that may only list some prefixes."""
    if key not in registry.objects.keys(key):
        raise NotFoundError(f"{key} is not in the registry")
