"""Find the champion: the version that a candidate is compared with.

It is the live version, where the stack can be read and serves this model. A publisher may have rights to the registry
alone, and a model may never have been released. Then the champion is the newest version that is not retired and whose
manifest says that it passed the gate or was forced.
"""

from typing import NamedTuple

from fairlead import engines
from fairlead.aws import clients, stack
from fairlead.aws.lambda_function import PredictFunction
from fairlead.engines import Engine
from fairlead.errors import EngineError, FairleadError, ModelFileError
from fairlead.model.digest import unprefixed
from fairlead.model.manifest import Manifest
from fairlead.publishing.evidence import LiveModel, unpack
from fairlead.publishing.parity.graph_runtime import LOCAL, Runtime
from fairlead.registry.retirements import retired
from fairlead.registry.store import Registry
from fairlead.settings import Operator

LONGEST_ERROR = 160  # AWS's messages contain whole ARNs


class LiveVersion(NamedTuple):
    """The live version of this model and its digest; version 0 where the registry decides, and `note` says why."""

    version: int
    sha256: str
    note: str


def find_champion(
    registry: Registry, model: str, *, where: Operator | None, runtime: Runtime = LOCAL
) -> LiveModel | None:
    """Return the version to compare with, None where none is in service; without `where` the registry alone decides.

    Raises IntegrityError or NotFoundError for a manifest or blob that was changed or deleted.
    """
    live = LiveVersion(0, "", "") if where is None else _live_version(where, model)
    if live.version in registry.versions(model):
        return _live(registry, *registry.manifest(model, live.version, sha256=live.sha256), live.note, runtime)
    gone = retired(registry.objects, model)
    serving = (one for one in registry.lineage(model) if one[0].version not in gone and _was_judged(one[0]))
    newest = next(serving, None)
    if newest is None:
        return None
    why = f": version {live.version} is live but not in it" if live.version else live.note
    return _live(registry, *newest, f"the registry's latest{why}", runtime)


def _was_judged(manifest: Manifest) -> bool:
    """Return whether the version passed the gate or was forced: a manifest can also be written by hand."""
    refused = any(one.refuses for one in manifest.findings)
    return bool(manifest.findings and manifest.policy) and (not refused or manifest.forced is not None)


def _live_version(where: Operator, model: str) -> LiveVersion:
    try:
        found = stack.find(where)
        live = PredictFunction(clients.client("lambda"), found.function).named("live")
    except FairleadError as error:
        return LiveVersion(0, "", f", because the live version is unknown: {str(error)[:LONGEST_ERROR]}")
    if live is None or live.model != model:
        serves = live.model if live else None
        return LiveVersion(0, "", f", because stack {where.stack} serves {serves or 'no model'}")
    return LiveVersion(live.version, unprefixed(live.digest), f"live on stack {where.stack}")


def _live(registry: Registry, manifest: Manifest, sha256: str, chosen: str, runtime: Runtime) -> LiveModel:
    digests = manifest.blobs.get("training_rows")
    blob = registry.blob(manifest.blobs[manifest.engine.blob])
    engine, unavailable = None, ""
    try:
        _refuse_own_code(manifest)
        engine = _engine(manifest, blob, runtime)
    except (EngineError, ModelFileError) as error:
        unavailable = f"its engine does not run here: {error}"
    return LiveModel(
        version=manifest.version,
        sha256=sha256,
        signature=manifest.signature,
        engine=engine,
        unavailable=unavailable,
        trained_on=None if digests is None else unpack(registry.blob(digests)),
        chosen=chosen,
    )


def _refuse_own_code(manifest: Manifest) -> None:
    """Raise EngineError for a version that imports code: another publisher's code runs where it is served, not here."""
    if manifest.engine.code:
        raise EngineError(f"it has code of its publisher ({manifest.package}), which only the endpoint executes")


def _engine(manifest: Manifest, blob: bytes, runtime: Runtime) -> Engine:
    """Open a version's engine; the graph runs in `runtime`."""
    if manifest.engine.name == "onnx":
        return runtime.open(manifest.engine, manifest.signature, blob)
    return engines.load(manifest.engine, manifest.signature, blob)
