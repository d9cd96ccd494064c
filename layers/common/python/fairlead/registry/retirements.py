"""Retirements: versions that are permanently out of service; their manifests stay.

    models/<name>/retired/<n>.json   a Retirement, created once

A version is retired if the key exists, so one listing returns all of them. The contents say who, when and why;
a marker whose contents cannot be read counts too.
"""

import re
from datetime import UTC, datetime

import msgspec

from fairlead.errors import NotFoundError, one_line
from fairlead.model.manifest import UNREADABLE
from fairlead.registry.store import Listed, Registry, check_name

NUMBERED = re.compile(r"([1-9][0-9]*)\.json")


class Retirement(msgspec.Struct, frozen=True, kw_only=True):
    """The retirement of a version: `retired` is when, in aware UTC; `reason` may be empty.

    A marker that cannot be read has neither time nor principal, and its fault as reason.
    """

    model: str
    version: int
    retired: datetime | None
    retired_by: str
    reason: str = ""

    def __str__(self) -> str:
        if self.retired is None:
            return self.reason
        at = self.retired.astimezone(UTC)
        return f"{at:%Y-%m-%d %H:%M:%S}Z by {self.retired_by}" + (f": {self.reason}" if self.reason else "")


def retire(registry: Registry, retirement: Retirement) -> tuple[Retirement, bool]:
    """Retire a version, once; returns the retirement in force, and whether this call made it.

    Raises NotFoundError for a version that does not exist.
    """
    model, version = retirement.model, retirement.version
    if version not in registry.versions(model):
        raise registry.unknown_version(model, version)
    data = msgspec.json.format(msgspec.json.encode(retirement), indent=1)
    if registry.objects.put_new(_key(model, version), data):
        return retirement, True
    # boto3 repeats a put whose response was lost, and then finds its own object.
    standing = _read(registry, model, version)
    return standing, standing == retirement


def retirement(registry: Registry, model: str, version: int) -> Retirement | None:
    """Return the retirement of a version, None if it is not retired."""
    check_name(model)
    try:
        return _read(registry, model, version)
    except NotFoundError:
        return None


def retired(objects: Listed, model: str) -> frozenset[int]:
    """Return the numbers of a model's retired versions."""
    check_name(model)
    prefix = _prefix(model)
    names = (key.removeprefix(prefix) for key in objects.keys(prefix))
    return frozenset(int(found[1]) for name in names if (found := NUMBERED.fullmatch(name)))


def _read(registry: Registry, model: str, version: int) -> Retirement:
    """Return the retirement in a marker; one that cannot be read retires its version too, since none may be deleted."""
    data = registry.objects.get(_key(model, version))
    try:
        found = msgspec.json.decode(data, type=Retirement)
    except UNREADABLE as error:
        return _unreadable(model, version, f"{_key(model, version)} cannot be read: {one_line(error)}")
    if (found.model, found.version) != (model, version):
        return _unreadable(
            model, version, f"{_key(model, version)} names {found.model} version {found.version} instead"
        )
    return found


def _unreadable(model: str, version: int, fault: str) -> Retirement:
    return Retirement(model=model, version=version, retired=None, retired_by="", reason=fault)


def _prefix(model: str) -> str:
    return f"models/{model}/retired/"


def _key(model: str, version: int) -> str:
    return f"{_prefix(model)}{version}.json"
