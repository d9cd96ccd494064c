"""Publishing, told from start to end: a fitted estimator becomes one immutable version, or a refusal with a reason.

`publish` and `validate` walk the same path: material, proofs, the gate's verdict. Nothing is written before it,
and the manifest is written last: killed anywhere, no version exists.
"""

import getpass
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from fairlead.aws import clients, stack
from fairlead.errors import DataError, SettingsError
from fairlead.gate.findings import Verdict
from fairlead.gate.policy import Policy
from fairlead.gate.policy_file import parse
from fairlead.gate.refusal import GateError
from fairlead.model.manifest import Forced
from fairlead.publishing.champion import find_champion
from fairlead.publishing.input.estimator_checks import check_estimator
from fairlead.publishing.input.inputs import Material, Progress, read_material
from fairlead.publishing.input.paths import fault_of
from fairlead.publishing.input.sklearn_options import as_served
from fairlead.publishing.input.table_types import to_frame, to_target
from fairlead.publishing.parity.choose_engine import Demand
from fairlead.publishing.prove import Proved, Terms, prove
from fairlead.publishing.store import Published, store
from fairlead.registry.store import Registry, check_name
from fairlead.settings import Operator, operator

__all__ = ["Published", "publish", "publish_file", "validate", "validate_file"]

LONGEST_REASON = 500


class Place(NamedTuple):
    """Where versions go; `where` is the stack whose live version is the champion, None where a registry was given."""

    registry: Registry
    where: Operator | None


class Publisher(NamedTuple):
    """Who publishes, and why although checks failed: empty where a refusal stands."""

    name: str
    reason: str


def publish(  # noqa: PLR0913 - the one verb of a notebook
    estimator: Any,
    *,
    name: str,
    X: Any,
    y: Any = None,
    train: Any = None,
    train_y: Any = None,
    engine: Demand = "auto",
    policy: Path | str | None = None,
    cv: int = 0,
    allow_breaking: bool = False,
    force: bool = False,
    reason: str = "",
    keep_training_rows: bool = False,
    registry: Registry | None = None,
    by: str = "",
    progress: Progress | None = None,
) -> Published:
    """Publish a fitted estimator with its held-out rows as the next version of model `name`.

    Args:
        estimator: any fitted scikit-learn estimator or pipeline.
        name: 1 to 63 lower-case letters, digits and hyphens.
        X: held-out rows, shape (rows, features), a DataFrame or an array: never the rows it was fitted on.
        y: their target, shape (rows,) or (rows, targets); None for an estimator without a target.
        train: the rows it was fitted on, if at hand: they widen the ranges and categories the signature knows, and
            the gate compares them with the held-out rows.
        train_y: their target, for cross-validation.
        engine: "auto" takes onnx where parity is proved, else sklearn; naming one demands it.
        policy: a TOML file with the gate's thresholds; None takes the defaults.
        cv: folds of a cross-validation over the training rows, 0 for none.
        allow_breaking: publish although callers of the live version must change.
        force: publish although checks failed; `reason` is kept in the manifest for ever.
        reason: why it is forced.
        keep_training_rows: store the training rows with the version, so that it can be fitted anew on them and on what
            was learnt since (docs/explanation/retraining.md says what that means for people in those rows).
        registry: where to publish; None takes the registry of the stack in FAIRLEAD_STACK.
        by: who publishes, for the record; left out, the AWS identity, or the login name where a registry is given.
        progress: called with a sentence before each step.

    Raises RefusedError with the reason and the way forward (GateError where checks failed); then nothing was published.

    """
    check_name(name)
    check_estimator(estimator)
    terms = _terms(engine, policy, cv, allow_breaking=allow_breaking)
    why = _reason(reason, force=force)
    material = _of_notebook(estimator, X, y, train, train_y, keep=keep_training_rows)
    place, tell = _place(registry, None), progress or _silent
    publisher = _publisher(by, why, place)
    proved = _prove(name, material, terms, place, tell)
    return _publish(name, material, proved, publisher, place=place, progress=tell)


def validate(  # noqa: PLR0913 - as publish
    estimator: Any,
    *,
    name: str,
    X: Any,
    y: Any = None,
    train: Any = None,
    train_y: Any = None,
    engine: Demand = "auto",
    policy: Path | str | None = None,
    cv: int = 0,
    allow_breaking: bool = False,
    registry: Registry | None = None,
    progress: Progress | None = None,
) -> Verdict:
    """Say what the gate would say of `publish` with the same arguments; nothing is stored.

    Raises RefusedError where there is no candidate to judge; findings that refuse are in the verdict's `refused`.
    """
    check_name(name)
    check_estimator(estimator)
    terms = _terms(engine, policy, cv, allow_breaking=allow_breaking)
    material = _of_notebook(estimator, X, y, train, train_y)
    return _prove(name, material, terms, _place(registry, None), progress or _silent).verdict


