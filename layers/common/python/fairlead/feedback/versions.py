"""Versions as the feedback loop knows them: signature and baseline from the registry, read once a process.

A log line is only a claim. What it says of its version is believed when the registry's manifest has the digest that it
carries, and it is counted when it holds what that version takes and answers.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

from msgspec import UNSET

from fairlead import quality
from fairlead.drift import Counters, Request, Tally, merge
from fairlead.errors import FairleadError, IntegrityError, NotFoundError
from fairlead.feedback.ledger.items import spelled
from fairlead.model import baseline
from fairlead.model.baseline import Baseline, Feature, Numbers
from fairlead.model.manifest import Manifest
from fairlead.model.signature import Output, Scalar, Signature
from fairlead.quality.counters import classes_of
from fairlead.registry.store import NAME, Listed, Reading, manifest_key
from fairlead.telemetry.capture import Part

NOTHING = Baseline(schema=baseline.SCHEMA, rows=0, features=(), predictions=baseline.Predictions())
"""Of a version that has no baseline: its rows are counted, and nothing about them."""
NUMERIC: frozenset[type] = frozenset({int, float, bool, type(None)})
TEXT: frozenset[type] = frozenset({str, type(None)})
COLUMNS = ("labels", "probabilities", "values", "scores")
ROUNDING = 1e-3
"""By how much a stated probability may lie outside of 0 to 1."""


class UnknownVersionError(FairleadError):
    """What was captured is not of a version that the registry has."""

    code = "unknown_version"


class Named(NamedTuple):
    """A version as a captured part names it: `digest` is `sha256:` and the digest of its manifest."""

    model: str
    version: int
    digest: str


def named(part: Part) -> Named:
    """Say which version a part claims to be of."""
    return Named(part.model, part.version, part.digest)


class KnownVersion:
    """One version: what its parts must hold, and how they are counted."""

    def __init__(self, signature: Signature, reference: Baseline | None) -> None:
        self.output = signature.output
        self._taken = frozenset(field.name for field in signature.inputs)
        self._labels = frozenset(map(spelled, classes_of(signature.output)))
        self._reference = reference or NOTHING
        self._names = tuple(feature.name for feature in self._reference.features)
        self._types = {feature.name: types for feature in self._reference.features if (types := _types(feature))}
        self._tally = Tally(self._reference)

    def traffic(self, parts: Sequence[Part]) -> Counters:
        """Count what was asked and answered."""
        asked = self._tally([self._request(part) for part in parts])
        return merge(asked, quality.count_confidences(self._reference, parts))

    def misfit(self, part: Part) -> str:
        """Say why a part cannot be of this version; empty if it can."""
        if not self._taken.issuperset(part.fields) or len(set(part.fields)) < len(part.fields):
            return "it has fields that the version does not take"
        columns = zip(*(row for row in part.rows if row is not None), strict=True)
        for name, column in zip(part.fields, columns, strict=False):
            if name in self._types and not self._types[name].issuperset(map(type, column)):
                return f"values of {name!r} are not of its kind"
        return _answers_misfit(self.output, self._labels, part)

    def _request(self, part: Part) -> Request:
        """Lay a part out as drift counts it; a row that was too large to capture is one of which nothing is known."""
        whole = part.fields == self._names and None not in part.rows
        return Request(
            caller=part.caller,
            at=part.at // 1000,
            rows=part.rows if whole else self._rows(part),  # type: ignore[arg-type]  # a list is as good as a tuple
            labels=part.labels or (),
            scores=part.probabilities or part.values or part.scores or (),
        )

    def _rows(self, part: Part) -> list[tuple[Any, ...]]:
        places = [part.fields.index(name) if name in part.fields else -1 for name in self._names]
        # One more value than fields, for those at -1: never captured.
        padded = ([*row, UNSET] if row is not None else [UNSET] * (len(part.fields) + 1) for row in part.rows)
        return [tuple(row[place] for place in places) for row in padded]


class KnownVersions:
    """Versions of one registry."""

    def __init__(self, objects: Listed) -> None:
        self._objects = objects
        self._reading = Reading(objects)
        self._known: dict[Named, KnownVersion] = {}

    def has(self, name: Named) -> bool:
        """Say whether a version was read before."""
        return name in self._known

    def of(self, name: Named) -> KnownVersion:
        """Return a version; raises UnknownVersionError, and what a registry in trouble raises."""
        if name not in self._known:
            self._known[name] = self._load(name)
        return self._known[name]

    def _load(self, name: Named) -> KnownVersion:
        facts = self._manifest(name)
        blob = facts.blobs.get("baseline")
        return KnownVersion(facts.signature, baseline.decode(self._reading.blob(blob)) if blob else None)

    def _manifest(self, name: Named) -> Manifest:
        what = f"{name.model[:63]} version {name.version}"
        # Absence must be told from a lost permission, which a GET answered 403 would not: so the key is looked for.
        key = manifest_key(name.model, name.version)
        if not NAME.fullmatch(name.model) or key not in self._objects.keys(key):
            raise UnknownVersionError(f"the registry has no {what}")
        try:
            return self._reading.manifest(name.model, name.version, sha256=name.digest.removeprefix("sha256:"))[0]
        except (IntegrityError, NotFoundError) as error:
            raise UnknownVersionError(f"{what} is another than was captured: {error}") from error


def _types(feature: Feature) -> frozenset[type] | None:
    """Say what values of a feature can be counted; None where all can."""
    if feature.kind == "text":
        return TEXT
    return NUMERIC if isinstance(feature.seen, Numbers) else None


def _answers_misfit(output: Output, labels: frozenset[str], part: Part) -> str:
    """Say why answers cannot be the version's: columns that its task has, and no others, in the bounds of the task."""
    if output.task == "regression":
        wide = len(output.names) if output.names else None
        fits = part.values is not None and all(_width(value) == wide for value in part.values if value is not None)
        return _others(part, "values") if fits else "its values are not those of the version's targets"
    if part.labels is None or not (labels.issuperset(_spelled(part.labels)) if labels else _clusters(part.labels)):
        return "its labels are not the version's"
    if output.probabilities:
        classes = len(output.classes or ())
        fits = part.probabilities is not None and all(_shares(shares, classes) for shares in part.probabilities)
        return (
            _others(part, "labels", "probabilities") if fits else "its probabilities are not of the version's classes"
        )
    return _others(part, "labels", "scores") if output.task == "anomaly" else _others(part, "labels")


def _others(part: Part, *taken: str) -> str:
    """Say which columns a part has beside those of its task; empty if none."""
    found = [name for name in COLUMNS if name not in taken and getattr(part, name) is not None]
    return f"its version answers no {' or '.join(found)}" if found else ""


def _clusters(labels: Sequence[Scalar]) -> bool:
    return all(type(label) is int for label in labels)


def _shares(shares: Sequence[float | None], classes: int) -> bool:
    """Say whether these are probabilities of so many classes, but for rounding."""
    return len(shares) == classes and all(share is None or -ROUNDING <= share <= 1 + ROUNDING for share in shares)


def _width(value: float | list[float | None]) -> int | None:
    return len(value) if isinstance(value, list) else None


def _spelled(labels: Sequence[Scalar]) -> set[str]:
    return {spelled(label) for _, label in {(type(label), label) for label in labels}}
