"""CI's workflows: what zizmor and the schema (`make check`) cannot know of this project."""

import re
import shlex
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml

from fairlead_cli.main import app

ROOT = Path(__file__).parents[3]
STARTER = ROOT / "cli/fairlead_cli/starter"
TEXTS = {path.stem: path.read_text() for path in sorted((ROOT / ".github/workflows").glob("*.yml"))}
TEXTS |= {f"starter/{path.stem}": path.read_text() for path in sorted((STARTER / "workflows").glob("*.yml"))}
WORKFLOWS: dict[str, dict[str, Any]] = {name: yaml.safe_load(text) for name, text in TEXTS.items()}
ASSUMES = "aws-actions/configure-aws-credentials@"
PINNED = re.compile(r"^[\w.-]+/[\w./-]+@[0-9a-f]{40}$")
COMMENTS = {"starter/model/comment": {"pull-requests": "write"}}
COMMANDS: Any = typer.main.get_command(app)


def jobs() -> Iterator[tuple[str, dict[str, Any]]]:
    for name, workflow in WORKFLOWS.items():
        for job, facts in workflow["jobs"].items():
            yield f"{name}/{job}", facts


def steps(job: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = job.get("steps", [])
    return found


def test_every_foreign_action_is_pinned_by_digest_and_says_which_version_that_is() -> None:
    for name, text in TEXTS.items():
        for used in re.findall(r"uses: (.*)", text):
            action, _, comment = used.partition(" # ")
            assert action.startswith("./.github/workflows/") or PINNED.match(action), name
            assert action.startswith("./") or re.match(r"v\d+\.\d+\.\d+$", comment), name


def test_workflow_permissions_are_those_of_their_jobs() -> None:
    assert {name: workflow["permissions"] for name, workflow in WORKFLOWS.items()} == {name: {} for name in WORKFLOWS}
    for name, job in jobs():
        assigned = {"contents": "read"} | ({"id-token": "write"} if "environment" in str(job) else {})
        assert job["permissions"] == COMMENTS.get(name, assigned), name


def test_workflows_hold_no_keys() -> None:
    for text in TEXTS.values():
        assert "secrets." not in text
        assert "access-key" not in text.lower()


def test_build_job_has_no_credentials() -> None:
    for name, job in jobs():
        uses = [step.get("uses", "") for step in steps(job)]
        if any(ASSUMES in used for used in uses):
            assumed = next(place for place, used in enumerate(uses) if ASSUMES in used)
            late = [step.get("run", "") for step in steps(job)[assumed:]]
            assert [run for run in late if run.startswith("make") or "install" in run or "train" in run] == [], name


def test_a_job_waits_for_jobs_that_exist() -> None:
    for name, workflow in WORKFLOWS.items():
        needed = {job["needs"] for job in workflow["jobs"].values() if "needs" in job}
        assert needed <= workflow["jobs"].keys(), name


def test_prod_follows_dev_which_follows_the_tests() -> None:
    chain = {name: job.get("needs") for name, job in WORKFLOWS["deploy"]["jobs"].items()}

    assert chain == {"test": None, "dev": "test", "prod": "dev"}


def test_environments_are_those_of_samconfig_and_their_stacks_are_named_alike() -> None:
    environments = tomllib.loads((ROOT / "samconfig.toml").read_text())
    deployed = {job["with"]["environment"] for job in WORKFLOWS["deploy"]["jobs"].values() if "with" in job}

    assert deployed == {"dev", "prod"} < environments.keys()
    for name in deployed:
        assert environments[name]["global"]["parameters"]["stack_name"] == f"fairlead-{name}"
        assert environments[name]["deploy"]["parameters"]["s3_prefix"] == f"fairlead-{name}"
    for job in ("deploy-environment", "rollback"):
        assert "FAIRLEAD_STACK: fairlead-${{ inputs.environment }}" in TEXTS[job]


def test_a_rollback_waits_for_no_approval() -> None:
    """Its environment has no reviewers, and it shares its concurrency group with no other run."""
    workflow = WORKFLOWS["rollback"]

    assert workflow["jobs"]["rollback"]["environment"] == "${{ inputs.environment }}-rollback"
    assert "github.run_id" in workflow["concurrency"]["group"]


def test_a_deployment_is_not_cut_off_by_the_next() -> None:
    assert WORKFLOWS["deploy-environment"]["concurrency"] == {
        "group": "deploy-${{ inputs.environment }}",
        "cancel-in-progress": False,
    }


def test_workflow_inputs_reach_the_shell_as_variables_only() -> None:
    for name, job in jobs():
        assert all("${{" not in step.get("run", "") for step in steps(job)), name


@pytest.mark.parametrize(("name", "command"), [("deploy-environment", "release"), ("rollback", "rollback")])
def test_commands_of_workflows_exist_with_their_options(name: str, command: str) -> None:
    known = {option for parameter in COMMANDS.commands[command].params for option in parameter.opts}
    [run] = [
        step["run"]
        for job in WORKFLOWS[name]["jobs"].values()
        for step in steps(job)
        if "fairlead " in str(step.get("run"))
    ]
    given = {word.strip("()") for word in shlex.split(run) if word.strip("()").startswith("--")}

    assert f"fairlead {command} " in run
    assert given
    assert given <= known


def test_a_model_s_own_code_runs_in_one_job_without_credentials() -> None:
    """train.py and its packages are as trusted as a pull request; what is published comes from that job's files."""
    [trains] = [name for name, job in jobs() if any("ci.sh train" in step.get("run", "") for step in steps(job))]

    assert trains == "starter/model/train"
    assert WORKFLOWS["starter/model"]["jobs"]["train"]["permissions"] == {"contents": "read"}


def test_a_starter_s_steps_are_steps_of_its_script() -> None:
    known = set(re.findall(r"^  (\w+)\)", (STARTER / "ci.sh").read_text(), re.MULTILINE))
    called = {
        step["run"].split()[2]
        for name, job in jobs()
        for step in steps(job)
        if name.startswith("starter/") and "run" in step and name not in COMMENTS
    }

    assert called == known
