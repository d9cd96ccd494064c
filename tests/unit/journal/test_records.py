"""Records and deployment descriptions survive encoding and decoding."""

from datetime import datetime
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fairlead.errors import IntegrityError, SchemaError
from fairlead.journal.records import (
    Described,
    Draft,
    Record,
    StatePointers,
    decode,
    describe_deployment,
    encode,
    parse_deployment,
)
from fairlead.model.release import frozen_release
from tests.journals import ADA, NOON, release

RECORD = Record(
    schema=1,
    number=7,
    previous="0" * 64,
    at=NOON,
    mark="1f",
    since=StatePointers(live=7, previous=5, intents=(4,)),
    kind="shifting",
    by=ADA,
    why="fewer false alarms",
    alias="live",
    was=release(2),
    now=release(3),
    weights={"3": 0.1},
    deployment="d-A1",
    key="d-A1:START",
    happened=NOON,
    evidence={"strategy": "canary-10-5m", "figures": [1, 2.5, None]},
)


def test_a_record_is_read_as_it_was_written() -> None:
    assert decode(encode(RECORD)) == RECORD


def test_a_record_without_any_choice_is_read_as_it_was_written() -> None:
    plain = Record(schema=1, number=1, previous="", at=NOON, mark="", kind="decided", by=ADA)

    assert decode(encode(plain)) == plain


@pytest.mark.parametrize(
    ("change", "error"),
    [
        ({"schema": 2}, SchemaError),
        ({"kind": "rumoured"}, IntegrityError),
        ({"number": "seven"}, IntegrityError),
        ({"at": "2026-11-22T12:00:00"}, IntegrityError),
    ],
    ids=["a newer schema", "an unknown kind", "no number", "a time without its zone"],
)
def test_object_that_is_no_record_is_refused(change: dict[str, Any], error: type[Exception]) -> None:
    document = msgspec.json.decode(encode(RECORD)) | change

    with pytest.raises(error):
        decode(msgspec.json.encode(document))


@pytest.mark.parametrize("data", [b"", b"\xff\xfe", b"[]", b'{"schema": 1}', encode(RECORD)[:-10]])
def test_bytes_that_are_no_record_raise_errors_of_fairlead(data: bytes) -> None:
    with pytest.raises((IntegrityError, SchemaError)):
        decode(data)


@given(
    model=st.from_regex(r"[a-z0-9][a-z0-9-]{0,62}", fullmatch=True),
    version=st.integers(1, 10**9),
    target=st.integers(1, 10**9),
    after=st.integers(1, 10**9),
)
def test_a_deployments_description_fits_and_reads_back(model: str, version: int, target: int, after: int) -> None:
    described = Described(model=model, version=version, target=str(target), after=str(after))

    assert len(describe_deployment(described)) <= 256
    assert parse_deployment(describe_deployment(described)) == described


@pytest.mark.parametrize(
    "text",
    [
        None,
        "",
        "hotfix",
        "fairlead: churn@7 release 14",
        "fairlead: churn@7 release 14 after 13; trust me",
        "fairlead: churn@0 release 14 after 13",
        "fairlead: churn@7 release $LATEST after 13",
        "fairlead: ../x@7 release 14 after 13",
        " fairlead: churn@7 release 14 after 13\n",
    ],
)
def test_any_other_description_is_not_ours(text: str | None) -> None:
    assert parse_deployment(text) is None


def test_release_is_read_from_the_frozen_environment() -> None:
    environment = {"FAIRLEAD_MODEL": "churn", "FAIRLEAD_VERSION": "7", "FAIRLEAD_MANIFEST_SHA256": "ab"}

    found = frozen_release("14", environment, code_sha256="code", modified="then")

    assert (found.model, found.version, found.digest) == ("churn", 7, "sha256:ab")
    assert str(found) == "release 14 (churn version 7)"


def test_the_bootstrap_version_has_no_model() -> None:
    found = frozen_release("1", {"FAIRLEAD_MODEL": "", "FAIRLEAD_VERSION": ""}, code_sha256="code", modified="then")

    assert (found.model, found.version, found.digest) == (None, 0, "")


def test_a_draft_may_not_hold_a_time_without_its_zone() -> None:
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert({"kind": "moved", "by": ADA, "happened": datetime(2026, 11, 22)}, type=Draft)  # noqa: DTZ001
