"""IAM: the users, groups and roles that a managed policy is attached to."""

from typing import Any

import msgspec

from fairlead.aws import clients


class Holders(msgspec.Struct, frozen=True):
    """Names of the holders of one policy."""

    users: tuple[str, ...]
    groups: tuple[str, ...]
    roles: tuple[str, ...]

    def __bool__(self) -> bool:
        """Whether the policy is attached at all."""
        return bool(self.users or self.groups or self.roles)


def holders(client: Any, policy: str) -> Holders:
    """Return the holders of a policy (an ARN); raises StorageError."""
    with clients.translated("list a policy's holders (iam:ListEntitiesForPolicy)"):
        pages = list(client.get_paginator("list_entities_for_policy").paginate(PolicyArn=policy))
    return Holders(
        users=tuple(one["UserName"] for page in pages for one in page["PolicyUsers"]),
        groups=tuple(one["GroupName"] for page in pages for one in page["PolicyGroups"]),
        roles=tuple(one["RoleName"] for page in pages for one in page["PolicyRoles"]),
    )


def groups(client: Any, user: str) -> tuple[str, ...]:
    """Return the names of a user's groups; raises StorageError."""
    with clients.translated("list a user's groups (iam:ListGroupsForUser)"):
        pages = list(client.get_paginator("list_groups_for_user").paginate(UserName=user))
    return tuple(one["GroupName"] for page in pages for one in page["Groups"])
