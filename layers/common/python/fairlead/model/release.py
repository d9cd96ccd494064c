"""A release: one published Lambda version, and the model version that it froze."""

from collections.abc import Mapping

import msgspec

from fairlead.model.digest import prefixed


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """One release by its Lambda version number (`release`). The bootstrap version has no model and version 0.

    `life` is the UUID in the stack's id, empty if unknown. A stack that was deleted and deployed again under its name
    has another, and may count its releases from 1 again.
    """

    release: str
    model: str | None
    version: int
    digest: str
    code_sha256: str
    modified: str
    life: str = ""

    def same(self, other: "Release") -> bool:
        """Return whether both are one Lambda version: the same number of the same life."""
        return (self.life, self.release) == (other.life, other.release)

    def newer(self, other: "Release") -> bool:
        """Return whether it was made after another of its life. Numbers of two lives have no order."""
        return self.life == other.life and int(self.release) > int(other.release)

    def __str__(self) -> str:
        return f"release {self.release} ({f'{self.model} version {self.version}' if self.model else 'no model'})"


def frozen_release(release: str, environment: Mapping[str, str], *, code_sha256: str, modified: str) -> Release:
    """Return the release of a Lambda version, from its number and its frozen environment."""
    sha256 = environment.get("FAIRLEAD_MANIFEST_SHA256")
    return Release(
        release=release,
        model=environment.get("FAIRLEAD_MODEL") or None,
        version=int(environment.get("FAIRLEAD_VERSION") or 0),
        digest=prefixed(sha256) if sha256 else "",
        code_sha256=code_sha256,
        modified=modified,
        life=environment.get("FAIRLEAD_LIFE", ""),
    )
