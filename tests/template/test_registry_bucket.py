"""The registry bucket, which moto would not hold to any of this."""

from typing import Any

import pytest

from tests.template.stack import translate

BUCKET = translate().resources["Registry"]


def statement(sid: str) -> dict[str, Any]:
    policy = translate().properties("RegistryPolicy")
    assert policy["Bucket"] == "<Registry>"
    [found] = [entry for entry in policy["PolicyDocument"]["Statement"] if entry["Sid"] == sid]
    return dict(found)


def test_the_bucket_outlives_the_stack() -> None:
    assert (BUCKET["DeletionPolicy"], BUCKET["UpdateReplacePolicy"]) == ("RetainExceptOnCreate", "Retain")


def test_the_bucket_is_encrypted_and_versioned() -> None:
    [rule] = BUCKET["Properties"]["BucketEncryption"]["ServerSideEncryptionConfiguration"]

    assert rule == {"ServerSideEncryptionByDefault": {"SSEAlgorithm": "AES256"}}
    assert BUCKET["Properties"]["VersioningConfiguration"] == {"Status": "Enabled"}


@pytest.mark.parametrize("way", ["BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets"])
def test_no_way_makes_it_public(way: str) -> None:
    assert BUCKET["Properties"]["PublicAccessBlockConfiguration"][way] is True


def test_only_the_owner_owns_objects() -> None:
    assert BUCKET["Properties"]["OwnershipControls"] == {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}


def test_nothing_goes_in_or_out_without_tls() -> None:
    assert statement("OnlyOverTls") == {
        "Sid": "OnlyOverTls",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:*",
        "Resource": ["<Registry.Arn>", "<Registry.Arn>/*"],
        "Condition": {"Bool": {"aws:SecureTransport": "false"}},
    }


def test_objects_are_created_once_and_never_replaced() -> None:
    assert statement("OnlyCreateOnce") == {
        "Sid": "OnlyCreateOnce",
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": ["<Registry.Arn>/models/*", "<Registry.Arn>/blobs/*", "<Registry.Arn>/journal/*"],
        # Parts of a multipart upload carry no If-None-Match and create nothing; the completion must carry it.
        "Condition": {"Null": {"s3:if-none-match": "true"}, "Bool": {"s3:ObjectCreationOperation": "true"}},
    }


@pytest.mark.parametrize(
    ("sid", "condition"),
    [
        (
            "OnlyReadableStorage",
            {"Null": {"s3:x-amz-storage-class": "false"}, "StringNotEquals": {"s3:x-amz-storage-class": "STANDARD"}},
        ),
        (
            "OnlyReadableEncryption",
            {
                "Null": {"s3:x-amz-server-side-encryption": "false"},
                "StringNotEquals": {"s3:x-amz-server-side-encryption": "AES256"},
            },
        ),
        ("NoKeysOfCallers", {"Null": {"s3:x-amz-server-side-encryption-customer-algorithm": "false"}}),
    ],
)
def test_nothing_is_created_that_the_stacks_roles_cannot_read(sid: str, condition: dict[str, Any]) -> None:
    """An object that is archived, or encrypted with the writer's key, could not be read or deleted."""
    assert statement(sid) == {
        "Sid": sid,
        "Effect": "Deny",
        "Principal": "*",
        "Action": "s3:PutObject",
        "Resource": ["<Registry.Arn>/models/*", "<Registry.Arn>/blobs/*", "<Registry.Arn>/journal/*"],
        "Condition": condition,
    }


def test_manifests_and_the_journal_cannot_be_deleted() -> None:
    found = statement("RecordsStay")

    assert (found["Effect"], found["Principal"]) == ("Deny", "*")
    assert found["Resource"] == ["<Registry.Arn>/models/*", "<Registry.Arn>/journal/*"]
    assert found["Action"] == ["s3:DeleteObject", "s3:DeleteObjectVersion"]
    assert "Condition" not in found


def test_expiry_touches_deleted_blobs_and_unfinished_uploads_only() -> None:
    rules = {rule.pop("Id"): rule for rule in translate().properties("Registry")["LifecycleConfiguration"]["Rules"]}

    assert rules == {
        "unfinished-uploads": {"Status": "Enabled", "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7}},
        "deleted-blobs": {
            "Status": "Enabled",
            "Prefix": "blobs/",
            "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
        },
    }
