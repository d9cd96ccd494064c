"""A manifest as `--json` prints it."""

from typing import TYPE_CHECKING, Any

from fairlead.model.digest import prefixed

if TYPE_CHECKING:
    from fairlead.model.manifest import Manifest


def own_code(manifest: "Manifest") -> str:
    """Return the package of the publisher's own code with its digest, and whether the endpoint imports it."""
    digest = prefixed(manifest.blobs["code"].sha256)
    use = "the endpoint imports it" if manifest.engine.code else "the graph serves without it"
    return f"{manifest.package}, {digest}: {use}"


def document(manifest: "Manifest", sha256: str) -> dict[str, Any]:
    """Return the manifest with its digest, for --json."""
    import msgspec

    return {"digest": prefixed(sha256), **msgspec.to_builtins(manifest)}
