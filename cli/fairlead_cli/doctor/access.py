"""Checks of the caller: region, credentials, clock, policies."""

import os
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from fairlead_cli.doctor.diagnosis import Diagnosis, Site, mend, ok

if TYPE_CHECKING:
    from fairlead.aws.iam import Holders

SIGNATURE_SECONDS = 300
"""AWS refuses signatures that are further from its own clock."""
CLOCK_SECONDS = 60
"""Seconds off from which a clock is reported, before AWS refuses its signatures."""
SET_REGION = "export AWS_DEFAULT_REGION=eu-west-1 AWS_REGION=eu-west-1  # or yours"
POLICIES = ("CallerPolicyArn", "FeedbackPolicyArn", "PublisherPolicyArn", "OperatorPolicyArn")


def region(_: Site) -> Diagnosis:
    """Check whether boto3 finds a region, and its name can be one."""
    from botocore.exceptions import InvalidRegionError
    from botocore.utils import validate_region_name

    from fairlead.aws import clients

    with clients.translated("open a session"):
        found = clients.session().region_name
    if found:
        try:
            validate_region_name(found)
        except InvalidRegionError:
            return mend(f"{found!r} is no region's name", SET_REGION)
        return ok(str(found))
    if os.environ.get("AWS_REGION"):
        return mend("AWS_REGION is not read by boto3, so no region is set", 'export AWS_DEFAULT_REGION="$AWS_REGION"')
    return mend("no region is set", SET_REGION)


def credentials(site: Site) -> Diagnosis:
    """Check whether AWS accepts the credentials, and whose they are."""
    from fairlead.errors import SettingsError

    if region(site).verdict != "ok":
        return Diagnosis(verdict="not checked", said="AWS is not asked without a region")
    try:
        return ok(site.caller)
    except SettingsError as error:
        return mend(str(error), "aws configure  # or: aws sso login", "aws sts get-caller-identity")


def clock(site: Site) -> Diagnosis:
    """Check how far the local clock is from AWS's."""
    from fairlead.aws import sts

    offset = round(sts.clock_offset(site.client("sts")))
    said = f"{abs(offset)} s {'ahead of' if offset > 0 else 'behind'} AWS's"
    if abs(offset) <= CLOCK_SECONDS:
        return ok(f"within {max(1, abs(offset))} s of AWS's")
    return mend(f"{said}; AWS refuses signatures from {SIGNATURE_SECONDS} s on", "sudo timedatectl set-ntp true")


def policies(site: Site) -> Diagnosis:
    """Check which of the stack's policies the caller holds, and whether one of them is attached at all."""
    from fairlead.aws import iam

    client = site.client("iam")
    arns = {output.removesuffix("Arn"): site.outputs[output] for output in POLICIES if output in site.outputs}
    attached = {name: iam.holders(client, arn) for name, arn in arns.items()}
    kind, name = _identity(site.caller)
    if not any(attached.values()):
        return mend(
            "no user, group or role has one of the stack's policies",
            f"aws iam attach-{kind}-policy --{kind}-name {name} --policy-arn {arns['OperatorPolicy']}",
            f"aws iam attach-role-policy --role-name YOUR_APPLICATION --policy-arn {arns['CallerPolicy']}",
        )
    groups, note = _groups(client, name) if kind == "user" else ((), "")
    own = [policy for policy, found in attached.items() if _holds(found, kind, name, groups)]
    held = [f"{policy} ({_names(found)})" for policy, found in attached.items() if found]
    return ok(f"yours{note}: {', '.join(own) or 'none'}; attached: {', '.join(held)}")


def _groups(client: Any, user: str) -> tuple[tuple[str, ...], str]:
    """Return the user's groups, and a note if they cannot be read."""
    from fairlead.aws import iam
    from fairlead.errors import StorageError

    try:
        return iam.groups(client, user), ""
    except StorageError:
        return (), ", without groups (needs iam:ListGroupsForUser)"


def _holds(found: "Holders", kind: str, name: str, groups: Collection[str]) -> bool:
    return name in found.roles if kind == "role" else name in found.users or not set(groups).isdisjoint(found.groups)


def _identity(arn: str) -> tuple[str, str]:
    """Return `role` or `user`, and the name, of a caller's ARN."""
    kind, *path = arn.rpartition(":")[2].split("/")
    return ("role", path[0]) if kind == "assumed-role" else ("user", path[-1] if path else "YOUR_USER")


def _names(found: "Holders") -> str:
    return ", ".join([*found.users, *found.groups, *found.roles])
