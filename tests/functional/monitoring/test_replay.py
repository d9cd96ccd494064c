"""A release beside the live one, on captured rows: predict's own handler answers, nothing of it is captured."""

import json
from typing import Any

import msgspec
import pytest

from fairlead.aws.release_client import ReleaseClient
from fairlead.errors import ReleaseError
from fairlead.feedback.ledger import Outcome, Pair
from fairlead.model.signature import Output
from fairlead.monitoring.replay import compare, shadow
from fairlead.publishing.publish import Published
from fairlead.telemetry import capture
from fairlead.telemetry.capture import Part
from testkit import penguins
from tests.functional.conftest import Load, Store
from tests.functional.ledger_fixture import NOON, Traffic, request_id
from tests.functional.releases_here import FUNCTION, ReleasesHere, edited


@pytest.fixture
def here(load_app: Load, shelf: Store, published: Published) -> ReleasesHere:
    made = ReleasesHere(load_app)
    made.publish("7", shelf.released(published) | {"FAIRLEAD_CAPTURE_RATE": "1", "FAIRLEAD_PSEUDONYM_KEY": "key"})
    return made


@pytest.fixture(scope="module")
def captured(shelf: Store, published: Published) -> list[Part]:
    """Forty requests of five rows each, as the live release answered them."""
    traffic = Traffic(shelf, published)
    _, held_out = penguins.split()
    rows = json.loads(held_out.drop(columns="species").to_json(orient="records"))
    instances = [{name: row.get(name) for name in (f.name for f in traffic.signature.inputs)} for row in rows]
    return [
        traffic.completed(capture.decode(line))
        for number in range(40)
        for line in traffic.lines(
            [instances[(number * 5 + n) % len(instances)] for n in range(5)],
            request=request_id(number),
            at=NOON + number,
        )
    ]


def client_of(here: ReleasesHere) -> ReleaseClient:
    return ReleaseClient(here.client, FUNCTION, "7")


def output(published: Published) -> Output:
    return published.manifest.signature.output


def pairs(parts: list[Part], *, wrong: bool) -> list[Pair]:
    """Outcomes that are what was answered; with `wrong` the captured answers are turned round."""
    found = []
    for part in parts:
        truth = list(part.labels or ())
        others = [next(name for name in ("Adelie", "Gentoo") if name != label) for label in truth]
        answered = msgspec.structs.replace(part, labels=others) if wrong else part
        found += [
            Pair(
                part=answered, position=at, outcome=Outcome(request=part.request, row=at, actual=label, at=NOON, by="a")
            )
            for at, label in enumerate(truth)
        ]
    return found


def test_the_same_version_agrees_with_itself_in_a_few_calls_and_is_not_captured(
    here: ReleasesHere, captured: list[Part], published: Published
) -> None:
    found = shadow(client_of(here), output(published), captured, [])
    assert (found.rows, found.agreeing, found.refused) == (200, 200, 0)
    assert found.comparison.verdict == "not yet decided"
    assert here.releases["7"].calls == ["POST /predict"]
    assert '"event":"capture"' not in here.releases["7"].app.printed.getvalue()


def test_a_candidate_that_is_right_where_the_live_one_was_wrong_is_better(
    here: ReleasesHere, captured: list[Part], published: Published
) -> None:
    found = compare(client_of(here), output(published), pairs(captured, wrong=True))
    assert (found.requests, found.rows, found.agreeing) == (40, 200, 0)
    assert (found.advantage, found.verdict) == (1.0, "better")


def test_equal_answers_decide_nothing(here: ReleasesHere, captured: list[Part], published: Published) -> None:
    found = compare(client_of(here), output(published), pairs(captured, wrong=False))
    assert (found.agreeing, found.advantage, found.verdict) == (200, 0.0, "not yet decided")


def test_rows_that_the_candidate_refuses_are_lost_and_the_others_still_compared(
    here: ReleasesHere, captured: list[Part], published: Published
) -> None:
    strange = msgspec.structs.replace(captured[0], fields=("nonsense", *captured[0].fields[1:]))
    found = shadow(
        client_of(here), output(published), [strange, *captured[1:]], pairs([strange, *captured[1:]], wrong=True)
    )
    assert (found.rows, found.agreeing, found.refused) == (195, 195, 5)
    assert found.comparison.requests == 40
    assert found.comparison.advantage == pytest.approx((39 - 1) / 40)


def test_a_candidate_that_fails_is_an_error_and_no_verdict(
    here: ReleasesHere, captured: list[Part], published: Published
) -> None:
    def broken(answer: dict[str, Any]) -> dict[str, Any]:
        return {**answer, "statusCode": 503}

    here.releases["7"].answers["/predict"] = broken
    with pytest.raises(ReleaseError, match="did not answer captured rows"):
        compare(client_of(here), output(published), pairs(captured, wrong=True))


def test_answers_of_another_shape_are_an_error_and_no_verdict(
    here: ReleasesHere, captured: list[Part], published: Published
) -> None:
    here.releases["7"].answers["/predict"] = edited(lambda body: body["predictions"][3].pop("label"))
    with pytest.raises(Exception, match="prediction 3"):
        compare(client_of(here), output(published), pairs(captured, wrong=True))
