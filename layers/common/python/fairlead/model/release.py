"""A release: one published Lambda version, and the model version that it froze."""

from collections.abc import Mapping

import msgspec


class Release(msgspec.Struct, frozen=True, kw_only=True):
    """One release by its Lambda version number (`release`). The bootstrap version has no model and version 0."""

    release: str
    model: str | None
    version: int
    digest: str
    code_sha256: str
    modified: str

    def __str__(self) -> str:
        return f"release {self.release} ({f'{self.model} version {self.version}' if self.model else 'no model'})"


def frozen_release(release: str, environment: Mapping[str, str], *, code_sha256: str, modified: str) -> Release:
    """Return the release of a Lambda version, from its number and its frozen environment."""
    sha256 = environment.get("FAIRLEAD_MANIFEST_SHA256")
    return Release(
        release=release,
        model=environment.get("FAIRLEAD_MODEL") or None,
        version=int(environment.get("FAIRLEAD_VERSION") or 0),
        digest=f"sha256:{sha256}" if sha256 else "",
        code_sha256=code_sha256,
        modified=modified,
    )
