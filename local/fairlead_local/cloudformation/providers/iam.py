"""AWS::IAM::Role, ManagedPolicy, Policy and OIDCProvider."""

import json
from typing import Any

from fairlead_local.cloudformation.provider import (
    ClientProvider,
    CreatedResource,
    DesiredResource,
    changed,
    names,
    tag_list,
)

PRINCIPALS = (("Roles", "Role"), ("Users", "User"), ("Groups", "Group"))
"""Properties that list principals, and the word for one of them in an operation's name."""


class IamProvider(ClientProvider):
    """The base of the providers of IAM's resources."""

    @property
    def _iam(self) -> Any:
        return self._clients["iam"]


class RoleProvider(IamProvider):
    """A role with inline and attached policies."""

    accepts = names(
        "AssumeRolePolicyDocument Description ManagedPolicyArns MaxSessionDuration Path PermissionsBoundary Policies "
        "RoleName Tags"
    )
    replaces = names("Path RoleName")

    def create(self, desired: DesiredResource) -> CreatedResource:
        """CreateRole, then its policies."""
        properties = desired.properties
        name = properties.get("RoleName") or desired.name()
        optional = {k: properties[k] for k in ("Description", "Path", "PermissionsBoundary") if k in properties}
        role = self._iam.create_role(
            RoleName=name,
            AssumeRolePolicyDocument=json.dumps(properties["AssumeRolePolicyDocument"]),
            MaxSessionDuration=int(properties.get("MaxSessionDuration", 3600)),
            Tags=tag_list(desired.all_tags),
            **optional,
        )["Role"]
        self._set_policies(name, properties, {})
        return CreatedResource(name, {"Arn": role["Arn"], "RoleId": role["RoleId"]})

    def update(self, desired: DesiredResource, old: dict[str, Any], created: CreatedResource) -> CreatedResource:
        """Update the trust policy, the permissions boundary and the policies that differ."""
        name = created.physical_id
        if "AssumeRolePolicyDocument" in changed(desired, old):
            document = json.dumps(desired.properties["AssumeRolePolicyDocument"])
            self._iam.update_assume_role_policy(RoleName=name, PolicyDocument=document)
        boundary = desired.properties.get("PermissionsBoundary")
        if boundary and boundary != old.get("PermissionsBoundary"):
            self._iam.put_role_permissions_boundary(RoleName=name, PermissionsBoundary=boundary)
        elif old.get("PermissionsBoundary") and not boundary:
            self._iam.delete_role_permissions_boundary(RoleName=name)
        self._set_policies(name, desired.properties, old)
        return created

    def delete(self, created: CreatedResource, properties: dict[str, Any]) -> None:  # noqa: ARG002 - the protocol's
        """Detach and delete all policies, then delete the role."""
        name = created.physical_id
        for policy in self._iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]:
            self._iam.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
        for policy in self._iam.list_role_policies(RoleName=name)["PolicyNames"]:
            self._iam.delete_role_policy(RoleName=name, PolicyName=policy)
        self._iam.delete_role(RoleName=name)

    def _set_policies(self, name: str, properties: dict[str, Any], old: dict[str, Any]) -> None:
        for arn in set(old.get("ManagedPolicyArns", [])) - set(properties.get("ManagedPolicyArns", [])):
            self._iam.detach_role_policy(RoleName=name, PolicyArn=arn)
        for arn in properties.get("ManagedPolicyArns", []):
            self._iam.attach_role_policy(RoleName=name, PolicyArn=arn)
        inline = {policy["PolicyName"]: policy["PolicyDocument"] for policy in properties.get("Policies", [])}
        for gone in {policy["PolicyName"] for policy in old.get("Policies", [])} - inline.keys():
            self._iam.delete_role_policy(RoleName=name, PolicyName=gone)
        for policy, document in inline.items():
            self._iam.put_role_policy(RoleName=name, PolicyName=policy, PolicyDocument=json.dumps(document))


