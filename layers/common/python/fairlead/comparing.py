"""Comparing releases on what callers really asked: another release answers rows that were captured.

Callers never wait for it: the release is asked by its number, in its own runtime, and what it answers is not captured.
Without outcomes it shows how often two releases agree; with outcomes, which of them is right more often
(`fairlead.quality.sequential`).
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

import msgspec

from fairlead import wire
from fairlead.asking import Asked
from fairlead.capture import Part
from fairlead.engines import Answers
from fairlead.errors import ReleaseError
from fairlead.ledger.facts import Actual, Pair
from fairlead.ledger.items import spelled
from fairlead.quality import sequential
from fairlead.quality.sequential import Comparison, Request
from fairlead.signature import Output

MOST_ROWS = 500
"""In one call: well under Lambda's 6 MB, and quickly answered."""
SAME = 1e-6
"""Relative: two values that differ by less are one answer."""


class Shadow(msgspec.Struct, frozen=True, kw_only=True):
    """A candidate on captured rows: how many it was asked, on how many it agrees with what callers were answered.

    `refused` counts rows it does not take: a caller's request would have been refused.
    """

    rows: int
    agreeing: int
    refused: int
    comparison: Comparison


def shadow(candidate: Asked, output: Output, parts: Iterable[Part], pairs: Iterable[Pair]) -> Shadow:
    """Ask a candidate what callers asked the other release, with outcomes (`pairs`) and without (`parts`)."""
    rows = agreeing = refused = 0
    for part in parts:
        places = _askable(part, range(len(part.rows)))
        answers = _answers(candidate, output, [_instance(part, place) for place in places])
        if answers is None:
            refused += len(places)
            continue
        rows += len(places)
        agreeing += sum(_agree(_member(answers, at), _captured(part, place), output) for at, place in enumerate(places))
    return Shadow(rows=rows, agreeing=agreeing, refused=refused, comparison=compare(candidate, output, pairs))


def compare(candidate: Asked, output: Output, pairs: Iterable[Pair]) -> Comparison:
    """Let a candidate answer labelled rows of the other release; both must be of one model with the same `output`.

    A request that the candidate does not take is lost in full: its callers would have had no answer.
    """
    ordered = sorted(pairs, key=lambda pair: (pair.part.at, pair.part.request, pair.outcome.row))
    requests = (list(group) for _, group in groupby(ordered, key=lambda pair: (pair.part.at, pair.part.request)))
    return sequential.compare(_request(candidate, output, group) for group in requests)


def _request(candidate: Asked, output: Output, pairs: Sequence[Pair]) -> Request:
    pairs = [pair for pair in pairs if pair.part.rows[pair.position] is not None]
    answers = _answers(candidate, output, [_instance(pair.part, pair.position) for pair in pairs])
    if answers is None:
        return Request(rows=len(pairs), agreeing=0, won=0, lost=len(pairs))
    won = lost = agreeing = 0
    for at, pair in enumerate(pairs):
        mine, theirs = _member(answers, at), _captured(pair.part, pair.position)
        agreeing += _agree(mine, theirs, output)
        gain = _error(theirs, pair.outcome.actual, output) - _error(mine, pair.outcome.actual, output)
        won, lost = won + (gain > 0), lost + (gain < 0)
    return Request(rows=len(pairs), agreeing=agreeing, won=won, lost=lost)


def _answers(candidate: Asked, output: Output, instances: Sequence[dict[str, Any]]) -> Answers | None:
    """Return the candidate's answers; None where it refuses these rows. Raises ReleaseError where it fails."""
    predictions: list[Any] = []
    for start in range(0, len(instances), MOST_ROWS):
        body = msgspec.json.encode({"instances": instances[start : start + MOST_ROWS]})
        reply = candidate.post("/predict", body)
        if 400 <= reply.status < 500:
            return None
        if reply.status != 200:
            raise ReleaseError(f"release {candidate.release} did not answer captured rows: {reply.problem}")
        # Ids are those of the calls, so that the batches' do not meet.
        predictions += [one | {"id": f"{start}-{at}"} for at, one in enumerate(reply.document["predictions"])]
    return wire.answers(output, predictions)


def _askable(part: Part, places: Iterable[int]) -> list[int]:
    return [place for place in places if part.rows[place] is not None]


def _instance(part: Part, place: int) -> dict[str, Any]:
    return dict(zip(part.fields, part.rows[place] or (), strict=True))


def _member(answers: Answers, at: int) -> Any:
    column = answers.values if answers.values is not None else answers.labels
    return None if column is None else column[at]


def _captured(part: Part, place: int) -> Any:
    column = part.values if part.values is not None else part.labels
    return None if column is None else column[place]


def _agree(one: Any, other: Any, output: Output) -> bool:
    if output.task != "regression":
        return spelled(one) == spelled(other)
    return all(abs(left - right) <= SAME * max(1.0, abs(right)) for left, right in _targets(one, other))


def _error(answer: Any, actual: Actual, output: Output) -> float:
    """Say how wrong an answer is: 0 or 1 for labels, the summed absolute error for values."""
    if output.task != "regression":
        return float(spelled(answer) != spelled(actual))
    truth = [actual[name] for name in output.names] if output.names and isinstance(actual, dict) else actual
    return sum(abs(left - right) for left, right in _targets(answer, truth))


def _targets(one: Any, other: Any) -> Iterator[tuple[float, float]]:
    lefts, rights = (value if isinstance(value, list) else [value] for value in (one, other))
    return zip(lefts, rights, strict=True)
