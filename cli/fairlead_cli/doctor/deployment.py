"""Checks of the stack: its state, its version, and the subscribers of its topics."""

import re

from fairlead_cli.doctor.diagnosis import Diagnosis, Site, mend, ok

SETTLED = frozenset({"CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE"})
TO_DELETE = frozenset({"CREATE_FAILED", "ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "DELETE_FAILED"})
"""States that no deploy changes: the stack was never wholly created, or its deletion failed."""
NAME = re.compile(r"(?=.{1,35}$)(?!.*-canary$)[a-z][a-z0-9]*(-[a-z0-9]+)?")
NAMING = "at most 35 lower-case letters and digits, and one hyphen at most, not before `canary`"
COMMANDS = {"UPDATE_FAILED": "rollback-stack", "UPDATE_ROLLBACK_FAILED": "continue-update-rollback"}


def state(site: Site) -> Diagnosis:
    """Check whether the stack is deployed and settled."""
    from fairlead.errors import NotFoundError

    try:
        status = str(site.stack["StackStatus"])
    except NotFoundError as error:
        if not NAME.fullmatch(site.name):
            return mend(f"{site.name} cannot be a stack's name: {NAMING}", "export FAIRLEAD_STACK=fairlead-dev")
        return Diagnosis(verdict="missing", said=str(error), mend=("make build", site.deploy))
    if status in SETTLED:
        return ok(f"{site.name}, {status}")
    return mend(f"{site.name}, {status}{_reason(site, status)}", *_mending(site, status))


def _mending(site: Site, status: str) -> tuple[str, ...]:
    """Return the commands that lead out of a state."""
    cloudformation = "aws cloudformation {} --stack-name " + site.name
    if status in TO_DELETE:
        gone = [cloudformation.format(one) for one in ("delete-stack", "wait stack-delete-complete")]
        return (*gone, site.deploy)
    if status in COMMANDS:
        return (cloudformation.format(COMMANDS[status]),)
    if status.endswith("_IN_PROGRESS") and status != "REVIEW_IN_PROGRESS":
        return (f"fairlead doctor --stack {site.name}",)
    return (site.deploy,)


def _reason(site: Site, status: str) -> str:
    """Return the first failure of the stack's last change, or why it cannot be read, as the end of a sentence."""
    from fairlead.aws import stack
    from fairlead.errors import StorageError

    if status == "REVIEW_IN_PROGRESS":
        return ": a change set was made and never executed"
    if status.endswith("_IN_PROGRESS"):
        return ": wait until it is over"
    try:
        found = stack.first_failure(site.client("cloudformation"), site.name)
    except StorageError as error:
        return f" ({error})"
    return f": {found}" if found else ""


def version(site: Site) -> Diagnosis:
    """Check whether stack and command line are of the same version."""
    from fairlead import __version__

    deployed = site.outputs.get("FairleadVersion", "")
    if deployed == __version__:
        return ok(f"{deployed}, as this command line")
    of = f"version {deployed}" if deployed else "an older version, without the output FairleadVersion"
    lines = ("make build", site.deploy, f"# or: pip install 'fairlead=={deployed}'")
    return mend(f"the stack is of {of}, this command line of {__version__}", *lines[: 3 if deployed else 2])


def alarm_topic(site: Site) -> Diagnosis:
    """Check whether a subscriber is notified of alarms."""
    site.outputs  # noqa: B018 - raises NotFoundError for a stack that was never created
    topic = site.parameters.get("AlarmTopicArn", "")
    if topic:
        return _subscribed(site, topic)
    return mend(
        "AlarmTopicArn is not set, so no subscriber is notified of alarms",
        f"aws sns create-topic --name {site.name}-alarms",
        "# set AlarmTopicArn in samconfig.toml to the ARN that it prints, then",
        site.deploy,
    )


def decisions_topic(site: Site) -> Diagnosis:
    """Check whether a subscriber is notified of the system's decisions."""
    return _subscribed(site, site.outputs["DecisionsTopicArn"])


def _subscribed(site: Site, topic: str) -> Diagnosis:
    from fairlead.aws import sns

    confirmed, pending = sns.subscribers(site.client("sns"), topic)
    said = f"{confirmed} confirmed, {pending} not confirmed at {topic.rpartition(':')[2]}"
    if confirmed:
        return ok(said)
    return mend(
        f"no subscriber is notified: {said}" + ("; follow the link in the mail, or" if pending else ""),
        f"aws sns subscribe --topic-arn {topic} --protocol email --notification-endpoint on-call@example.com",
    )
