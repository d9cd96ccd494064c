"""A manifest's facts as texts."""

from typing import TYPE_CHECKING, Any

from fairlead.model.digest import prefixed
from fairlead_cli.findings import count
from fairlead_cli.output import text
from fairlead_cli.times import utc_text

if TYPE_CHECKING:
    from fairlead.model.manifest import Certificate, Manifest
    from fairlead.model.signature import Field
    from fairlead.registry.retirements import Retirement


def own_code(manifest: "Manifest") -> str:
    """Return the package of the publisher's own code with its digest, and whether the endpoint imports it."""
    digest = prefixed(manifest.blobs["code"].sha256)
    use = "the endpoint imports it" if manifest.engine.code else "the graph serves without it"
    return f"{manifest.package}, {digest}: {use}"


def facts(manifest: "Manifest", sha256: str, retired: "Retirement | None") -> list[tuple[str, str]]:
    """Return a version's facts with their labels."""
    from fairlead.model.principal import named

    parent = manifest.parent
    output = manifest.signature.output
    rows = ", ".join(f"{count:,} {kind.replace('_', '-')}" for kind, count in manifest.rows.items())
    environment = ", ".join(f"{package} {version}" for package, version in manifest.environment.items())
    return [
        ("model", f"{manifest.model} version {manifest.version}"),
        *([("FORCED", f"by {named(manifest.forced.by)}: {manifest.forced.reason}")] if manifest.forced else []),
        *([("retired", str(retired))] if retired else []),
        ("gate", _gate(manifest)),
        ("digest", prefixed(sha256)),
        ("created", f"{utc_text(manifest.created)} by {named(manifest.created_by)}"),
        ("commit", manifest.git_commit or "none"),
        ("parent", f"version {parent.version}, {prefixed(parent.sha256)}" if parent else "none: the first version"),
        *([("imported from", manifest.source)] if manifest.source else []),
        ("estimator", manifest.recipe.estimator),
        ("answers", f"{output.task} of {output.target or 'no target'}" + _classes(output.classes)),
        ("engine", manifest.engine.name + (f": {manifest.engine.reason}" if manifest.engine.reason else "")),
        *([("OWN CODE" if manifest.engine.code else "own code", own_code(manifest))] if manifest.package else []),
        ("parity", _parity(manifest.parity)),
        ("rows", rows),
        ("environment", environment),
    ]


def _gate(manifest: "Manifest") -> str:
    if not manifest.findings:
        return "published before there was a gate"
    against = f"compared with version {manifest.champion}" if manifest.champion else "no version to compare with"
    return f"{count(manifest.findings)}; {against}; policy {prefixed(manifest.policy)}"


def _classes(classes: tuple[Any, ...] | None) -> str:
    return ": " + ", ".join(map(str, classes)) if classes else ""


def _parity(proved: "Certificate | None") -> str:
    if proved is None:
        return "not needed: scikit-learn itself answers"
    return (
        f"{proved.rows:,} rows ({proved.boundary_rows:,} at boundaries), {proved.label_differences} labels differ, "
        f"largest difference {proved.largest_difference:.2g}, tolerance {proved.tolerance:.2g}"
    )


def field_cells(field: "Field") -> tuple[str, str, str, str, str]:
    """Return an input's name, kind, whether it may be missing, precision, and the values that were seen."""
    seen = ""
    if field.minimum is not None or field.maximum is not None:
        seen = f"{text(field.minimum)} … {text(field.maximum)}"
    if field.categories is not None:
        seen = ", ".join(map(str, field.categories[:8])) + (" …" if len(field.categories) > 8 else "")
        seen += " (nothing else)" if field.closed else ""
    precision = field.precision if field.kind == "number" else ""
    return field.name, field.kind, "allowed" if field.nullable else "", precision, seen
