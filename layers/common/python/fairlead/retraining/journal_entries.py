"""Journal records of a retraining's result: a version that passed the gate, or a refusal with its findings.

Each is written once, however often its event is delivered. Neither moves an alias.
"""

from typing import Any

import msgspec

from fairlead.errors import RefusedError
from fairlead.gate.refusal import GateError
from fairlead.journal.records import Draft
from fairlead.model.digest import prefixed
from fairlead.publishing.store import Published
from fairlead.retraining.types import RetrainingOrder


def made(order: RetrainingOrder, published: Published) -> Draft:
    """Return the record of a new version."""
    version = published.manifest.version
    why = f"retraining published version {version}, which passed the gate; it is not released yet; reason: {order.why}"
    return _draft(order, version, why, {"result": "published", "digest": prefixed(published.sha256)})


def refused(order: RetrainingOrder, champion: int, error: RefusedError) -> Draft:
    """Return the record of a refusal."""
    findings = error.verdict.refused if isinstance(error, GateError) else error.findings
    evidence = {
        "result": "refused",
        "code": error.code,
        "hint": error.hint,
        "findings": msgspec.to_builtins(findings),
    }
    why = f"retraining of version {champion}, because {order.why}, was refused: {error}"
    return _draft(order, champion, why, evidence)


def _draft(order: RetrainingOrder, version: int, why: str, evidence: dict[str, Any]) -> Draft:
    return Draft(
        kind="decided",
        by=order.by,
        why=why,
        key=f"retrain:{order.key}" if order.key else "",
        model=order.model,
        version=version,
        evidence={"action": "none", "asked": "retrain", **evidence},
    )
