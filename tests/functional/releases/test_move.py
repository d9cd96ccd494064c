"""The move function's rules, on aliases that Lambda guards: what each alias may go to, for every caller."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from fairlead.aws.alias_mover import MoveOrder
from fairlead.aws.lambda_function import Alias, PredictFunction
from fairlead.errors import CallError, ReleaseError, StorageError
from fairlead.journal.records import Draft
from fairlead.registry import retirements
from fairlead.registry.retirements import Retirement
from fairlead.registry.store import Registry, manifest_key
from fairlead.releases.release import ReleaseOrder, freeze
from testkit.memory import Memory
from tests.functional.releases.operator import MOVE, Desk, ship
from tests.functional.strict_lambda import NAME, StrictLambda

NEVER_LIVE = "5"


@pytest.fixture
def live(desk: Desk, registry: Registry) -> Desk:
    """churn 1, 2 and 3 were released as 2, 3 and 4, so live is 4 and previous 3; release 5 (churn 4) was never live."""
    from tests.manifests import build

    for version in (1, 2, 3):
        ship(desk.releases(), registry, version)
        desk.reconcile()
    manifest, _ = registry.commit("churn", build)
    frozen = freeze(desk.context(), registry, ReleaseOrder(model="churn", version=manifest.version))
    assert frozen.release == NEVER_LIVE
    return desk


def read(desk: Desk, name: str) -> Alias:
    return PredictFunction(desk.lambda_.client, NAME).alias(name)


def ask(desk: Desk, name: str, release: str) -> Alias:
    return desk.mover().move(read(desk, name), release)


def test_previous_goes_to_the_live_release_and_a_repeated_order_moves_nothing(
    live: Desk, lambda_: StrictLambda
) -> None:
    before, mover = read(live, "previous"), live.mover()
    lambda_.calls.clear()

    moved, again = mover.move(before, "4"), mover.move(before, "4")

    assert (moved.version, again, lambda_.points_at("previous")) == ("4", moved, "4")
    assert lambda_.changes() == ["UpdateAlias"]


@pytest.mark.parametrize("release", ["2", NEVER_LIVE, "99"])
def test_a_move_of_previous_to_another_release_is_refused(live: Desk, lambda_: StrictLambda, release: str) -> None:
    with pytest.raises(ReleaseError, match=f"may go to the live release 4, or from .*, not to release {release}"):
        ask(live, "previous", release)

    assert lambda_.points_at("previous") == "3"


def test_previous_goes_back_from_its_last_recorded_move(live: Desk, lambda_: StrictLambda) -> None:
    """A release that fails to start a deployment restores previous."""
    function = PredictFunction(lambda_.client, NAME)
    ask(live, "previous", "4")
    live.record(kind="moved", alias="previous", by="release", was=function.release("3"), now=function.release("4"))

    assert ask(live, "previous", "3").version == lambda_.points_at("previous") == "3"


@pytest.mark.parametrize("release", ["3", "2"], ids=["previous", "in the journal"])
def test_live_goes_back_to_a_release_that_was_live(live: Desk, lambda_: StrictLambda, release: str) -> None:
    assert ask(live, "live", release).version == lambda_.points_at("live") == release


def test_weights_of_live_are_taken_away(live: Desk, lambda_: StrictLambda) -> None:
    lambda_.shift("live", "4", {NEVER_LIVE: 0.1})

    ask(live, "live", "4")

    assert lambda_.points_at("live") == "4"


@pytest.mark.parametrize(
    ("release", "why"),
    [(NEVER_LIVE, "is not known to have been live before"), ("1", "holds no model"), ("99", "read version 99")],
)
def test_live_goes_to_no_release_that_was_never_live(live: Desk, lambda_: StrictLambda, release: str, why: str) -> None:
    with pytest.raises(ReleaseError, match=f"alias live was not moved: .*{why}"):
        ask(live, "live", release)

    assert lambda_.points_at("live") == "4"


def test_an_alias_that_was_changed_since_it_was_read_stays(live: Desk, lambda_: StrictLambda) -> None:
    before = read(live, "live")
    lambda_.shift("live", "2", {})

    with pytest.raises(ReleaseError, match="it was changed in the meantime and names release 2") as caught:
        live.mover().move(before, "3")

    assert caught.value.hint
    assert lambda_.points_at("live") == "2"


def retire(registry: Registry, lambda_: StrictLambda, desk: Desk) -> None:
    del lambda_
    retirements.retire(registry, Retirement(model="churn", version=2, retired=desk.now, retired_by="ada", reason=""))


def lose(registry: Registry, lambda_: StrictLambda, desk: Desk) -> None:
    del registry, lambda_
    del desk.memory.objects[manifest_key("churn", 2)]


def fail(registry: Registry, lambda_: StrictLambda, desk: Desk) -> None:
    del registry, desk
    lambda_.answers["3"] = [{"statusCode": 503, "body": '{"detail": "no model"}'}]


def change(registry: Registry, lambda_: StrictLambda, desk: Desk) -> None:
    del registry, desk
    lambda_.answers["3"] = [{"statusCode": 200, "body": '{"release": "3", "digest": "sha256:other"}'}]


@pytest.mark.parametrize(
    ("harm", "why"),
    [(retire, "retired"), (lose, "cannot cold start"), (fail, "cannot answer: no model"), (change, "sha256:other")],
)
def test_live_goes_to_no_release_that_cannot_serve(
    live: Desk, registry: Registry, lambda_: StrictLambda, harm: Callable[..., None], why: str
) -> None:
    harm(registry, lambda_, live)

    with pytest.raises(ReleaseError, match=why):
        ask(live, "live", "3")

    assert lambda_.points_at("live") == "4"


def test_without_a_readable_bucket_live_goes_back_to_previous_and_to_no_other_release(
    live: Desk, lambda_: StrictLambda, memory: Memory, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any, **__: Any) -> Any:
        raise StorageError("could not list s3://…: SlowDown")

    monkeypatch.setattr(memory, "keys", refuse)
    monkeypatch.setattr(memory, "get", refuse)

    with pytest.raises(ReleaseError, match="is not known to have been live before"):
        ask(live, "live", "2")
    assert ask(live, "live", "3").version == lambda_.points_at("live") == "3"


@pytest.mark.parametrize(
    "more", [{"alias": "other"}, {"release": "$LATEST"}, {"release": "live"}, {"revision": ""}, {"weights": {}}]
)
def test_an_event_that_is_no_order_moves_nothing(live: Desk, lambda_: StrictLambda, more: dict[str, Any]) -> None:
    live.mover()
    event = {"alias": "live", "revision": read(live, "live").revision, "release": "3", **more}

    with pytest.raises(msgspec.ValidationError):
        lambda_.functions[MOVE](event)

    assert lambda_.points_at("live") == "4"


def test_a_function_that_fails_or_is_gone_is_named_with_its_log(live: Desk, lambda_: StrictLambda) -> None:
    def crash(_: Any) -> Any:
        raise RuntimeError("out of memory")

    lambda_.functions[MOVE] = crash

    with pytest.raises(CallError, match="fairlead-move failed: RuntimeError: out of memory") as caught:
        ask(live, "live", "3")
    assert "sam logs --cw-log-group /aws/lambda/fairlead-move" in str(caught.value.hint)

    lambda_.refusals["Invoke"] = ["AccessDeniedException"]
    with pytest.raises(CallError, match=r"could not run fairlead-move \(lambda:InvokeFunction\): AccessDenied"):
        ask(live, "live", "3")


def test_a_forged_record_of_another_digest_proves_nothing(live: Desk, lambda_: StrictLambda) -> None:
    other = msgspec.structs.replace(PredictFunction(lambda_.client, NAME).release(NEVER_LIVE), digest="sha256:other")
    live.journal().append(Draft(kind="found", alias="live", by="x", now=other))

    with pytest.raises(ReleaseError, match="not known to have been live"):
        ask(live, "live", NEVER_LIVE)


def test_the_example_event_is_an_order() -> None:
    from pathlib import Path

    event = (Path(__file__).parents[3] / "events/move.json").read_bytes()

    assert msgspec.json.decode(event, type=MoveOrder).alias == "live"
