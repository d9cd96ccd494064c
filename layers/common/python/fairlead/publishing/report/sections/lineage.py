"""The sections on the version's environment and lineage."""

from xml.etree.ElementTree import Element

from fairlead.html import formatting
from fairlead.html.blocks import details, section, table
from fairlead.html.blocks import facts as listed
from fairlead.html.elements import Children, e
from fairlead.model.digest import prefixed
from fairlead.model.manifest import CODE, Manifest
from fairlead.model.principal import named
from fairlead.publishing.report.facts import ReportFacts

LONGEST = 300


def environment(facts: ReportFacts) -> Element:
    """Return the section with the packages and the training recipe."""
    recipe = facts.manifest.recipe
    pairs: list[tuple[str, Children]] = [
        ("packages", ", ".join(f"{name} {version}" for name, version in facts.manifest.environment.items())),
        ("estimator", e("code", recipe.estimator)),
    ]
    parameters = [
        (name, e("td", e("code", formatting.clipped(value, LONGEST)))) for name, value in recipe.parameters.items()
    ]
    return section(
        "Environment",
        listed(pairs),
        details("The estimator's parameters", table(("parameter", "value"), parameters)) if parameters else None,
    )


def own_code(manifest: Manifest) -> str:
    """Return the publisher's own package with its digest, and what it is used for."""
    use = "imported where the model is served" if manifest.engine.code else "not needed where the model is served"
    return f"{manifest.package}, {prefixed(manifest.blobs[CODE].sha256)}: {use}"


def lineage(facts: ReportFacts) -> Element:
    """Return the section with parent, commit and the digest of every blob."""
    manifest = facts.manifest
    parent: Children = "none: the first version"
    if manifest.parent:
        parent = [f"version {manifest.parent.version}, manifest ", e("code", prefixed(manifest.parent.sha256))]
    pairs: list[tuple[str, Children]] = [
        ("created", f"{manifest.created:%Y-%m-%d %H:%M:%S} UTC by {named(manifest.created_by)}"),
        ("commit", e("code", manifest.git_commit) if manifest.git_commit else "none"),
        *([("imported from", manifest.source)] if manifest.source else []),
        ("parent", parent),
        ("rows", ", ".join(f"{count:,} {kind.replace('_', '-')}" for kind, count in manifest.rows.items())),
    ]
    if manifest.package:
        pairs.append(("own code", own_code(manifest)))
    blobs = [
        (name, formatting.size(blob.size), e("td", e("code", prefixed(blob.sha256))))
        for name, blob in manifest.blobs.items()
    ]
    return section("Lineage", listed(pairs), table(("blob", "size", "digest"), blobs, numbers=(1,)))
