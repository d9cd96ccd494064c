"""Reasons for predictions, on request: the first request that asks imports this module and reads the version's blob.

A request has a time limit. Rows are explained in growing parts, which predict the time of the rest once they took a
tenth of the limit: the first row also prepares arrays, and a few milliseconds of it are no measure of a thousand rows.
"""

import time
from collections.abc import Callable, Sequence
from typing import Any

import msgspec

from fairlead import engines
from fairlead.api import response_size
from fairlead.engines.explanation.explainer import Explainer, open_explainer
from fairlead.errors import ExplanationUnavailableError, FairleadError, NotExplainableError, TooLargeError
from fairlead.model.explanation import BLOB, Reasons, decode
from fairlead.model.golden import part_of
from fairlead.registry.store import Patient, Reading
from fairlead.serving.model import Model, Prediction

PLAIN = "ask without `explain`"
OFF = "this version gives no reasons: {reason}"
MOST_AT_ONCE = 64
"""Rows of a part: text has thousands of columns, and a part's matrix is held as Python numbers for a moment."""
FORETELLING = 0.1
"""Share of the time limit after which the rows so far predict the time of the rest."""
OLDER = "it was published by an older Fairlead"


class Explanations:
    """Explains predictions of one version within `seconds` a request; `objects` reads its blob."""

    def __init__(
        self, model: Model, objects: Patient, *, seconds: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        if not seconds:
            raise NotExplainableError("this stack gives no reasons: its parameter ExplainSeconds is 0", hint=PLAIN)
        self._seconds = seconds
        self._clock = clock
        self._explainer = _opened(model, objects)

    def reasons(self, prediction: Prediction) -> Reasons:
        """Return the reasons of a request's predictions; raises TooLargeError where they would take too long."""
        rows, answers = prediction.rows, prediction.answered.answers
        started, done, parts = self._clock(), 0, []
        while done < len(rows):
            part = slice(done, max(1, min(2 * done, done + MOST_AT_ONCE)))
            parts.append(self._explainer.explain(rows[part], part_of(answers, part), first_row=done))
            done = min(part.stop, len(rows))
            self._check_time(self._clock() - started, done, len(rows))
        return _joined(parts)

    def _check_time(self, spent: float, done: int, rows: int) -> None:
        if spent <= FORETELLING * self._seconds or spent / done * rows <= self._seconds:
            return
        fits = int(self._seconds / spent * done) if spent else 0
        raise TooLargeError(
            f"the reasons of {rows:,} rows would take {spent / done * rows:.1f} s, the limit is {self._seconds:g} s",
            hint=f"send at most {fits:,} rows with `explain`" if fits else PLAIN,
        )


def body(model: Model, prediction: Prediction, reasons: Reasons) -> str:
    """Return the answer of /predict with the reasons of each row; raises TooLargeError."""
    names = [field.name for field in model.facts.signature.inputs]
    document = msgspec.json.decode(model.body(prediction))
    for place, one in enumerate(document["predictions"]):
        one["explanation"] = _of_row(reasons, names, place)
    document["explanation"] = {"method": reasons.method, "scale": reasons.scale}
    text = msgspec.json.encode(document).decode()
    response_size.check(text)
    return text


def _of_row(reasons: Reasons, names: Sequence[str], place: int) -> dict[str, Any]:
    found = {
        "output": reasons.outputs[place],
        "base": reasons.bases[place],
        "contributions": dict(zip(names, reasons.contributions[place], strict=True)),
    }
    if reasons.errors is not None:
        found["standard_errors"] = dict(zip(names, reasons.errors[place], strict=True))
    return found


def _opened(model: Model, objects: Patient) -> Explainer:
    """Read the version's explanation; raises NotExplainableError, ExplanationUnavailableError."""
    facts = model.facts
    blob = facts.blobs.get(BLOB)
    if blob is None:
        reason = facts.explanation.reason if facts.explanation else OLDER
        raise NotExplainableError(OFF.format(reason=reason), hint=PLAIN)
    objects.begin()
    try:
        content = Reading(objects).blob(blob)
    except FairleadError as error:
        raise ExplanationUnavailableError(
            f"the explanation of {facts.model} version {facts.version} cannot be read ({error.code})", retry_after=5
        ) from error
    return open_explainer(decode(content), facts.signature, model.engine, engines.load)


def _joined(parts: Sequence[Reasons]) -> Reasons:
    """Return the reasons of several batches, at least one, as those of one batch."""
    if len(parts) == 1:
        return parts[0]

    def whole(name: str) -> Any:
        return [one for part in parts for one in getattr(part, name)]

    return Reasons(
        method=parts[0].method,
        scale=parts[0].scale,
        outputs=whole("outputs"),
        bases=whole("bases"),
        contributions=whole("contributions"),
        errors=None if parts[0].errors is None else whole("errors"),
    )
