"""Contents check: the registry holds every blob that the manifest names, with its digest."""

from fairlead.engines.onnx_graph import check_graph
from fairlead.errors import NotFoundError, StorageError
from fairlead.model import explanation
from fairlead.model.manifest import Finding, Manifest
from fairlead.registry.store import Reading
from fairlead.verification.trial.findings import inconclusive, passed

NAME = "contents"


def contents(reading: Reading, facts: Manifest) -> Finding:
    """Compare every blob with its digest, and check the graphs that engine and explanation load.

    A blob that no prediction needs may be missing: training rows and the rows of an explanation are erased on request.
    Raises IntegrityError for changed bytes, NotFoundError or StorageError for a missing blob that is loaded, and
    EngineError for a forbidden graph.
    """
    unread = []
    for name, blob in facts.blobs.items():
        try:
            data = reading.blob(blob)
        except (NotFoundError, StorageError):
            if name in {facts.engine.blob, "golden"}:
                raise
            unread.append(name)
            continue
        if facts.engine.name == "onnx" and name == facts.engine.blob:
            check_graph(data)
        if name == explanation.BLOB and (encoder := explanation.decode(data).encoder):
            check_graph(encoder.graph)
    figure = f"{len(facts.blobs) - len(unread)} of {len(facts.blobs)} blobs have their digests"
    if unread:
        detail = f"missing or not readable: {', '.join(unread)}; no prediction needs them"
        return inconclusive(NAME, "blobs of the manifest", figure=figure, detail=detail)
    return passed(NAME, "blobs of the manifest", figure=figure)
