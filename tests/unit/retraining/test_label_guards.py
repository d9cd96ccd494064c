"""Each guard refuses with its figure and a hint, and accepts labels like those of production."""

import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
import pytest

from fairlead.model.manifest import Finding
from fairlead.retraining.label_guards import guard
from fairlead.retraining.labelled_rows import Found
from fairlead.retraining.time_split import Split
from fairlead.retraining.types import Labelled, Limits

NOW = datetime(2026, 11, 20, tzinfo=UTC)
Change = Callable[[int, random.Random], dict[str, Any]]


def rows(count: int, change: Change = lambda _, __: {}, *, seed: int = 0, start: int = 0) -> list[Labelled]:
    """Rows of the last days from three reporters; a fifth of them are yes."""
    chance = random.Random(seed)  # noqa: S311 - rows of a test
    made = []
    for place in range(start, start + count):
        facts: dict[str, Any] = {
            "id": f"r{place}-0", "request": f"r{place}", "row": (float(place),),
            "at": int((NOW - timedelta(hours=1, minutes=count - place)).timestamp() * 1000),
            "target": "yes" if chance.random() < 0.2 else "no",
            "by": f"arn:aws:iam::1:user/u{place % 3}", "caller": f"c{place % 5}",
        }  # fmt: skip
        made.append(Labelled(**(facts | change(place, chance))))
    return made


LIMITS = Limits()
BEFORE = ["no"] * 800 + ["yes"] * 200


def judged(
    learn: list[Labelled],
    judge: list[Labelled],
    *,
    found: Found | None = None,
    limits: Limits = LIMITS,
    before: list[Any] = BEFORE,
    numeric: bool = False,
    repeated: int = 0,
) -> dict[str, Finding]:
    parted = Split(learn=learn, judge=judge, repeated=repeated)
    findings = guard(found or Found(rows=learn + judge), parted, before, limits, numeric=numeric, now=NOW)
    return {one.finding: one for one in findings}


def refusing(findings: dict[str, Finding]) -> list[str]:
    return [name for name, one in findings.items() if one.refuses]


def only(name: str, findings: dict[str, Finding]) -> Finding:
    """Return the one finding that refuses, and check that it says what to do."""
    assert refusing(findings) == [name]
    assert findings[name].verdict == "fail"
    assert findings[name].detail
    return findings[name]


def test_production_as_it_is_passes() -> None:
    findings = judged(rows(300), rows(120, seed=1, start=300))
    assert refusing(findings) == []
    assert len(findings) == 8


def test_too_few_rows_are_refused_with_the_count_of_excluded_rows() -> None:
    found = Found(rows=[], incomplete=7, unfit=3, dropped=("ssn",))
    seen = only("enough labelled rows", judged(rows(100), rows(40, start=100), found=found))
    assert seen.figure.startswith("140, 40 of them held out")
    assert "7 captured without all fields, 3 that do not fit the signature; ssn never stored" in seen.figure
    assert "--since" in seen.detail


def test_no_rows_at_all_is_one_finding() -> None:
    assert list(judged([], [])) == ["enough labelled rows"]


def test_enough_to_learn_but_too_few_to_be_judged_by_is_refused() -> None:
    only("enough labelled rows", judged(rows(400), rows(49, start=400)))


def test_one_large_request_that_leaves_nothing_to_learn_is_refused() -> None:
    only("enough labelled rows", judged([], rows(400)))


def test_old_labels_are_refused() -> None:
    month = int(timedelta(days=30).total_seconds() * 1000)
    old = [msgspec.structs.replace(one, at=one.at - month) for one in rows(300)]
    seen = only("age of the newest labelled prediction", judged(old[:200], old[200:]))
    assert seen.figure == "30.0 days"


def flood(place: int, _: random.Random) -> dict[str, Any]:
    return {"by": "arn:aws:iam::1:user/mallory"} if place % 10 < 7 else {}


def test_a_flood_from_one_reporter_is_refused_by_name() -> None:
    seen = only("largest share of labels from one reporter", judged(rows(300, flood), rows(100, flood, start=300)))
    assert "70% from arn:aws:iam::1:user/mallory" in seen.figure
    assert "--trust" in seen.detail