def publish_file(  # noqa: PLR0913 - one parameter for each option of the command
    path: Path,
    *,
    name: str,
    data: Path,
    target: Sequence[str] = (),
    train: Path | None = None,
    engine: Demand = "auto",
    policy: Path | None = None,
    cv: int = 0,
    allow_breaking: bool = False,
    force: bool = False,
    reason: str = "",
    keep_training_rows: bool = False,
    registry: Registry | None = None,
    where: Operator | None = None,
    by: str = "",
    progress: Progress | None = None,
) -> Published:
    """Publish a model file with the held-out rows of a CSV or Parquet file: what `fairlead publish` does.

    Raises as `publish` does.
    """
    check_name(name)
    terms = _terms(engine, policy, cv, allow_breaking=allow_breaking)
    why = _reason(reason, force=force)
    place, tell = _place(registry, where), progress or _silent
    publisher = _publisher(by, why, place)
    material = read_material(path, data=data, target=target, train=train, keep=keep_training_rows, progress=tell)
    _check_kept(material)
    proved = _prove(name, material, terms, place, tell)
    return _publish(name, material, proved, publisher, place=place, progress=tell)


def validate_file(  # noqa: PLR0913 - one parameter for each option of the command
    path: Path,
    *,
    name: str,
    data: Path,
    target: Sequence[str] = (),
    train: Path | None = None,
    engine: Demand = "auto",
    policy: Path | None = None,
    cv: int = 0,
    allow_breaking: bool = False,
    registry: Registry | None = None,
    where: Operator | None = None,
    progress: Progress | None = None,
) -> Verdict:
    """Say what the gate would say of `publish_file` with the same arguments; nothing is stored."""
    check_name(name)
    terms = _terms(engine, policy, cv, allow_breaking=allow_breaking)
    place, tell = _place(registry, where), progress or _silent
    material = read_material(path, data=data, target=target, train=train, progress=tell)
    return _prove(name, material, terms, place, tell).verdict


def _terms(engine: Demand, policy: Path | str | None, cv: int, *, allow_breaking: bool) -> Terms:
    return Terms(engine=engine, policy=_policy(policy), folds=cv, allow_breaking=allow_breaking)


def _policy(path: Path | str | None) -> Policy:
    if path is None:
        return Policy()
    path = Path(path)
    if fault := fault_of(path):
        raise SettingsError(f"the policy cannot be read: {fault}")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"the policy {path} cannot be read: {error}") from error
    return parse(text, name=path.name)


def _reason(reason: str, *, force: bool) -> str:
    """The reason on one line; raises SettingsError where force and reason do not come together."""
    said = " ".join(reason.split())
    if force and not said:
        raise SettingsError("--force needs a reason, which stays on record", hint='--force --reason "…"')
    if said and not force:
        raise SettingsError("--reason is for --force", hint='--force --reason "…" publishes although checks failed')
    if len(said) > LONGEST_REASON:
        raise SettingsError(f"the reason has {len(said):,} characters, at most {LONGEST_REASON} are kept")
    return said


def _of_notebook(estimator: Any, X: Any, y: Any, train: Any, train_y: Any, *, keep: bool = False) -> Material:
    y = to_target(y)
    material = Material(
        estimator=estimator,
        X=to_frame(X),
        y=y,
        target=str(getattr(y, "name", None) or ""),
        train=None if train is None else to_frame(train),
        train_y=to_target(train_y),
        keep=keep,
    )
    _check_kept(material)
    return material


def _check_kept(material: Material) -> None:
    """Refuse before the long work to keep what is not there."""
    if material.keep and (material.train is None or material.train_y is None):
        raise DataError(
            "there are no training rows with a target to keep", hint="bring them, target included: --train train.csv"
        )


def _place(registry: Registry | None, where: Operator | None) -> Place:
    """The given registry, else that of the stack."""
    if registry is not None:
        return Place(registry, where)
    where = where or operator(os.environ)
    return Place(stack.registry(where), where)


def _publisher(by: str, reason: str, place: Place) -> Publisher:
    """Asked for before the long work: somebody without credentials should not wait for it."""
    return Publisher(by or (getpass.getuser() if place.where is None else clients.caller()), reason)


def _prove(name: str, material: Material, terms: Terms, place: Place, progress: Progress) -> Proved:
    with as_served():
        return prove(material, terms, lambda: find_champion(place.registry, name, where=place.where), progress=progress)


def _publish(
    name: str, material: Material, proved: Proved, publisher: Publisher, *, place: Place, progress: Progress
) -> Published:
    refused = proved.verdict.refused
    if refused and not publisher.reason:
        raise GateError(proved.verdict)
    forced = Forced(by=publisher.name, reason=publisher.reason) if refused else None
    return store(name, material, proved, forced=forced, registry=place.registry, by=publisher.name, progress=progress)


def _silent(_: str) -> None:
    """Progress for callers who want none."""
