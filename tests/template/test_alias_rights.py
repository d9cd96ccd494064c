"""The rights on an alias, by the rule that Lambda applies: a right on the function is one on each of its aliases.

The Service Authorization Reference gives every alias action the resource type `function`: a statement about
`function:name:live`, or `function:name:*`, grants none of them.
"""

import fnmatch

import pytest

from fairlead.aws import alias_mover
from fairlead_local.cloudformation import templates
from tests.template.rights import FUNCTION, callers, documents, many
from tests.template.stack import ROOT, translate

ACTIONS = ("CreateAlias", "DeleteAlias", "GetAlias", "ListAliases", "UpdateAlias")
READ = {"GetAlias"}
MOVE = {"GetAlias", "UpdateAlias"}
RIGHTS = {
    "CodeDeployRole": MOVE,
    "MoveRole": MOVE,
    "OperatorPolicy": MOVE | {"ListAliases"},
    "MonitorRole": READ,
    "PublisherPolicy": READ,
    "RecordRole": READ,
    "ReleaseRole": READ,
    "RespondRole": READ,
    "RetrainRole": READ,
}


@pytest.mark.parametrize("candidates", ["by-hand", "canary-10-15m"])
def test_these_roles_and_policies_may_do_this_to_both_aliases_and_no_other_may(candidates: str) -> None:
    granted: dict[str, set[str]] = {}
    for name, statements in documents(translate(ReleaseCandidates=candidates)).items():
        for entry in statements:
            if entry["Effect"] == "Allow" and any(
                fnmatch.fnmatchcase(FUNCTION, one) for one in many(entry["Resource"])
            ):
                actions = [one.removeprefix("lambda:") for one in many(entry["Action"])]
                granted[name] = granted.get(name, set()) | {one for one in ACTIONS if one in actions}

    made = (
        RIGHTS if candidates != "by-hand" else {name: given for name, given in RIGHTS.items() if name != "ReleaseRole"}
    )
    assert {name: given for name, given in granted.items() if given} == made


def test_no_statement_about_aliases_names_an_alias_which_grants_nothing() -> None:
    found = [
        (name, entry["Sid"])
        for name, statements in documents(translate(ReleaseCandidates="canary-10-15m")).items()
        for entry in statements
        for resource in many(entry["Resource"])
        if resource.startswith(f"{FUNCTION}:") and resource.endswith((":live", ":previous"))
    ]

    assert found == []


def test_cloudformation_s_own_role_creates_aliases_and_moves_none() -> None:
    resources = templates.parse((ROOT / "bootstrap-ci.yaml").read_text())["Resources"]
    policies = resources["StackRole"]["Properties"]["Policies"]
    [functions] = (
        entry
        for policy in policies
        for entry in policy["PolicyDocument"]["Statement"]
        if "lambda:CreateAlias" in many(entry["Action"])
    )

    granted = {one for one in ACTIONS for given in functions["Action"] if fnmatch.fnmatchcase(f"lambda:{one}", given)}
    assert granted == set(ACTIONS) - {"UpdateAlias"}


def test_the_move_function_is_called_by_three_functions_and_by_no_one_else() -> None:
    stack = translate(ReleaseCandidates="canary-10-15m")
    assert callers(stack, "MoveFunction") == {"RecordRole", "ReleaseRole", "RespondRole"}


@pytest.mark.parametrize(("name", "own"), [("Record", 60), ("Respond", 300), ("Release", 600)])
def test_callers_have_time_for_every_attempt_of_a_call_with_a_cold_start(name: str, own: int) -> None:
    stack = translate(ReleaseCandidates="canary-10-15m")

    assert stack.properties("MoveFunction")["Timeout"] == alias_mover.LONGEST
    waiting = alias_mover.ATTEMPTS * (alias_mover.LONGEST + 5 + 3)
    assert stack.properties(f"{name}Function")["Timeout"] >= own + waiting
