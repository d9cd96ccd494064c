"""The registry: content-addressed blobs and create-once manifests; no database.

    blobs/sha256/<hex>               bytes named by their digest; <hex>.<copy> if other bytes occupied the name
    models/<name>/versions/<n>.json  the manifest, written last: its creation is the commit

A publisher killed at any point leaves no version, at most unreferenced blobs. Of two publishers racing for one number
the store lets one create it; the other builds its manifest again on top of the winner's.

Publishers can create any object under their model's numbers, and no role may delete one. So an object there is a
version only if the chain of manifests reaches it. The next version follows the newest one and takes the next free
number. Skipped objects are a gap, which the parent's number shows.
"""

import contextlib
import os
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

from fairlead.errors import FairleadError, IntegrityError, NotFoundError, SchemaError, SettingsError, StorageError
from fairlead.model.digest import prefixed, sha256_of
from fairlead.model.manifest import Blob, Manifest, Parent, decode, encode
from fairlead.registry.hash_chain import Link, free, longest, near

COMMIT_ATTEMPTS = 50
WINDOW = 32
"""Newest manifests that are read to find the newest version. A longer handwritten chain is taken for the lineage."""

MOST_READ = 2_000
"""Manifests that are read if the newest ones are not one chain; a flood of objects must not delay a publication."""

READ_AT_ONCE = 8
"""Manifests that are read in parallel."""

ALIKE = 3
"""Similar names or numbers that a not-found error proposes."""

NAME = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
MANIFEST_KEY = re.compile(r"models/(?P<model>[a-z0-9][a-z0-9-]{0,62})/versions/(?P<version>[1-9][0-9]*)\.json")
CHANGED = "the object was changed; restore its earlier version from the versioned bucket"


class Readable(Protocol):
    """A read-only store, as on predict's cold path."""

    def get(self, key: str) -> bytes:
        """Return the object's bytes; raises NotFoundError."""


class Listed(Readable, Protocol):
    """A readable store whose keys can be listed."""

    def keys(self, prefix: str) -> Iterator[str]:
        """Yield every key under the prefix."""


class Patient(Listed, Protocol):
    """A store with one time limit for a series of reads."""

    def begin(self) -> None:
        """Start the time limit: all reads until the next call end within it, or raise StorageError."""


class Objects(Listed, Protocol):
    """A store that publishers write to."""

    def keys(self, prefix: str, *, after: str = "") -> Iterator[str]:
        """Yield every key under the prefix that comes after this one, ascending."""

    def put_new(self, key: str, data: bytes) -> bool:
        """Create the object unless it exists, atomically; returns False if it exists."""

    def rewritten(self, prefix: str) -> Sequence[str]:
        """Return every key under the prefix that was overwritten or deleted, as far as the store keeps a history."""


class Reading:
    """Reads manifests and blobs, and checks their digests."""

    def __init__(self, objects: Readable) -> None:
        self._readable = objects

    def blob(self, blob: Blob) -> bytes:
        """Return the bytes, with size and digest checked; raises IntegrityError, NotFoundError."""
        data = self._readable.get(blob_key(blob))
        found = sha256_of(data)
        if (len(data), found) != (blob.size, blob.sha256):
            raise IntegrityError(
                f"blob {prefixed(blob.sha256)} ({blob.size} bytes) holds {len(data)} bytes of {prefixed(found)}",
                hint=CHANGED,
            )
        return data

    def manifest(self, model: str, version: int, *, sha256: str | None = None) -> tuple[Manifest, str]:
        """Return the manifest and its digest, which must equal `sha256` if given.

        Raises NotFoundError, SchemaError, and IntegrityError for a wrong digest, model or version.
        """
        check_name(model)
        data = self._manifest_bytes(model, version)
        found = sha256_of(data)
        if sha256 is not None and found != sha256:
            raise IntegrityError(
                f"the manifest of {model} version {version} has digest {prefixed(found)}, expected {prefixed(sha256)}",
                hint=CHANGED,
            )
        manifest = decode(data)
        if (manifest.model, manifest.version) != (model, version):
            raise IntegrityError(
                f"the manifest of {model} version {version} names {manifest.model} version {manifest.version} instead"
            )
        return manifest, found

    def _manifest_bytes(self, model: str, version: int) -> bytes:
        try:
            return self._readable.get(manifest_key(model, version))
        except NotFoundError as error:
            raise self._no_version(model, version) from error

    def _no_version(self, model: str, version: int) -> NotFoundError:
        hint = f"`fairlead versions {model}` lists its versions"
        return NotFoundError(f"model {model!r} has no version {version}", hint=hint)


