"""Accounts of a test of the loop: everything that was sent must be stored and counted once."""

from collections import Counter
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from itertools import batched, cycle
from typing import Any, NamedTuple

from fairlead.drift.counters import SLOT
from fairlead.feedback.ledger import Pair
from fairlead.telemetry.capture import prediction_id
from tests.local.feedback_stack import Stage
from tests.local.support import until

SOON = 60.0
"""Seconds of real time within which what was captured is counted, on a busy machine."""


STATUSES = {
    "recorded": "Recorded", "duplicate": "Duplicates", "conflict": "Conflicts", "invalid": "Invalid",
    "accepted": "Accepted",
}  # fmt: skip
"""The metric of each result of an outcome."""

FEEDBACK = {"captured": "Captured", "captured before": "Duplicates", "poison": "PoisonRecords"}
"""The metric of each result of a captured part."""


class Predicted(NamedTuple):
    """A row that was answered: which version answered what, and what is true."""

    version: int
    answered: Any
    truth: Any


@dataclass
class Book:
    """Callers ask, reporters report; each row and each outcome is written down as what it became."""

    stage: Stage
    predictions: dict[str, Predicted] = field(default_factory=dict)
    became: dict[str, Counter[str]] = field(default_factory=dict)
    requests: int = 0
    _before: Counter[str] = field(init=False)

    def __post_init__(self) -> None:
        self._before = self._metrics()

    def ask(self, rows: Any, truth: Sequence[Any], *, of: int = 3, callers: Sequence[str] = ("caller",)) -> list[str]:
        """Predict a table's rows, `of` in each request, with the callers in turn; returns the predictions' ids."""
        labelled_rows = zip(rows.to_dict("records"), truth, strict=True)
        return [
            name
            for who, some in zip(cycle(callers), batched(labelled_rows, of, strict=False))
            for name in self._request(who, some)
        ]

    def _request(self, who: str, labelled_rows: Sequence[tuple[dict[str, Any], Any]]) -> list[str]:
        answer = self.stage.answer(who, "/predict", {"instances": [row for row, _ in labelled_rows]})
        assert answer.status == 200, answer.body
        self.requests += 1
        found = {
            one["id"]: Predicted(answer.json["version"], one["label"], truth)
            for one, (_, truth) in zip(answer.json["predictions"], labelled_rows, strict=True)
        }
        assert len(found.keys() - self.predictions.keys()) == len(labelled_rows), "two predictions have one id"
        self.predictions |= found
        return list(found)

    def report(self, who: str, names: Iterable[str], *, wrong: bool = False) -> Counter[str]:
        """Report what is true of predictions (or what is not); what became of it."""
        outcomes = [{"prediction_id": name, "actual": self._actual(name, wrong=wrong)} for name in names]
        return self.send(who, outcomes)

    def _actual(self, name: str, *, wrong: bool) -> Any:
        truth = self.predictions[name].truth
        return (truth + 1) % 3 if wrong else truth

    def send(self, who: str, outcomes: Sequence[dict[str, Any]]) -> Counter[str]:
        """Report outcomes, in requests of a hundred, each of which is answered as a whole."""
        found: Counter[str] = Counter()
        for some in batched(outcomes, 100, strict=False):
            answer = self.stage.report(who, some)
            results = answer.json["results"]
            assert [one["prediction_id"] for one in results] == [one["prediction_id"] for one in some]
            for one in results:
                found[one["status"]] += 1
                self.became.setdefault(one["prediction_id"], Counter())[one["status"]] += 1
            assert answer.status == (207 if {"conflict", "invalid"} & {one["status"] for one in results} else 200)
        return found

    def versions(self) -> list[int]:
        """Return the versions that answered."""
        return sorted({one.version for one in self.predictions.values()})

    def known(self, version: int) -> list[str]:
        """Return the ids of a version's predictions whose outcome was accepted."""
        return [name for name in self.of(version) if {"recorded", "accepted"} & self.became.get(name, Counter()).keys()]

    def of(self, version: int) -> list[str]:
        """Return the ids of a version's predictions."""
        return [name for name, one in self.predictions.items() if one.version == version]

    def right(self, names: Sequence[str]) -> float:
        """Return the share of right answers."""
        return sum(bool(self.predictions[name].answered == self.predictions[name].truth) for name in names) / len(names)

    def arrived(self) -> None:
        """Wait until every row that was asked is captured and counted."""
        for version in self.versions():
            until(lambda: self.stage.counted(version)[0] >= len(self.of(version)), seconds=SOON)  # noqa: B023 - at once

    def metrics(self) -> Counter[str]:
        """Return the functions' counts since the start; metrics arrive after the events that they count."""
        with suppress(AssertionError):
            until(lambda: self._since()["captured"] + self._since()["captured before"] >= self.requests)
        return self._since()

    def _since(self) -> Counter[str]:
        return self._metrics() - self._before

    def _metrics(self) -> Counter[str]:
        return Counter(
            {name: int(self.stage.metric(metric, "intake")) for name, metric in STATUSES.items()}
            | {name: int(self.stage.metric(metric, "feedback")) for name, metric in FEEDBACK.items()}
        )

    def balance(self) -> dict[str, int]:
        """Check the ledger's rows and counters: nothing is lost, nothing counted twice; return the sums."""
        sums: Counter[str] = Counter()
        for version in self.versions():
            sums.update(self._balanced(version))
        return dict(sums)

    def _balanced(self, version: int) -> dict[str, int]:
        predictions, known = self.of(version), self.known(version)
        rows, counts = self.stage.counted(version)
        captured, pairs = self._kept(version)
        assert (rows, sorted(captured)) == (len(predictions), sorted(predictions))
        assert {name: one.outcome.actual for name, one in pairs.items()} == {
            name: self.predictions[name].truth for name in known
        }
        conflicts = sum(self.became[name]["conflict"] > 0 for name in known)  # the fault is always the same
        assert counts.get("outcomes", 0) == len(known)
        assert sum(one.conflicts for one in pairs.values()) == counts.get("conflicts", 0) == conflicts
        return {"rows": rows, "outcomes": len(known), "conflicts": conflicts}

    def _kept(self, version: int) -> tuple[list[str], dict[str, Pair]]:
        """Return a version's predictions in the ledger, and those that have an outcome."""
        ledger, end = self.stage.ledger(), int(self.stage.cloud.now()) // SLOT + 1
        traffic, outcomes = ledger.counted(self.stage.model, version, 0, end)
        parts = [
            part
            for slot in {int(name.partition("_")[0]) for name in traffic.clusters}
            for part in ledger.captured(self.stage.model, version, slot, slot + 1)
        ]
        pairs = [pair for slot in outcomes for pair in ledger.labelled(self.stage.model, version, slot, slot + 1)]
        return (
            [prediction_id(part.request, part.first + place) for part in parts for place in range(len(part.rows))],
            {prediction_id(one.part.request, one.outcome.row): one for one in pairs},
        )
