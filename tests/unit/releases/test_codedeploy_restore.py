"""If a failed deployment left `live` at another release, it is moved back once, and the journal records it."""

import itertools

import msgspec
import pytest

from fairlead.errors import CallError
from fairlead.journal.alias_state import drift
from fairlead.journal.journal import Journal
from fairlead.releases.codedeploy_events import Recorder
from tests.journals import intended, moved
from tests.unit.releases.codedeploy_cloud import ALARM, Cloud, MoveFunction, event, facts, over, seen


def astray(cloud: Cloud) -> None:
    """A canary of 14 fails, and CodeDeploy's rollback goes to 12, the last revision that succeeded, and not to 13."""
    cloud.start("d-1", 13, 14)
    cloud.shift(13, 14)
    cloud.clock.pass_(minutes=2)
    cloud.undo("d-1", "d-2", 13, 14, "ALARM_ACTIVE", ALARM)
    cloud.live = ("12", {})
    cloud.clock.pass_(seconds=3)


@pytest.mark.parametrize("order", list(itertools.permutations(["d-1", "d-1", "d-2", "d-2"])), ids=" ".join)
def test_live_left_at_a_wrong_release_is_restored_once_and_recorded(
    cloud: Cloud, kept: Journal, mover: MoveFunction, order: tuple[str, ...]
) -> None:
    astray(cloud)

    for number in order:
        over(cloud, kept, mover).record(event(number))

    assert (mover.moved_to, cloud.live) == (["13"], ("13", {}))
    found, restored = (one for one in list(kept.records())[::-1] if one.by == "record")
    assert facts(found) == ("found", "13", "12", "d-2:astray")
    assert found.why == "deployment d-1 failed and left live here, not at release 13"
    assert facts(restored) == ("moved", "12", "13", "d-2:restored")
    assert drift(kept.standing(), seen(cloud)) == []
    assert kept.verify() == []


def failed_once(cloud: Cloud, kept: Journal, mover: MoveFunction) -> Recorder:
    """Return a recorder whose first delivery met a move function that failed."""
    astray(cloud)
    mover.fails = 1
    recorder = over(cloud, kept, mover)
    with pytest.raises(CallError):
        recorder.record(event("d-2"))
    return recorder


def test_a_move_function_that_fails_is_an_error_and_the_next_delivery_puts_live_back(
    cloud: Cloud, kept: Journal, mover: MoveFunction
) -> None:
    recorder = failed_once(cloud, kept, mover)
    assert drift(kept.standing(), seen(cloud)) == [], "the journal tells the truth meanwhile"
    recorder.record(event("d-2"))

    assert (mover.moved_to, cloud.live) == (["13", "13"], ("13", {}))
    assert drift(kept.standing(), seen(cloud)) == []


def test_a_run_that_was_killed_after_the_move_writes_its_record_when_it_is_repeated(
    cloud: Cloud, kept: Journal, mover: MoveFunction
) -> None:
    recorder = failed_once(cloud, kept, mover)
    cloud.live = ("13", {})

    recorder.record(event("d-2"))

    assert kept.tail(1)[0].key == "d-2:restored"
    assert drift(kept.standing(), seen(cloud)) == []


def test_live_that_an_operator_moves_is_left_alone(cloud: Cloud, kept: Journal, mover: MoveFunction) -> None:
    """The operator moved it before, by an intent, or after. After a newer deployment, an older one restores nothing."""
    astray(cloud)
    kept.append(intended(14, 11))
    recorder = over(cloud, kept, mover)
    recorder.record(event("d-2"))
    kept.append(moved(12, 11))
    cloud.live = ("11", {})
    recorder.record(event("d-2"))
    cloud.clock.pass_(hours=1)
    cloud.start("d-3", 11, 15)
    cloud.shift(11, 15)
    recorder.record(event("d-2"))

    assert mover.moved_to == []


def test_a_deployment_that_a_user_stopped_is_not_restored(cloud: Cloud, kept: Journal, mover: MoveFunction) -> None:
    cloud.start("d-1", 13, 14)
    cloud.end("d-1", "Stopped", 13, errorInformation={"code": "MANUAL_STOP", "message": "stopped by a user"})
    cloud.shift(13, 14)

    over(cloud, kept, mover).record(event("d-1"))

    assert mover.moved_to == []


def test_an_open_intent_of_an_earlier_stack_does_not_prevent_the_restore(
    cloud: Cloud, kept: Journal, mover: MoveFunction
) -> None:
    """Releases of two lives have the same numbers: it announces no move of this stack's alias."""
    old = intended(14, 11)
    assert old.now is not None
    kept.append(msgspec.structs.replace(old, now=msgspec.structs.replace(old.now, life="an earlier stack")))
    astray(cloud)

    over(cloud, kept, mover).record(event("d-2"))

    assert (mover.moved_to, cloud.live) == (["13"], ("13", {}))