class Registry(Reading):
    """All models, their versions and blobs, in one store."""

    def __init__(self, objects: Objects) -> None:
        super().__init__(objects)
        self.objects = objects

    def put_blob(self, data: bytes) -> Blob:
        """Store bytes under their digest, once.

        An existing blob is read back in full before it is trusted. Each publisher may create any blob, and digests can
        be predicted: if other bytes occupy the name, the blob gets an unpredictable name.
        """
        blob = Blob(sha256=sha256_of(data), size=len(data))
        if self.objects.put_new(blob_key(blob), data):
            return blob
        try:
            self.blob(blob)
        except IntegrityError:
            blob = Blob(sha256=blob.sha256, size=blob.size, copy=os.urandom(8).hex())
            self.objects.put_new(blob_key(blob), data)
        return blob

    def models(self) -> list[str]:
        """Return the names of all models that have a version, sorted."""
        found = (MANIFEST_KEY.fullmatch(key) for key in self.objects.keys("models/"))
        return sorted({match["model"] for match in found if match})

    def versions(self, model: str) -> list[int]:
        """Return the model's version numbers, ascending; none for an unknown model.

        Objects that are not versions are included, except those far ahead.
        """
        check_name(model)
        found = (MANIFEST_KEY.fullmatch(key) for key in self.objects.keys(f"models/{model}/versions/"))
        return near(sorted(int(match["version"]) for match in found if match))

    def latest(self, model: str) -> int:
        """Return the number of the model's newest version; raises NotFoundError for an unknown model."""
        newest = self._newest(model, self.versions(model))
        if newest is None:
            raise self.unknown_model(model)
        return newest[0].version

    def lineage(self, model: str) -> Iterator[tuple[Manifest, str]]:
        """Yield the newest version's manifest and digest, then its parent's, and so on; raises as `manifest` does."""
        link = self._newest(model, self.versions(model))
        while link:
            yield link
            parent = link[0].parent
            link = self.manifest(model, parent.version, sha256=parent.sha256) if parent else None

    def unknown_model(self, model: str) -> NotFoundError:
        """Return the error for a model without versions: its objects are none, or similar names are the hint."""
        import difflib

        alike: list[str] = []
        with contextlib.suppress(FairleadError):  # a role that may not list the models gets the error without names
            known = self.models()
            if model in known:
                return NotFoundError(
                    f"no object under the versions of model {model!r} is a version",
                    hint="a first version can be published: it takes the next free number",
                )
            alike = difflib.get_close_matches(model, known, n=ALIKE)
        meant = f"did you mean {' or '.join(alike)}? " if alike else ""
        return NotFoundError(f"there is no model {model!r}", hint=f"{meant}`fairlead versions` lists the models")

    def unknown_version(self, model: str, version: int) -> NotFoundError:
        """Return the error for an unknown version, with the nearest numbers as a hint, or for its unknown model."""
        nearest: list[int] = []
        with contextlib.suppress(StorageError):
            known = self.versions(model)
            if not known:
                return self.unknown_model(model)
            nearest = sorted(sorted(known, key=lambda one: abs(one - version))[:ALIKE])
        meant = f"did you mean {' or '.join(map(str, nearest))}? " if nearest else ""
        hint = f"{meant}`fairlead versions {model}` lists its versions"
        return NotFoundError(f"model {model!r} has no version {version}", hint=hint)

    def commit(self, model: str, build: Callable[[int, Parent | None], Manifest]) -> tuple[Manifest, str]:
        """Create the next version; returns its manifest and digest.

        `build` gets the number and the parent, again after each lost race. Every blob that the manifest names must have
        been stored before.
        """
        for _ in range(COMMIT_ATTEMPTS):
            versions = self.versions(model)
            newest = self._newest(model, versions)
            parent = Parent(version=newest[0].version, sha256=newest[1]) if newest else None
            version = free(versions, parent.version if parent else 0)
            manifest = build(version, parent)
            data = encode(manifest)
            if self._create(manifest_key(model, version), data):
                return manifest, sha256_of(data)
        raise StorageError(
            f"{model} got no version number in {COMMIT_ATTEMPTS} attempts: other publishers were faster",
            hint="nothing was published; try again",
        )

    def _create(self, key: str, data: bytes) -> bool:
        # boto3 repeats a put whose response was lost, and then finds its own object.
        return self.objects.put_new(key, data) or self.objects.get(key) == data

    def _newest(self, model: str, versions: Sequence[int]) -> tuple[Manifest, str] | None:
        """Return the newest version that the chain reaches, None without any.

        Usually the newest manifests are one chain without a gap. Otherwise the others are read too, because a publisher
        may have written these by hand.
        """
        found = self._manifests(model, versions[-WINDOW:])
        links = _links(found)
        newest, length = longest(links, whole=False)
        if length < WINDOW or not self._follows_stored(model, links[0]):
            found |= self._manifests(model, versions[-MOST_READ:-WINDOW])
            whole = len(versions) <= MOST_READ
            newest, _ = longest(_links(found, whole=whole), whole=whole)
        return found.get(newest)

    def _manifests(self, model: str, versions: Sequence[int]) -> dict[int, tuple[Manifest, str]]:
        """Return the manifests that can be read, with their digests, by version."""
        with ThreadPoolExecutor(READ_AT_ONCE) as pool:
            found = pool.map(lambda version: self._readable_manifest(model, version), versions)
            return {version: one for version, one in zip(versions, found, strict=True) if one}

    def _readable_manifest(self, model: str, version: int, sha256: str | None = None) -> tuple[Manifest, str] | None:
        with contextlib.suppress(IntegrityError, SchemaError, NotFoundError):
            return self.manifest(model, version, sha256=sha256)
        return None

    def _follows_stored(self, model: str, link: Link) -> bool:
        return any(self._readable_manifest(model, version, sha256) for version, sha256 in link.before)

    def _no_version(self, model: str, version: int) -> NotFoundError:
        return self.unknown_version(model, version)


