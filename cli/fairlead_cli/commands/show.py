"""fairlead show."""

from typing import TYPE_CHECKING

import typer

from fairlead.model.digest import prefixed
from fairlead_cli.findings import print_findings
from fairlead_cli.manifest_view import facts, field_cells
from fairlead_cli.options import DEFAULT_STACK, Json, Name, Stack, Version, where
from fairlead_cli.output import print_facts, print_json, print_table, text

if TYPE_CHECKING:
    from fairlead.model.manifest import Metric


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
        from msgspec.structs import asdict

        from fairlead_cli.documents import ShownVersion

        print_json(ShownVersion(digest=prefixed(sha256), retired=retired, **asdict(manifest)))
        return
    print_facts(facts(manifest, sha256, retired))
    typer.echo()
    print_table(
        ("input", "kind", "missing", "precision", "seen"), [field_cells(field) for field in manifest.signature.inputs]
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


def _interval(metric: "Metric") -> str:
    return "" if metric.low is None else f"{text(metric.low)} … {text(metric.high)}"
