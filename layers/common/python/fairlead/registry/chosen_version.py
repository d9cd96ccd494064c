"""The version that a user names: it counts if the chain of manifests reaches it and it is not retired."""

from fairlead.errors import NotFoundError, SettingsError
from fairlead.model.manifest import Manifest
from fairlead.registry.retirements import retirement
from fairlead.registry.store import Registry


def find_version(registry: Registry, name: str, version: int) -> tuple[Manifest, str]:
    """Return the manifest and digest of a version that the chain of manifests reaches.

    Raises NotFoundError for any other, and SettingsError for a retired one.
    """
    found = next((one for one in registry.lineage(name) if one[0].version <= version), None)
    if found is None or found[0].version != version:
        if version in registry.versions(name):
            raise NotFoundError(
                f"the chain of {name}'s manifests does not reach version {version}",
                hint=f"`fairlead versions {name}` lists its versions",
            )
        raise registry.unknown_version(name, version)
    gone = retirement(registry, name, version)
    if gone:
        raise SettingsError(f"{name} version {version} is retired: {gone}", hint="name another version")
    return found
