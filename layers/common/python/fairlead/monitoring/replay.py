"""Replay: another release answers captured rows, and its answers are compared with the live release's.

Callers are not affected: the release is invoked by its number, in its own runtime, and its answers are not captured.
Without outcomes the comparison shows how often two releases agree. With outcomes it shows which one is right more often
(`fairlead.quality.paired_test`).
"""

from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any, NamedTuple

import msgspec

from fairlead.api import predictions
from fairlead.aws.release_client import ReleaseClient
from fairlead.errors import ReleaseError
from fairlead.model.answers import Answers, canonical
from fairlead.model.compatibility import comparable
from fairlead.model.digest import unprefixed
from fairlead.model.release import Release
from fairlead.model.signature import Output
from fairlead.quality import paired_test
from fairlead.quality.paired_test import Comparison, Request
from fairlead.registry.store import Registry
from fairlead.telemetry.capture import Part
from fairlead.telemetry.outcomes import Actual, Pair

MOST_ROWS = 500
"""Rows per call: well under Lambda's payload limit of 6 MB, and quickly answered."""
SAME = 1e-6
"""Relative tolerance within which two values are the same answer."""


class Shadow(msgspec.Struct, frozen=True, kw_only=True):
    """A candidate on captured rows: rows sent, rows on which it agrees with the live release's answers, rows refused.

    A refused row means that the candidate would have refused a caller's request.
    """

    rows: int
    agreeing: int
    refused: int
    comparison: Comparison


class Row(NamedTuple):
    """A captured row: its part, its index there, and its outcome, None if unknown."""

    part: Part
    place: int
    actual: Actual | None = None


def live_output(registry: Registry, live: Release, candidate: Release) -> tuple[Output, str]:
    """Return the live release's output, and why the candidate's answers cannot be compared with it; empty if they can.

    Both manifests are read by the digest that the release froze.
    """
    outputs = [
        registry.manifest(one.model or "", one.version, sha256=unprefixed(one.digest))[0].signature.output
        for one in (live, candidate)
    ]
    return outputs[0], "; ".join(one.what for one in comparable(*outputs))


def shadow(candidate: ReleaseClient, output: Output, parts: Iterable[Part], pairs: Iterable[Pair]) -> Shadow:
    """Replay the other release's captured `parts` and labelled `pairs` against a candidate."""
    requests = [[Row(part, place) for place in range(len(part.rows))] for part in parts]
    rows = agreeing = refused = 0
    for request, answers in _replayed(candidate, output, requests):
        if answers is None:
            refused += len(request)
            continue
        rows += len(request)
        agreeing += sum(_agree(_member(answers, at), _captured(row), output) for at, row in enumerate(request))
    return Shadow(rows=rows, agreeing=agreeing, refused=refused, comparison=compare(candidate, output, pairs))


def compare(candidate: ReleaseClient, output: Output, pairs: Iterable[Pair]) -> Comparison:
    """Compare a candidate with the other release on labelled rows; `output` is the other's, and defines the targets.

    A refused request counts as lost in all its rows, because its callers would have got no answer.
    """
    ordered = sorted(pairs, key=lambda pair: (pair.part.at, pair.part.request, pair.outcome.row))
    by_request = groupby(ordered, key=lambda pair: (pair.part.at, pair.part.request))
    requests = [[Row(one.part, one.position, one.outcome.actual) for one in some] for _, some in by_request]
    return paired_test.compare(
        _judged(request, answers, output) for request, answers in _replayed(candidate, output, requests)
    )


def _judged(request: Sequence[Row], answers: Answers | None, output: Output) -> Request:
    if answers is None:
        return Request(rows=len(request), agreeing=0, won=0, lost=len(request))
    won = lost = agreeing = 0
    for at, row in enumerate(request):
        mine, theirs = _member(answers, at), _captured(row)
        agreeing += _agree(mine, theirs, output)
        gain = _error(theirs, row.actual, output) - _error(mine, row.actual, output)
        won, lost = won + (gain > 0), lost + (gain < 0)
    return Request(rows=len(request), agreeing=agreeing, won=won, lost=lost)


def _replayed(
    candidate: ReleaseClient, output: Output, requests: Iterable[list[Row]]
) -> Iterator[tuple[list[Row], Answers | None]]:
    """Yield requests with their answers, None for refused ones. Rows that were too large to capture are left out."""
    for batch in _batches(requests):
        answers = _answers(candidate, output, [row for request in batch for row in request])
        if answers is None:  # at least one request is refused, so each is sent alone
            yield from ((request, _answers(candidate, output, request)) for request in batch)
            continue
        start = 0
        for request in batch:
            yield request, _slice(answers, slice(start, start + len(request)))
            start += len(request)


def _batches(requests: Iterable[list[Row]]) -> Iterator[list[list[Row]]]:
    """Group requests that fit into one call; a larger request is split into several."""
    batch: list[list[Row]] = []
    rows = 0
    for request in requests:
        known = [row for row in request if row.part.rows[row.place] is not None]
        for start in range(0, len(known), MOST_ROWS):
            piece = known[start : start + MOST_ROWS]
            if rows + len(piece) > MOST_ROWS:
                yield batch
                batch, rows = [], 0
            batch.append(piece)
            rows += len(piece)
    if batch:
        yield batch


def _answers(candidate: ReleaseClient, output: Output, rows: Sequence[Row]) -> Answers | None:
    """Return the candidate's answers; None if it refuses these rows. Raises ReleaseError if it fails."""
    reply = candidate.post("/predict", msgspec.json.encode({"instances": [_instance(row) for row in rows]}))
    if 400 <= reply.status < 500:
        return None
    if reply.status != 200:
        raise ReleaseError(f"release {candidate.release} did not answer captured rows: {reply.problem}")
    return predictions.answers(output, [_common_targets(output, one) for one in reply.document["predictions"]])


def _common_targets(output: Output, prediction: Any) -> Any:
    """Return a prediction without targets that the other release does not have."""
    value = prediction.get("value") if isinstance(prediction, dict) and output.names else None
    if not isinstance(value, dict):
        return prediction
    return {**prediction, "value": {name: value[name] for name in output.names or () if name in value}}


def _slice(answers: Answers, which: slice) -> Answers:
    columns = msgspec.structs.asdict(answers)
    return Answers(**{name: column and column[which] for name, column in columns.items()})


def _instance(row: Row) -> dict[str, Any]:
    return dict(zip(row.part.fields, row.part.rows[row.place] or (), strict=True))


def _member(answers: Answers, at: int) -> Any:
    column = answers.values if answers.values is not None else answers.labels
    return None if column is None else column[at]


def _captured(row: Row) -> Any:
    column = row.part.values if row.part.values is not None else row.part.labels
    return None if column is None else column[row.place]


def _agree(one: Any, other: Any, output: Output) -> bool:
    if output.task != "regression":
        return canonical(one) == canonical(other)
    return all(abs(left - right) <= SAME * max(1.0, abs(right)) for left, right in _targets(one, other))


def _error(answer: Any, actual: Actual | None, output: Output) -> float:
    """Return the error of an answer: 0 or 1 for labels, the summed absolute error for values."""
    if output.task != "regression":
        return float(actual is None or canonical(answer) != canonical(actual))
    truth = [actual[name] for name in output.names] if output.names and isinstance(actual, dict) else actual
    return sum(abs(left - right) for left, right in _targets(answer, truth))


def _targets(one: Any, other: Any) -> Iterator[tuple[float, float]]:
    lefts, rights = (value if isinstance(value, list) else [value] for value in (one, other))
    return zip(lefts, rights, strict=True)
