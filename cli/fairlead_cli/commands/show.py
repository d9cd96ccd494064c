"""fairlead show."""

from typing import TYPE_CHECKING, Any

import typer

from fairlead.model.digest import prefixed
from fairlead_cli.findings import count, print_findings
from fairlead_cli.manifest_view import document, own_code
from fairlead_cli.options import DEFAULT_STACK, Json, Name, Stack, Version, where
from fairlead_cli.output import print_facts, print_json, print_table, text
from fairlead_cli.times import utc_text

if TYPE_CHECKING:
    from fairlead.model.manifest import Certificate, Manifest, Metric
    from fairlead.model.signature import Field
    from fairlead.registry.retirements import Retirement


def show(
    name: Name,
    version: Version = None,
    *,
    stack: Stack = DEFAULT_STACK,
    json: Json = False,
) -> None:
    """Show a version's manifest.

    It has the signature, the engine and its reason, parity, metrics, findings of the gate, environment, lineage and
    digests.
    """
    from fairlead.registry.connection import open_registry
    from fairlead.registry.retirements import retirement

    opened = open_registry(where(stack))
    manifest, sha256 = opened.manifest(name, version or opened.latest(name))
    retired = retirement(opened, name, manifest.version)
    if json:
        print_json({**document(manifest, sha256), "retired": retired})
        return
    print_facts(_facts(manifest, sha256, retired))
    typer.echo()
    print_table(
        ("input", "kind", "missing", "precision", "seen"), [_field(field) for field in manifest.signature.inputs]
    )
    if manifest.metrics:
        typer.echo()
        print_table(
            ("metric", "value", "interval"), [(name, m.value, _interval(m)) for name, m in manifest.metrics.items()]
        )
    if manifest.findings:
        typer.echo()
        print_findings(manifest.findings, worst_first=True)
    typer.echo()
    print_table(("blob", "bytes", "sha256"), [(name, blob.size, blob.sha256) for name, blob in manifest.blobs.items()])


def _facts(manifest: "Manifest", sha256: str, retired: "Retirement | None") -> list[tuple[str, str]]:
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


def _field(field: "Field") -> tuple[str, str, str, str, str]:
    seen = ""
    if field.minimum is not None or field.maximum is not None:
        seen = f"{text(field.minimum)} … {text(field.maximum)}"
    if field.categories is not None:
        seen = ", ".join(map(str, field.categories[:8])) + (" …" if len(field.categories) > 8 else "")
        seen += " (nothing else)" if field.closed else ""
    precision = field.precision if field.kind == "number" else ""
    return field.name, field.kind, "allowed" if field.nullable else "", precision, seen


def _interval(metric: "Metric") -> str:
    return "" if metric.low is None else f"{text(metric.low)} … {text(metric.high)}"