@pytest.mark.parametrize("trusted", ["arn:aws:iam::1:user/mallory", "arn:aws:iam::1:user/m*", "*"])
def test_a_trusted_reporter_may_report_everything(trusted: str) -> None:
    limits = Limits(trusted=(trusted,))
    assert refusing(judged(rows(300, flood), rows(100, flood, start=300), limits=limits)) == []


def test_trusting_one_reporter_does_not_trust_another() -> None:
    limits = Limits(trusted=("arn:aws:iam::1:user/ada",))
    only(
        "largest share of labels from one reporter",
        judged(rows(300, flood), rows(100, flood, start=300), limits=limits),
    )


def test_rows_of_one_caller_warn_and_refuse_nothing() -> None:
    one = judged(rows(300, lambda *_: {"caller": "c"}), rows(100, lambda *_: {"caller": "c"}, start=300))
    assert refusing(one) == []
    assert one["largest share of labelled rows from one caller"].verdict == "warn"


def test_contradicted_labels_are_refused() -> None:
    def disputed(place: int, _: random.Random) -> dict[str, Any]:
        return {"contradicted": place % 12 == 0}

    seen = only("contradicted labels", judged(rows(240, disputed), rows(120, disputed, start=240)))
    assert seen.figure == "30 of 360 (8.3%)"


def test_labels_that_shifted_implausibly_from_the_training_rows_are_refused() -> None:
    def mostly(_: int, chance: random.Random) -> dict[str, Any]:
        return {"target": "yes" if chance.random() < 0.75 else "no"}

    seen = only("labels against the training rows", judged(rows(300, mostly), rows(150, mostly, start=300, seed=1)))
    assert "apart, most at " in seen.figure
    assert "was " in seen.figure


def test_labels_that_moved_suddenly_are_refused() -> None:
    def mostly(_: int, chance: random.Random) -> dict[str, Any]:
        return {"target": "yes" if chance.random() < 0.75 else "no"}

    findings = judged(rows(600), rows(150, mostly, start=600))
    only("newest labels against earlier ones", findings)


def test_a_class_that_becomes_commoner_is_not_refused() -> None:
    def more(_: int, chance: random.Random) -> dict[str, Any]:
        return {"target": "yes" if chance.random() < 0.45 else "no"}

    assert refusing(judged(rows(300, more), rows(120, more, start=300))) == []


def test_few_labels_of_many_classes_are_not_refused_for_chance() -> None:
    def any_of_forty(_: int, chance: random.Random) -> dict[str, Any]:
        return {"target": f"c{chance.randrange(40)}"}

    before = [f"c{place % 40}" for place in range(4000)]
    assert refusing(judged(rows(150, any_of_forty), rows(50, any_of_forty, seed=1, start=150), before=before)) == []


@pytest.mark.parametrize(("factor", "refused"), [(1.0, False), (1.1, False), (1000.0, True)])
def test_values_in_another_unit_are_refused_and_a_trend_is_not(factor: float, *, refused: bool) -> None:
    def value(_: int, chance: random.Random) -> dict[str, Any]:
        return {"target": chance.gauss(100, 20) * factor}

    chance = random.Random(5)  # noqa: S311 - rows of a test
    before = [chance.gauss(100, 20) for _ in range(1000)]
    findings = judged(rows(300, value), rows(120, value, seed=1, start=300), before=before, numeric=True)
    assert refusing(findings) == (["labels against the training rows"] if refused else [])


def test_several_targets_are_watched_by_their_first() -> None:
    def value(_: int, chance: random.Random) -> dict[str, Any]:
        return {"target": [chance.gauss(-500, 1), 0.0]}

    before = [[float(place), 0.0] for place in range(100)]
    findings = judged(rows(300, value), rows(120, value, start=300), before=before, numeric=True)
    assert findings["labels against the training rows"].refuses


def test_rows_that_only_repeat_are_refused() -> None:
    seen = only("rows on both sides of the split, left out", judged(rows(200), rows(100, start=200), repeated=400))
    assert seen.figure == "400 of 700 (57.1%)"
