"""Compatibility check: callers written for the release before still get answers.

The golden rows of the release before are sent to the new one. Each must get an answer with all members that the old
answers have. The values may differ, because a new model may be better.
"""

from collections.abc import Sequence

from fairlead.api import predictions as wire
from fairlead.errors import FairleadError
from fairlead.model.digest import unprefixed
from fairlead.model.manifest import Finding, Manifest
from fairlead.model.release import Release
from fairlead.registry.store import Reading
from fairlead.verification.trial.findings import failed, inconclusive, passed, skipped, warned
from fairlead.verification.trial.golden_check import golden_of
from fairlead.verification.trial.target import RefusedRowsError, Subject

NAME = "compatibility"


def compatibility(subject: Subject, was: Release, reading: Reading) -> Finding:
    """Replay the golden rows of the release before; raises CallError for anything that is not an answer.

    A break is a warning if a version since was published as breaking, else a failure.
    """
    now = subject.release
    if was.model is None:
        return skipped(NAME, "first release: it has no callers yet")
    if was.model != now.model:
        return skipped(NAME, f"callers of {was.model} now reach {now.model}", detail="the release switches the model")
    if was.digest == now.digest:
        words = f"release {was.release} holds the same version"
        return passed(NAME, words, detail="its golden rows are this release's own")
    try:
        facts, _ = reading.manifest(was.model, was.version, sha256=unprefixed(was.digest))
        golden = golden_of(reading, facts)
    except FairleadError as error:
        # Not this release's fault, and this release may replace one whose blobs were damaged.
        return inconclusive(NAME, f"the golden rows of version {was.version} cannot be read", detail=str(error))
    return _replayed(subject, facts, golden.rows, reading)


def _replayed(subject: Subject, before: Manifest, rows: Sequence[tuple[object, ...]], reading: Reading) -> Finding:
    words = f"the golden rows of version {before.version}"
    figures = {"rows": float(len(rows))}
    broken = _broken(subject, before, rows)
    if not broken:
        return passed(NAME, words, figure=f"{len(rows)} of {len(rows)} rows answered", figures=figures)
    allowed = _allowed(subject.facts, before, reading)
    if allowed:
        return warned(NAME, words, figure="broken on purpose", detail=f"{broken}; {allowed}", figures=figures)
    return failed(
        NAME,
        words,
        figure="broken",
        threshold="all rows answered",
        detail=f"{broken}; no version in between was published with --allow-breaking",
        figures=figures,
    )


def _broken(subject: Subject, before: Manifest, rows: Sequence[tuple[object, ...]]) -> str:
    """Return the changes that break callers of the version before; empty if there are none."""
    try:
        predictions = subject.predict(before.signature, rows)
    except RefusedRowsError as error:
        if error.answered >= 500:
            raise  # a server error is never an intended break
        return str(error)
    wire.answers(subject.facts.signature.output, predictions)
    gone = wire.members(before.signature.output) - wire.members(subject.facts.signature.output)
    return f"answers no longer have {', '.join(sorted(gone)[:10])}" if gone else ""


def _allowed(facts: Manifest, before: Manifest, reading: Reading) -> str:
    """Return which version since the one before was published as breaking; empty if none was.

    The lineage is read down to the version before, because a break two versions ago also breaks callers that skip a
    version. Older breaks do not count: they affected callers of still older versions.
    """
    while facts.version > before.version:
        reason = _breaking(facts)
        if reason or facts.parent is None:
            return reason
        facts, _ = reading.manifest(facts.model, facts.parent.version, sha256=facts.parent.sha256)
    return ""


def _breaking(facts: Manifest) -> str:
    """Return the gate's contract finding if it found a break and the version was published nevertheless."""
    for finding in facts.findings:
        if finding.check == "contract" and finding.verdict in {"warn", "fail"}:
            how = f"forced by {facts.forced.by}: {facts.forced.reason}" if facts.forced else "allowed when published"
            return f"version {facts.version} has {finding.figure}, {how}"
    return ""
