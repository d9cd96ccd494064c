"""The live version's answers to the candidate's held-out rows, with labels as the candidate's class codes."""

from typing import Any

import msgspec
import numpy as np

from fairlead.engines import Engine
from fairlead.errors import FairleadError, one_line
from fairlead.gate.evidence import Champion, Digests, Predicted, classes_of
from fairlead.model.signature import Output, Signature
from fairlead.publishing.evidence.columns import blocks, codes_of, joined, predicted
from fairlead.publishing.evidence.digests import digests_of


class LiveModel(msgspec.Struct, frozen=True, kw_only=True):
    """The live version with its manifest's digest, its engine, and its training rows' digests (`trained_on`).

    `engine` is None if it cannot run here, for the reason in `unavailable`. `chosen` is the reason why this version
    counts as the live one.
    """

    version: int
    sha256: str
    signature: Signature
    engine: Engine | None
    unavailable: str = ""
    trained_on: Digests | None = None
    chosen: str = ""


def ask_champion(live: LiveModel, output: Output, X: Any) -> Champion:
    """Return the live version's answers in the candidate's class order; `unanswered` has the reason if there are none.

    `trained_on` marks the held-out rows that the live version was trained on.
    """
    known = Champion(version=live.version, signature=live.signature, chosen=live.chosen)
    theirs = live.signature.output
    if live.engine is None:
        return msgspec.structs.replace(known, unanswered=live.unavailable or "its engine does not run here")
    if theirs.task != output.task or theirs.names != output.names:
        return msgspec.structs.replace(known, unanswered=f"it answers another {theirs.task}")
    try:
        parts = [predicted(live.engine.answer(rows), theirs) for rows in blocks(live.signature, X)]
        trained_on = None if live.trained_on is None else np.isin(digests_of(live.signature, X), live.trained_on)
    except FairleadError as error:
        return msgspec.structs.replace(known, unanswered=f"it cannot answer these rows: {error}")
    except Exception as error:  # noqa: BLE001 - another version's pipeline may raise anything on rows it never saw
        return msgspec.structs.replace(known, unanswered=f"it cannot answer these rows: {one_line(error, named=True)}")
    answers = _in_order(joined(parts), theirs, output)
    return msgspec.structs.replace(known, predicted=answers, trained_on=trained_on)


def _in_order(answers: Predicted, live: Output, output: Output) -> Predicted:
    theirs, ours = classes_of(live), classes_of(output)
    if theirs == ours or answers.labels is None:
        return answers
    places = codes_of(theirs, ours)
    labels = np.where(answers.labels >= 0, places[answers.labels], -1).astype(np.int32)
    if answers.probabilities is None:
        return Predicted(labels=labels)
    probabilities = np.zeros((len(labels), len(ours)))
    for code, place in enumerate(places):
        if place >= 0:
            probabilities[:, place] = answers.probabilities[:, code]
    return Predicted(labels=labels, probabilities=probabilities)
