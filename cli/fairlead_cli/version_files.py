"""Files that are stored with a version: its report, model card and OpenAPI document."""

from pathlib import Path
from typing import TYPE_CHECKING

from fairlead.errors import NotFoundError, SettingsError

if TYPE_CHECKING:
    from fairlead.model.manifest import Blob, Manifest


def file_of(manifest: "Manifest", kind: str) -> "Blob":
    """Return the blob of a stored file; raises NotFoundError where the version has none of this kind."""
    if kind not in manifest.blobs:
        raise NotFoundError(
            f"{manifest.model} version {manifest.version} has no {kind}",
            hint=f"it was published without one; `fairlead show {manifest.model} {manifest.version}` has its facts",
        )
    return manifest.blobs[kind]


def write_file(path: Path, content: bytes) -> None:
    """Write a file; raises SettingsError where that fails."""
    try:
        path.write_bytes(content)
    except OSError as error:
        raise SettingsError(f"cannot write {path}: {error.strerror}", hint="name another file with --output") from error
