"""fairlead release, rollback and retire, on moto; a release from a notebook."""

import re

from fairlead.notebook.verbs import release
from fairlead.registry.store import Registry
from tests.functional.command_line import fairlead, result
from tests.functional.strict_lambda import StrictLambda


def test_release_status_and_rollback_agree(registry: Registry, lambda_: StrictLambda) -> None:
    first = fairlead("release", "churn", 1, "--wait")
    assert first.stdout == "live: release 2 (churn version 1), was release 1 (no model)\n"
    assert "publishing a Lambda version" in first.stderr

    assert "is live already" in fairlead("release", "churn", 1).stdout
    assert result("release", "churn", 2, "--wait")["live"]["version"] == 2

    status = result("status", "churn")
    assert (status["live"]["release"], status["previous"]["release"]) == ("3", "2")
    assert status["live_problem"] == ""
    assert re.search(
        r"release 3 \(churn version 2\), answers; sha256:\w+…, released 2", fairlead("status", "churn").stdout
    )

    assert result("rollback", "churn", "--away-from", "3")["live"]["version"] == 1
    again = fairlead("rollback", "churn")
    assert (again.exit_code, again.stdout) == (4, "")
    assert "nothing to go back to" in again.stderr


def test_a_retired_version_is_not_served_and_versions_and_show_mark_it(
    registry: Registry, lambda_: StrictLambda
) -> None:
    fairlead("release", "churn", 3)
    assert result("show", "churn", 1)["retired"] is None

    done = fairlead("retire", "churn", 1, "--reason", "superseded by 3")
    again = fairlead("retire", "churn", 1)

    assert done.stdout.startswith("churn version 1 is retired: ")
    assert done.stdout.endswith(": superseded by 3\n")
    assert again.exit_code == 0
    assert again.stdout.startswith("churn version 1 was retired already: ")
    record = result("show", "churn", 1)["retired"]
    assert (record["version"], record["reason"]) == (1, "superseded by 3")
    assert record["retired_by"].startswith("arn:aws:")
    assert result("retire", "churn", 1) == record
    assert "superseded by 3" in fairlead("show", "churn", 1).stdout
    assert [(one["version"], one["role"], one["retired"]) for one in result("versions", "churn")] == [
        (3, "live", False),
        (2, "", False),
        (1, "", True),
    ]
    assert "retired" in fairlead("versions", "churn").stdout.splitlines()[3]


def test_retire_refuses_the_live_version_and_release_a_retired_one(registry: Registry, lambda_: StrictLambda) -> None:
    fairlead("release", "churn", 3)
    fairlead("retire", "churn", 1)

    live, retired, unknown = (
        fairlead("retire", "churn", 3),
        fairlead("release", "churn", 1),
        fairlead("retire", "churn", 9),
    )

    assert (live.exit_code, live.stdout) == (4, "")
    assert "release another version first" in live.stderr
    assert (retired.exit_code, retired.stdout) == (4, "")
    assert "churn version 1 is retired" in retired.stderr
    assert unknown.exit_code == 6
    assert "'churn' has no version 9" in unknown.stderr


def test_another_model_is_released_with_switch_model_only(registry: Registry, lambda_: StrictLambda) -> None:
    fairlead("release", "churn", 1)

    refused = fairlead("release", "penguins", 1)

    assert refused.exit_code == 4
    assert "--switch-model" in refused.stderr
    assert fairlead("release", "penguins", 1, "--switch-model").exit_code == 0
    status = fairlead("status", "churn")
    assert status.exit_code == 0
    assert "churn is not live: penguins answers" in status.stderr


def test_a_notebook_releases_and_shows_what_is_live(registry: Registry, lambda_: StrictLambda) -> None:
    first = release("churn", 1)
    second = release("churn", 2, reason="new rows")

    assert (first.live.version, second.live.version) == (1, 2)
    assert "(churn version 2), was" in second._repr_html_()
    assert "is live already" in release("churn", 2)._repr_html_()


def test_pruning_of_an_unknown_model_is_an_error(registry: Registry, lambda_: StrictLambda) -> None:
    done = fairlead("prune", "chrun")
    assert (done.exit_code, done.stdout) == (6, "")
    assert "there is no model 'chrun'" in done.stderr
    assert fairlead("prune", "penguins").exit_code == 0  # it has versions and no release
