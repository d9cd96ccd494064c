"""Versions for the feedback loop: signature and baseline from the registry, read once per process.

A log line is only a claim. It is accepted if the registry's manifest has the digest in the line, and counted if its
fields and answers fit the version's signature.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import msgspec
from msgspec import UNSET

from fairlead import quality
from fairlead.drift import Counters, Request, Tally, merge
from fairlead.errors import FairleadError, IntegrityError, NotFoundError
from fairlead.model import baseline
from fairlead.model.answers import canonical
from fairlead.model.baseline import Baseline, Feature, Numbers
from fairlead.model.digest import unprefixed
from fairlead.model.manifest import Manifest
from fairlead.model.signature import Output, Scalar, Signature
from fairlead.quality.counters import classes_of
from fairlead.registry.store import NAME, Listed, Reading, manifest_key
from fairlead.telemetry.capture import Part

NOTHING = Baseline(schema=baseline.SCHEMA, rows=0, features=(), predictions=baseline.Predictions())
"""The baseline of a version without one: only its rows are counted."""
NUMERIC: frozenset[type] = frozenset({int, float, bool, type(None)})
TEXT: frozenset[type] = frozenset({str, type(None)})
COLUMNS = ("labels", "probabilities", "values", "scores")
ROUNDING = 1e-3
"""By how much a captured probability may lie outside of 0 to 1."""


class UnknownVersionError(FairleadError):
    """A captured part names a version that the registry does not have."""

    code = "unknown_version"


class VersionName(NamedTuple):
    """A version as a captured part names it; `digest` is its manifest's, with the prefix `sha256:`."""

    model: str
    version: int
    digest: str


def named(part: Part) -> VersionName:
    """Return the version that a part names."""
    return VersionName(part.model, part.version, part.digest)


class KnownVersion:
    """One version: checks its captured parts and counts them."""

    def __init__(self, signature: Signature, reference: Baseline | None) -> None:
        self.output = signature.output
        self._inputs = tuple(field.name for field in signature.inputs)
        self._labels = frozenset(map(canonical, classes_of(signature.output)))
        self._reference = reference or NOTHING
        self._names = tuple(feature.name for feature in self._reference.features)
        self._types = {feature.name: types for feature in self._reference.features if (types := _types(feature))}
        self._tally = Tally(self._reference)

    def traffic(self, parts: Sequence[Part]) -> Counters:
        """Return the traffic counters of parts: inputs and answers."""
        counters = self._tally([self._request(part) for part in parts])
        return merge(counters, quality.count_confidences(self._reference, parts))

    def completed(self, part: Part) -> Part:
        """Return a part that names its fields: a line leaves them out where they are all inputs of the version."""
        return msgspec.structs.replace(part, fields=self._inputs) if part.width and not part.fields else part

    def misfit(self, part: Part) -> str:
        """Return why a part does not fit this version; empty if it fits."""
        if not set(self._inputs).issuperset(part.fields) or len(set(part.fields)) < len(part.fields):
            return "the part has repeated fields, or fields that are not in the version's signature"
        if any(len(row) != len(part.fields) for row in part.rows if row is not None):
            return "the part has more or fewer values in a row than the version's signature has inputs"
        columns = zip(*(row for row in part.rows if row is not None), strict=True)
        for name, column in zip(part.fields, columns, strict=False):
            if name in self._types and not self._types[name].issuperset(map(type, column)):
                return f"values of {name!r} do not have the field's type"
        return _answers_misfit(self.output, self._labels, part)

    def _request(self, part: Part) -> Request:
        """Convert a part for the drift counters; a row that was too large to capture has no known values."""
        whole = part.fields == self._names and None not in part.rows
        return Request(
            caller=part.caller,
            at=part.at // 1000,
            rows=part.rows if whole else self._rows(part),  # type: ignore[arg-type]  # a list works as a tuple does
            labels=part.labels or (),
            scores=part.probabilities or part.values or part.scores or (),
        )

    def _rows(self, part: Part) -> list[tuple[Any, ...]]:
        places = [part.fields.index(name) if name in part.fields else -1 for name in self._names]
        # One more value than fields, for index -1: a field that is not captured.
        padded = ([*row, UNSET] if row is not None else [UNSET] * (len(part.fields) + 1) for row in part.rows)
        return [tuple(row[place] for place in places) for row in padded]