def _links(found: Mapping[int, tuple[Manifest, str]], *, whole: bool = False) -> list[Link]:
    """Return the manifests' links, ascending. Only the lowest without a parent in a whole folder is the first one."""
    links = [_link(*found[version]) for version in sorted(found)]
    first = next((link for link in links if link.first), None)
    return [link for link in links if not whole or link is first or not link.first]


def _link(manifest: Manifest, sha256: str) -> Link:
    parent = manifest.parent
    before = ((parent.version, parent.sha256),) if parent else ()
    return Link(number=manifest.version, sha256=sha256, before=before, first=parent is None)


def check_name(model: str) -> None:
    """Raise SettingsError unless the name is 1 to 63 lower-case letters, digits and hyphens, no hyphen first."""
    if NAME.fullmatch(model):
        return
    suggested = re.sub(r"[^a-z0-9]+", "-", model.lower()).strip("-")[:63] or "churn"
    raise SettingsError(
        f"{model!r} is not a model name: 1 to 63 lower-case letters, digits and hyphens, no hyphen first",
        hint=f"for example {suggested!r}",
    )


def blob_key(blob: Blob) -> str:
    """Return the key of a blob."""
    return f"blobs/sha256/{blob.sha256}" + (f".{blob.copy}" if blob.copy else "")


def manifest_key(model: str, version: int) -> str:
    """Return the key of a manifest."""
    return f"models/{model}/versions/{version}.json"
