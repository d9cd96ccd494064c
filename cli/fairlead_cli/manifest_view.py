"""A manifest as `--json` prints it."""

from typing import TYPE_CHECKING, Any

from fairlead.model.digest import prefixed

if TYPE_CHECKING:
    from fairlead.model.manifest import Manifest


def document(manifest: "Manifest", sha256: str) -> dict[str, Any]:
    """Return the manifest with its digest, for --json."""
    import msgspec

    return {"digest": prefixed(sha256), **msgspec.to_builtins(manifest)}
