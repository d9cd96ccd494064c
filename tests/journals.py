"""Releases and journals for tests, on a clock that only the test moves."""

from datetime import UTC, datetime, timedelta
from typing import Any

from fairlead.journal.chain import seal
from fairlead.journal.journal import Journal
from fairlead.journal.records import Draft
from fairlead.model.release import Release
from fairlead.registry.store import Objects

ADA = "arn:aws:sts::123456789012:assumed-role/ops/ada"
BOB = "arn:aws:iam::123456789012:user/bob"
STACK = "fairlead"
NOON = datetime(2026, 11, 22, 12, 0, tzinfo=UTC)


class Clock:
    """Noon, until `pass_`."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, **much: float) -> datetime:
        self.now += timedelta(**much)
        return self.now


def release(number: int, model: str = "churn") -> Release:
    """Release 1 is the bootstrap version; release N holds version N - 1."""
    if number == 1:
        return Release(release="1", model=None, version=0, digest="", code_sha256="code", modified="")
    return Release(
        release=str(number),
        model=model,
        version=number - 1,
        digest=f"sha256:{number:064d}",
        code_sha256="code",
        modified="2026-11-22T09:00:00.000+0000",
    )


def journal(objects: Objects, clock: Clock | None = None) -> Journal:
    return Journal(objects, STACK, clock=clock or Clock(), sleep=lambda _: None)


def key_of(number: int, folder: str = "moves") -> str:
    """Return a record's key."""
    return f"journal/{STACK}/{folder}/{number:08d}.json"


def sealed(data: bytes) -> str:
    """Return the digest by which the next record names these bytes."""
    return seal(f"journal/{STACK}/moves/", data)


def moved(was: int, now: int, **more: Any) -> Draft:
    return Draft(**{"kind": "moved", "alias": "live", "by": ADA, "was": release(was), "now": release(now), **more})


def intended(was: int, now: int, **more: Any) -> Draft:
    return Draft(kind="intended", was=release(was), now=release(now), **{"by": ADA, **more})


def shifting(was: int, now: int, deployment: str = "d-1", **more: Any) -> Draft:
    return moved(was, now, kind="shifting", by="codedeploy", deployment=deployment, key=f"{deployment}:START", **more)