class KnownVersions:
    """The versions of one registry, cached."""

    def __init__(self, objects: Listed) -> None:
        self._objects = objects
        self._reading = Reading(objects)
        self._known: dict[VersionName, KnownVersion] = {}

    def has(self, name: VersionName) -> bool:
        """Return whether a version is cached."""
        return name in self._known

    def of(self, name: VersionName) -> KnownVersion:
        """Return a version; raises UnknownVersionError, and StorageError if the registry cannot be read."""
        if name not in self._known:
            self._known[name] = self._load(name)
        return self._known[name]

    def _load(self, name: VersionName) -> KnownVersion:
        facts = self._manifest(name)
        blob = facts.blobs.get("baseline")
        return KnownVersion(facts.signature, baseline.decode(self._reading.blob(blob)) if blob else None)

    def _manifest(self, name: VersionName) -> Manifest:
        what = f"{name.model[:63]} version {name.version}"
        # The key is listed first: a GET answers 403 both for a missing object and for a missing permission.
        key = manifest_key(name.model, name.version)
        if not NAME.fullmatch(name.model) or key not in self._objects.keys(key):
            raise UnknownVersionError(f"the registry has no {what}")
        try:
            return self._reading.manifest(name.model, name.version, sha256=unprefixed(name.digest))[0]
        except (IntegrityError, NotFoundError) as error:
            raise UnknownVersionError(f"{what} in the registry is not the captured one: {error}") from error


def _types(feature: Feature) -> frozenset[type] | None:
    """Return the types of a feature's values that can be counted; None for any type."""
    if feature.kind == "text":
        return TEXT
    return NUMERIC if isinstance(feature.seen, Numbers) else None


def _answers_misfit(output: Output, labels: frozenset[str], part: Part) -> str:
    """Return why answers do not fit the version's task, by their columns and the bounds of their values."""
    if output.task == "regression":
        wide = len(output.names) if output.names else None
        fits = part.values is not None and all(_width(value) == wide for value in part.values if value is not None)
        return _others(part, "values") if fits else "the values do not match the version's targets"
    if part.labels is None or not (
        labels.issuperset(_canonical_labels(part.labels)) if labels else _clusters(part.labels)
    ):
        return "the labels are not the version's classes"
    if output.probabilities:
        classes = len(output.classes or ())
        fits = part.probabilities is not None and all(_shares(shares, classes) for shares in part.probabilities)
        return (
            _others(part, "labels", "probabilities") if fits else "the probabilities do not match the version's classes"
        )
    return _others(part, "labels", "scores") if output.task == "anomaly" else _others(part, "labels")


def _others(part: Part, *taken: str) -> str:
    """Return a message about columns that the task does not have; empty without such columns."""
    found = [name for name in COLUMNS if name not in taken and getattr(part, name) is not None]
    return f"the version does not answer {' or '.join(found)}" if found else ""


def _clusters(labels: Sequence[Scalar]) -> bool:
    return all(type(label) is int for label in labels)


def _shares(shares: Sequence[float | None], classes: int) -> bool:
    """Return whether these are probabilities of so many classes, within ROUNDING."""
    return len(shares) == classes and all(share is None or -ROUNDING <= share <= 1 + ROUNDING for share in shares)


def _width(value: float | list[float | None]) -> int | None:
    return len(value) if isinstance(value, list) else None


def _canonical_labels(labels: Sequence[Scalar]) -> set[str]:
    return {canonical(label) for _, label in {(type(label), label) for label in labels}}
