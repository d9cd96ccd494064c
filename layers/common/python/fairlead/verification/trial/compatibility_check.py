"""Whether callers written for the release before this one are still answered.

Its golden rows are sent as its callers send theirs, and what comes back must be an answer with all that they read in
one; not an equal answer, which would forbid a better model.
"""

from collections.abc import Sequence

from fairlead.api import predictions as wire
from fairlead.errors import FairleadError
from fairlead.journal.records import Release
from fairlead.model.manifest import Finding, Manifest
from fairlead.registry.store import Reading
from fairlead.verification.trial.findings import failed, inconclusive, passed, skipped, warned
from fairlead.verification.trial.golden_check import golden_of
from fairlead.verification.trial.target import RefusedRowsError, Subject

NAME = "compatibility"


def compatibility(subject: Subject, was: Release, reading: Reading) -> Finding:
    """Replay the rows of the release before; raises CallError for what is no answer, whoever asked for a break."""
    now = subject.release
    if was.model is None:
        return skipped(NAME, "first release: there are no callers yet")
    if was.model != now.model:
        return skipped(NAME, f"callers of {was.model} now reach {now.model}", detail="the release switches the model")
    if was.digest == now.digest:
        words = f"release {was.release} holds the same version"
        return passed(NAME, words, detail="its golden rows are this release's own")
    try:
        facts, _ = reading.manifest(was.model, was.version, sha256=was.digest.removeprefix("sha256:"))
        golden = golden_of(reading, facts)
    except FairleadError as error:
        # Not this release's fault, and it may be the way out for the callers of the other one.
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
    """Say what callers of the version before would meet; empty if nothing."""
    try:
        predictions = subject.predict(before.signature, rows)
    except RefusedRowsError as error:
        if error.answered >= 500:
            raise  # nobody asks for that
        return str(error)
    wire.answers(subject.facts.signature.output, predictions)
    gone = wire.members(before.signature.output) - wire.members(subject.facts.signature.output)
    return f"answers no longer have {', '.join(sorted(gone)[:10])}" if gone else ""


def _allowed(facts: Manifest, before: Manifest, reading: Reading) -> str:
    """Say which version after the one before was published as breaking; empty if none was.

    A break allowed two versions ago is one to callers who skip a version, so the chain is walked down. Nothing excuses
    an older version: its breaks were with callers older still.
    """
    while facts.version > before.version:
        reason = _breaking(facts)
        if reason or facts.parent is None:
            return reason
        facts, _ = reading.manifest(facts.model, facts.parent.version, sha256=facts.parent.sha256)
    return ""


def _breaking(facts: Manifest) -> str:
    """The gate's finding on the contract, where it found a break and the version was published all the same."""
    for finding in facts.findings:
        if finding.check == "contract" and finding.verdict in {"warn", "fail"}:
            how = f"forced by {facts.forced.by}: {facts.forced.reason}" if facts.forced else "asked for when published"
            return f"version {facts.version} has {finding.figure}, {how}"
    return ""
