"""The lineage of a version: each manifest names its parent's digest, so one trusted digest proves all ancestors.

An older version is trusted only through this chain: not by its key, its number, or because it can be read.
"""

from datetime import datetime

import msgspec

from fairlead.model.manifest import EngineName, Manifest
from fairlead.registry.store import Reading


class Ancestor(msgspec.Struct, frozen=True, kw_only=True):
    """One proved version: the digest that its child names, its engine, the engine's size in bytes, and its date."""

    version: int
    sha256: str
    engine: EngineName
    size: int
    created: datetime


class Lineage:
    """A trusted version and its ancestors, read only as far as needed, each manifest once."""

    def __init__(self, facts: Manifest, sha256: str, reading: Reading) -> None:
        self._model = facts.model
        self._reading = reading
        self._links = [_link(facts, sha256)]
        self._below = facts.parent

    def find(self, version: int) -> Ancestor | None:
        """Return a version of the lineage, None if the lineage does not hold it.

        Raises as `Reading.manifest` does. Manifests already read are kept, so a later call continues from there.
        """
        while self._below and self._links[-1].version > version:
            below = self._below
            facts, sha256 = self._reading.manifest(self._model, below.version, sha256=below.sha256)
            self._links.append(_link(facts, sha256))
            self._below = facts.parent
        return next((link for link in self._links if link.version == version), None)

    def links(self) -> list[Ancestor]:
        """Return every version of the lineage, newest first; raises as `find` does."""
        self.find(0)
        return list(self._links)


def _link(facts: Manifest, sha256: str) -> Ancestor:
    engine = facts.engine
    size = facts.blobs[engine.blob].size
    return Ancestor(version=facts.version, sha256=sha256, engine=engine.name, size=size, created=facts.created)
