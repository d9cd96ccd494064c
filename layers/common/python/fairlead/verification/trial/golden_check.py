"""Golden-row check: the release gives the answers that its version gave when it was published."""

import msgspec

from fairlead.api import predictions as wire
from fairlead.model.answers import Answers
from fairlead.model.golden import SLACK, Golden, answer_of
from fairlead.model.manifest import Finding, Manifest
from fairlead.registry.store import Reading
from fairlead.verification.trial.findings import failed, passed
from fairlead.verification.trial.target import Subject

NAME = "golden rows"
SHOWN = 200  # characters of an answer


def golden_of(reading: Reading, facts: Manifest) -> Golden:
    """Return a version's golden rows; raises NotFoundError, IntegrityError, StorageError."""
    return msgspec.json.decode(reading.blob(facts.blobs["golden"]), type=Golden)


def golden_rows(subject: Subject, golden: Golden) -> Finding:
    """Send every golden row as a caller would, and compare the answers; raises CallError for anything else."""
    facts = subject.facts
    predictions = subject.predict(facts.signature, golden.rows)
    found = wire.answers(facts.signature.output, predictions)
    differing = golden.differing(found)
    rows = len(golden.rows)
    words = f"the answers of version {facts.version}"
    figures = {"rows": float(rows), "differing": float(len(differing))}
    threshold = f"equal labels, figures within {SLACK:g}"
    if not differing:
        return passed(NAME, words, figure=f"{rows} of {rows} rows", threshold=threshold, figures=figures)
    first = differing[0]
    detail = f"row {first}: expected {_row_text(golden.answers, first)}, got {_row_text(found, first)}"
    figure = f"{len(differing)} of {rows} rows differ"
    return failed(NAME, words, figure=figure, threshold=threshold, detail=detail, figures=figures)


def _row_text(answers: Answers, position: int) -> str:
    named = msgspec.structs.asdict(answer_of(answers, position))
    text = msgspec.json.encode({name: value[0] for name, value in named.items() if value}).decode()
    return text if len(text) <= SHOWN else f"{text[:SHOWN]}…"
