"""The loop on the local cloud, rights enforced: a release that is good where it was judged and bad where it is asked,
what callers report, the alarm, the decision and the way back. What goes in is counted."""

import json
from collections import Counter

import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.tree import DecisionTreeClassifier

from tests.local.loops import Stage
from tests.local.support import until

X, Y = load_iris(return_X_y=True, as_frame=True)
LARGE = X["petal length (cm)"] >= 4.7
CALLS, ROWS = 60, 5

pytestmark = pytest.mark.xdist_group("loop")


@pytest.fixture(scope="module")
def versions(loop_stage: Stage) -> tuple[int, int]:
    """A good version, and one that knows small flowers only and was judged on those."""
    small = X["petal length (cm)"] < 5
    learnt, held_out = slice(0, None, 2), slice(1, None, 2)
    good = LogisticRegression(max_iter=1000).fit(X[learnt], Y[learnt])
    poor = DecisionTreeClassifier(max_depth=1, random_state=0).fit(X[small], Y[small])
    first = loop_stage.publish(
        good, X=X[held_out], y=Y[held_out], train=X[learnt], train_y=Y[learnt], keep_training_rows=True,
    )  # fmt: skip
    asked = small & (Y < 2)
    second = loop_stage.publish(
        poor, X=X[asked], y=Y[asked], force=True, reason="judged on small flowers", allow_breaking=True,
    )  # fmt: skip
    return first.manifest.version, second.manifest.version


def test_a_release_that_is_worse_in_the_world_is_found_out_and_undone(
    loop_stage: Stage, versions: tuple[int, int]
) -> None:
    stage = loop_stage
    good, poor = versions
    stage.did("release", "iris", good, "--wait")
    stage.did("release", "iris", poor, "--strategy", "all-at-once", "--wait")
    assert stage.live() == poor

    # Callers ask about large flowers, and report what they were.
    flowers, truth = X[LARGE], Y[LARGE]
    outcomes = []
    for number in range(CALLS):
        chosen = [(number * ROWS + n) % len(flowers) for n in range(ROWS)]
        answer = stage.answer("caller", "/predict", {"instances": flowers.iloc[chosen].to_dict("records")})
        assert answer.status == 200
        outcomes += [
            {"prediction_id": prediction["id"], "actual": int(truth.iloc[place])}
            for prediction, place in zip(answer.json["predictions"], chosen, strict=True)
        ]
    assert stage.answer("caller", "/feedback", {"outcomes": outcomes[:1]}).status == 403
    until(lambda: stage.counted(poor)[0] == CALLS * ROWS, seconds=60)

    statuses: Counter[str] = Counter()
    contradicted = [one | {"actual": (one["actual"] + 1) % 3} for one in outcomes[:20]]
    for batch in (outcomes[:150], outcomes[150:], outcomes[:40], contradicted):
        answer = stage.answer("reporter", "/feedback", {"outcomes": batch})
        assert answer.status == (207 if batch is contradicted else 200)
        statuses.update(result["status"] for result in answer.json["results"])
    assert statuses == {"recorded": CALLS * ROWS, "duplicate": 40, "conflict": 20}
    rows, counts = stage.counted(poor)
    assert (rows, counts["outcomes"]) == (CALLS * ROWS, CALLS * ROWS)

    # The clock goes on: gauges, the alarm, the decision.
    stage.cloud.advance(2.5 * 3600)
    assert stage.live() == good
    history = json.loads(stage.did("history", "iris", "--json"))
    decided = [one for one in history if one["kind"] == "decided"]
    assert "previous is better" in {one["evidence"]["rule"] for one in decided}
