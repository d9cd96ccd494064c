"""Intake of outcomes: reports are written to the ledger before the caller is answered.

An outcome is scored at once if its prediction is known, else when the prediction arrives. Sending a report again is
idempotent: a recorded report becomes a duplicate, and unfinished work is completed.
"""

from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from fairlead import quality
from fairlead.api.outcomes import Answer, Report
from fairlead.errors import FairleadError, LedgerUnavailableError
from fairlead.feedback.ledger import Ledger, Outcome, Pair
from fairlead.feedback.ledger.conflicts import holds
from fairlead.feedback.ledger.reader import AT_ONCE
from fairlead.feedback.score import Scorer, Unfit
from fairlead.feedback.versions import KnownVersions, UnknownVersionError, named
from fairlead.quality.counters import TOO_LARGE, outcome_error, too_large
from fairlead.telemetry import emit
from fairlead.telemetry.capture import Part, parse_prediction_id
from fairlead.telemetry.outcomes import pairs

RETRY_AFTER = 5  # seconds


class Reported(NamedTuple):
    """The outcome of a report, with the report's index in the body."""

    place: int
    outcome: Outcome


class Intake:
    """Writes reports into one ledger."""

    def __init__(self, ledger: Ledger, versions: KnownVersions, scorer: Scorer) -> None:
        self._ledger = ledger
        self._versions = versions
        self._scorer = scorer

    def take(self, reports: Sequence[Report], *, at: int, by: str) -> list[Answer]:
        """Write reports and return the result of each, in their order; raises LedgerUnavailableError.

        `at` is when they arrived (ms since 1970), `by` the ARN of the sender.
        """
        answers: dict[int, Answer] = {}
        requests: dict[str, list[Reported]] = {}
        for place, report in enumerate(reports):
            known = parse_prediction_id(report.prediction_id)
            if known is None:
                answers[place] = _answer(report, "invalid", "this is not the id of a prediction")
                continue
            request, row = known
            outcome = Outcome(request=request, row=row, actual=report.actual, at=at, by=by, comment=report.comment)
            requests.setdefault(request, []).append(Reported(place, outcome))
        unfit: list[Unfit] = []
        try:
            found = self._written(requests.values(), reports, answers)
            self._scorer.score(found, unfit.extend)
        except FairleadError as error:
            emit.logger.error("ledger unavailable", reason=str(error))
            said = "outcomes cannot be stored now"
            raise LedgerUnavailableError(said, retry_after=RETRY_AFTER, hint="send all of them again later") from error
        why = {(one.pair.part.request, one.pair.outcome.row): one.why for one in unfit}
        for place, outcome in (one for some in requests.values() for one in some):
            # Its prediction arrived after the outcome was written and before it was scored.
            if (outcome.request, outcome.row) in why and answers[place].taken:
                answers[place] = _answer(reports[place], "invalid", why[outcome.request, outcome.row])
        return [answers[place] for place in range(len(reports))]

    def _written(
        self, requests: Iterable[list[Reported]], reports: Sequence[Report], answers: dict[int, Answer]
    ) -> list[Pair]:
        """Write the outcomes, several requests in parallel; returns complete pairs that are not scored yet."""
        with ThreadPoolExecutor(AT_ONCE) as pool:
            done = list(pool.map(lambda some: self._request(some, reports), requests))
        for some, _ in done:
            answers |= some
        return [pair for _, some in done for pair in some]

    def _request(self, reported: list[Reported], reports: Sequence[Report]) -> tuple[dict[int, Answer], list[Pair]]:
        parts, kept = self._ledger.request(reported[0].outcome.request)
        answers: dict[int, Answer] = {}
        first: dict[int, Reported] = {}
        again: list[Reported] = []
        for one in reported:
            if why := self._misfit(parts, one.outcome):
                answers[one.place] = _answer(reports[one.place], "invalid", why)
            elif one.outcome.row in first:
                again.append(one)
            else:
                first[one.outcome.row] = one
        # The first of several reports of one row must be the one recorded, so the others are written after it.
        for some in (list(first.values()), again):
            if some:
                results, parts, kept = self._ledger.record_outcomes([one.outcome for one in some])
                for one, result in zip(some, results, strict=True):
                    why = "another outcome was reported before and is kept" if result == "conflict" else ""
                    answers[one.place] = _answer(reports[one.place], result, why)
        # Rows in other reports are left to the feedback function, which writes unfit pairs to the dead-letter bucket.
        return answers, [pair for pair in pairs(parts, kept) if pair.outcome.row in first]

    def _misfit(self, parts: Sequence[Part], outcome: Outcome) -> str:
        """Return why an outcome cannot be counted with its prediction; empty if it can, or if that is unknown yet."""
        if too_large(outcome.actual):
            return TOO_LARGE
        if not parts:
            return ""
        if outcome.row >= parts[0].of:
            return f"the request had {parts[0].of} rows"
        part = next((one for one in parts if holds(one, outcome)), None)
        try:
            output = self._versions.of(named(part or parts[0])).output
        except UnknownVersionError as error:
            return str(error)
        if part is None:
            return outcome_error(output, outcome.actual)
        return quality.pair_error(output, Pair(part=part, position=outcome.row - part.first, outcome=outcome))


def _answer(report: Report, status: str, detail: str = "") -> Answer:
    return Answer(prediction_id=report.prediction_id, status=status, detail=detail)  # type: ignore[arg-type]  # a Result
