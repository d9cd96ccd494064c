"""AWS::S3::Bucket and BucketPolicy."""

import json
from typing import Any

from fairlead_local.account import REGION
from fairlead_local.cloudformation.provider import ClientProvider, CreatedResource, DesiredResource, names, tag_list


class BucketProvider(ClientProvider):
    """A bucket with versioning, encryption, ownership, lifecycle and public-access settings."""

    accepts = names(
        "AccessControl BucketEncryption BucketName LifecycleConfiguration ObjectLockEnabled OwnershipControls "
        "PublicAccessBlockConfiguration Tags VersioningConfiguration"
    )
    replaces = names("BucketName ObjectLockEnabled")

    def create(self, desired: DesiredResource) -> CreatedResource:
        """CreateBucket and its settings."""
        name = desired.properties.get("BucketName") or desired.name(limit=63, lower=True)
        lock = {"ObjectLockEnabledForBucket": True} if desired.properties.get("ObjectLockEnabled") else {}
        self._s3.create_bucket(Bucket=name, **lock)
        self._configure(name, desired)
        domain = f"{name}.s3.amazonaws.com"
        regional = f"{name}.s3.{REGION}.amazonaws.com"
        return CreatedResource(
            name, {"Arn": f"arn:aws:s3:::{name}", "DomainName": domain, "RegionalDomainName": regional}
        )

    def update(self, desired: DesiredResource, old: dict[str, Any], created: CreatedResource) -> CreatedResource:  # noqa: ARG002 - the protocol's
        """Set every setting again."""
        self._configure(created.physical_id, desired)
        return created

    def delete(self, created: CreatedResource, properties: dict[str, Any]) -> None:  # noqa: ARG002 - the protocol's
        """DeleteBucket; fails for a bucket with objects, as in AWS."""
        self._s3.delete_bucket(Bucket=created.physical_id)

    @property
    def _s3(self) -> Any:
        return self._clients["s3"]

    def _configure(self, name: str, desired: DesiredResource) -> None:
        given = desired.properties
        if "VersioningConfiguration" in given:
            self._s3.put_bucket_versioning(Bucket=name, VersioningConfiguration=given["VersioningConfiguration"])
        if "BucketEncryption" in given:
            self._s3.put_bucket_encryption(Bucket=name, ServerSideEncryptionConfiguration=_encryption(given))
        if "PublicAccessBlockConfiguration" in given:
            block = {key: _boolean(value) for key, value in given["PublicAccessBlockConfiguration"].items()}
            self._s3.put_public_access_block(Bucket=name, PublicAccessBlockConfiguration=block)
        if "OwnershipControls" in given:
            self._s3.put_bucket_ownership_controls(Bucket=name, OwnershipControls=given["OwnershipControls"])
        if "LifecycleConfiguration" in given:
            rules = [_lifecycle(rule) for rule in given["LifecycleConfiguration"]["Rules"]]
            self._s3.put_bucket_lifecycle_configuration(Bucket=name, LifecycleConfiguration={"Rules": rules})
        labels = desired.all_tags
        if labels:
            tagging = {"TagSet": tag_list(labels)}
            self._s3.put_bucket_tagging(Bucket=name, Tagging=tagging)


class BucketPolicyProvider(ClientProvider):
    """A bucket's policy."""

    accepts = names("Bucket PolicyDocument")
    replaces = names("Bucket")

    def create(self, desired: DesiredResource) -> CreatedResource:
        """Put the policy."""
        self._put(desired)
        return CreatedResource(desired.properties["Bucket"])

    def update(self, desired: DesiredResource, old: dict[str, Any], created: CreatedResource) -> CreatedResource:  # noqa: ARG002 - the protocol's
        """Replace the policy."""
        self._put(desired)
        return created

    def delete(self, created: CreatedResource, properties: dict[str, Any]) -> None:  # noqa: ARG002 - the protocol's
        """Delete the policy."""
        self._clients["s3"].delete_bucket_policy(Bucket=properties["Bucket"])

    def _put(self, desired: DesiredResource) -> None:
        document = json.dumps(desired.properties["PolicyDocument"])
        self._clients["s3"].put_bucket_policy(Bucket=desired.properties["Bucket"], Policy=document)


def _encryption(given: dict[str, Any]) -> dict[str, Any]:
    rules = []
    for rule in given["BucketEncryption"]["ServerSideEncryptionConfiguration"]:
        default = rule["ServerSideEncryptionByDefault"]
        rules.append({"ApplyServerSideEncryptionByDefault": default})
    return {"Rules": rules}


def _lifecycle(rule: dict[str, Any]) -> dict[str, Any]:
    """Return a lifecycle rule in the API's form; S3 refuses members that are not translated here."""
    renamed = {("ID" if key == "Id" else key): value for key, value in rule.items() if key != "Prefix"}
    days = renamed.pop("ExpirationInDays", None)
    expiration = {"Expiration": {"Days": int(days)}} if days is not None else {}
    return {**renamed, **expiration, "Filter": {"Prefix": rule.get("Prefix", "")}}


def _boolean(value: Any) -> bool:
    return value if isinstance(value, bool) else str(value).lower() == "true"