class ManagedPolicyProvider(IamProvider):
    """A customer-managed policy, attached to the principals in the template."""

    accepts = names("Description Groups ManagedPolicyName Path PolicyDocument Roles Users")
    replaces = names("Description ManagedPolicyName Path")

    def create(self, desired: DesiredResource) -> CreatedResource:
        """CreatePolicy and attach."""
        properties = desired.properties
        optional = {key: properties[key] for key in ("Description", "Path") if key in properties}
        policy = self._iam.create_policy(
            PolicyName=properties.get("ManagedPolicyName") or desired.name(limit=128),
            PolicyDocument=json.dumps(properties["PolicyDocument"]),
            **optional,
        )["Policy"]
        self._attach(policy["Arn"], properties, {})
        return CreatedResource(policy["Arn"], {"PolicyArn": policy["Arn"], "PolicyId": policy["PolicyId"]})

    def update(self, desired: DesiredResource, old: dict[str, Any], created: CreatedResource) -> CreatedResource:
        """Create a new default version; older versions are deleted, because five is the limit."""
        arn = created.physical_id
        if "PolicyDocument" in changed(desired, old):
            self._delete_older_versions(arn)
            document = json.dumps(desired.properties["PolicyDocument"])
            self._iam.create_policy_version(PolicyArn=arn, PolicyDocument=document, SetAsDefault=True)
        self._attach(arn, desired.properties, old)
        return created

    def delete(self, created: CreatedResource, properties: dict[str, Any]) -> None:
        """Detach from the template's principals and delete; fails if attached elsewhere, as in AWS."""
        arn = created.physical_id
        self._attach(arn, {}, properties)
        self._delete_older_versions(arn)
        self._iam.delete_policy(PolicyArn=arn)

    def _delete_older_versions(self, arn: str) -> None:
        for version in self._iam.list_policy_versions(PolicyArn=arn)["Versions"]:
            if not version["IsDefaultVersion"]:
                self._iam.delete_policy_version(PolicyArn=arn, VersionId=version["VersionId"])

    def _attach(self, arn: str, new: dict[str, Any], old: dict[str, Any]) -> None:
        for kind, word in PRINCIPALS:
            wanted, had = set(new.get(kind, [])), set(old.get(kind, []))
            for name in wanted - had:
                getattr(self._iam, f"attach_{word.lower()}_policy")(PolicyArn=arn, **{f"{word}Name": name})
            for name in had - wanted:
                getattr(self._iam, f"detach_{word.lower()}_policy")(PolicyArn=arn, **{f"{word}Name": name})


class PolicyProvider(IamProvider):
    """An inline policy of roles, users and groups."""

    accepts = names("Groups PolicyDocument PolicyName Roles Users")
    replaces = names("PolicyName")

    def create(self, desired: DesiredResource) -> CreatedResource:
        """Put the policy on every principal in the template."""
        self._put(desired.properties, {})
        return CreatedResource(desired.properties["PolicyName"], {"Id": desired.name()})

    def update(self, desired: DesiredResource, old: dict[str, Any], created: CreatedResource) -> CreatedResource:
        """Put it again; delete it from principals that were removed."""
        self._put(desired.properties, old)
        return created

    def delete(self, created: CreatedResource, properties: dict[str, Any]) -> None:
        """Delete it from every principal."""
        self._put({"PolicyName": created.physical_id}, properties)

    def _put(self, new: dict[str, Any], old: dict[str, Any]) -> None:
        policy = new["PolicyName"]
        for kind, word in PRINCIPALS:
            for name in new.get(kind, []):
                document = json.dumps(new["PolicyDocument"])
                put = getattr(self._iam, f"put_{word.lower()}_policy")
                put(PolicyName=policy, PolicyDocument=document, **{f"{word}Name": name})
            for name in set(old.get(kind, [])) - set(new.get(kind, [])):
                delete = getattr(self._iam, f"delete_{word.lower()}_policy")
                delete(PolicyName=policy, **{f"{word}Name": name})


class IdentityProviderProvider(IamProvider):
    """An OpenID Connect provider; an account has one for each URL."""

    accepts = names("ClientIdList Tags ThumbprintList Url")
    replaces = names("Url")

    def create(self, desired: DesiredResource) -> CreatedResource:
        """CreateOpenIDConnectProvider."""
        given = desired.properties
        made = self._iam.create_open_id_connect_provider(
            Url=given["Url"],
            ClientIDList=given.get("ClientIdList", []),
            ThumbprintList=given.get("ThumbprintList", []),
            Tags=tag_list(desired.all_tags),
        )
        arn = made["OpenIDConnectProviderArn"]
        return CreatedResource(arn, {"Arn": arn})

    def update(self, desired: DesiredResource, old: dict[str, Any], created: CreatedResource) -> CreatedResource:
        """Add and remove audiences."""
        new, before = (set(one.get("ClientIdList", [])) for one in (desired.properties, old))
        where = {"OpenIDConnectProviderArn": created.physical_id}
        for audience in sorted(new - before):
            self._iam.add_client_id_to_open_id_connect_provider(**where, ClientID=audience)
        for audience in sorted(before - new):
            self._iam.remove_client_id_from_open_id_connect_provider(**where, ClientID=audience)
        return created

    def delete(self, created: CreatedResource, properties: dict[str, Any]) -> None:  # noqa: ARG002 - the protocol's
        """DeleteOpenIDConnectProvider."""
        self._iam.delete_open_id_connect_provider(OpenIDConnectProviderArn=created.physical_id)
