"""The champion: which version a candidate is compared with.

It is the one that `live` serves, where the stack can be asked and serves this model. A publisher may have rights to the
registry alone, and a model may never have been released: then it is the newest version that was not retired and that
passed the gate, or was forced, by what its manifest says.
"""

from typing import NamedTuple

from fairlead import engines
from fairlead.aws import clients, stack
from fairlead.aws.lambda_function import PredictFunction
from fairlead.engines import Engine
from fairlead.errors import EngineError, FairleadError, ModelFileError
from fairlead.model.manifest import Manifest
from fairlead.publishing.evidence import Live, unpack
from fairlead.publishing.parity.graph_runtime import HERE, Runtime
from fairlead.registry.retirements import retired
from fairlead.registry.store import Registry
from fairlead.releases import facade
from fairlead.settings import Operator

LONGEST_WORDS = 160  # AWS names whole ARNs


class Standing(NamedTuple):
    """What is known of `live`: this model's version there and its digest, or 0 and why the registry must do."""

    version: int
    sha256: str
    words: str


def find_champion(registry: Registry, model: str, *, where: Operator | None, runtime: Runtime = HERE) -> Live | None:
    """Return the version to compare with, None where none is in service; without `where` the registry alone decides.

    Raises IntegrityError or NotFoundError for a manifest or blob that was changed or is gone.
    """
    standing = Standing(0, "", "") if where is None else _standing(where, model)
    if standing.version in registry.versions(model):
        manifest, _ = registry.manifest(model, standing.version, sha256=standing.sha256)
        return _live(registry, manifest, standing.words, runtime)
    gone = retired(registry.objects, model)
    serving = (one for one, _ in registry.lineage(model) if one.version not in gone and _was_judged(one))
    newest = next(serving, None)
    if newest is None:
        return None
    why = f": version {standing.version} is live but not in it" if standing.version else standing.words
    return _live(registry, newest, f"the registry's latest{why}", runtime)


def _was_judged(manifest: Manifest) -> bool:
    """Say whether the gate let a version pass, or a person forced it: a manifest can be written by hand, too."""
    refused = any(one.refuses for one in manifest.findings)
    return bool(manifest.findings and manifest.policy) and (not refused or manifest.forced is not None)


def _standing(where: Operator, model: str) -> Standing:
    try:
        found = stack.find(where)
        live = facade.named(PredictFunction(clients.client("lambda"), found.function), "live")
    except FairleadError as error:
        return Standing(0, "", f", because what is live is not known: {str(error)[:LONGEST_WORDS]}")
    if live is None or live.model != model:
        serves = live.model if live else None
        return Standing(0, "", f", because stack {where.stack} serves {serves or 'no model'}")
    return Standing(live.version, live.digest.removeprefix("sha256:"), f"live on stack {where.stack}")


def _live(registry: Registry, manifest: Manifest, chosen: str, runtime: Runtime) -> Live:
    digests = manifest.blobs.get("training_rows")
    blob = registry.blob(manifest.blobs[manifest.engine.blob])
    engine, unavailable = None, ""
    try:
        engine = _engine(manifest, blob, runtime)
    except (EngineError, ModelFileError) as error:
        unavailable = f"its engine does not run here: {error}"
    return Live(
        version=manifest.version,
        signature=manifest.signature,
        engine=engine,
        unavailable=unavailable,
        trained_on=None if digests is None else unpack(registry.blob(digests)),
        chosen=chosen,
    )


def _engine(manifest: Manifest, blob: bytes, runtime: Runtime) -> Engine:
    """Open the engine."""
    if manifest.engine.name == "onnx":
        return runtime.open(manifest.engine, manifest.signature, blob)
    return engines.load(manifest.engine, manifest.signature, blob)
