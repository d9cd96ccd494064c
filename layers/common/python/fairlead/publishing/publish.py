"""Publish a fitted estimator as one immutable version, or refuse it with a reason.

`publish` and `validate` take the same steps: inputs, proofs, the gate's verdict. Nothing is written before the verdict,
and the manifest is written last. A process that ends earlier leaves no version.
"""

import getpass
import os
from collections.abc import Callable, Sequence
from contextlib import nullcontext
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from fairlead.aws import clients
from fairlead.engines.model_code.importer import MountedCode
from fairlead.errors import DataError, SettingsError
from fairlead.gate.findings import Verdict
from fairlead.gate.policy import Policy
from fairlead.gate.policy_file import parse
from fairlead.gate.refusal import GateError
from fairlead.model.manifest import Forced
from fairlead.publishing.boosters.closed_boosters import closed_boosters
from fairlead.publishing.champion import find_champion
from fairlead.publishing.given_code import GivenCode, given_code
from fairlead.publishing.input.estimator_checks import check_estimator
from fairlead.publishing.input.inputs import Progress, PublishInputs, read_inputs
from fairlead.publishing.input.paths import check_file
from fairlead.publishing.input.sklearn_options import endpoint_options
from fairlead.publishing.input.table_types import to_frame, to_target
from fairlead.publishing.parity.choose_engine import Demand
from fairlead.publishing.prove import ProofOptions, Proved, prove
from fairlead.publishing.store import Published, store
from fairlead.registry.connection import open_registry
from fairlead.registry.store import Registry, check_name
from fairlead.settings import Operator, operator

__all__ = ["PublishOptions", "Published", "publish", "publish_file", "validate", "validate_file"]

LONGEST_REASON = 500
"""Characters."""


class PublishOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Options of publishing and validating, from a notebook or the command line; `publish` explains each.

    `where` names the stack whose registry is written and whose live version is the champion. Without `registry` and
    `where`, it is the stack in FAIRLEAD_STACK.
    """

    name: str
    engine: Demand = "auto"
    code: Path | str | None = None
    policy: Path | str | None = None
    cv: int = 0
    allow_breaking: bool = False
    force: bool = False
    reason: str = ""
    keep_training_rows: bool = False
    registry: Registry | None = None
    where: Operator | None = None
    by: str = ""
    progress: Progress | None = None


class Destination(NamedTuple):
    """The registry to publish to, and the stack whose live version is the champion: None where a registry was given."""

    registry: Registry
    where: Operator | None


ReadInputs = Callable[[MountedCode | None], PublishInputs]


class Publisher(NamedTuple):
    """The publisher's name, and the reason for a forced publication; empty if the publication is not forced."""

    name: str
    reason: str


def publish(  # noqa: PLR0913 - a notebook's completion shows every option
    estimator: Any,
    *,
    name: str,
    X: Any,
    y: Any = None,
    train: Any = None,
    train_y: Any = None,
    engine: Demand = "auto",
    code: Path | str | None = None,
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
        train: the rows it was fitted on, if available. They widen the ranges and categories of the signature, and the
            gate compares them with the held-out rows.
        train_y: their target, for cross-validation.
        engine: "auto" takes onnx where parity is proved, else sklearn; "onnx" or "sklearn" demands that engine.
        code: the folder of the package that the estimator's own classes and functions come from. It becomes part of the
            version. The sklearn engine imports it, in stacks with AllowModelCode=yes; the onnx engine needs none of it.
            With a registry alone, the release judges whether its stack allows it.
        policy: a TOML file with the gate's thresholds; None takes the defaults.
        cv: folds of a cross-validation over the training rows, 0 for none.
        allow_breaking: publish although callers of the live version must change their requests.
        force: publish although checks failed; `reason` stays in the manifest.
        reason: why publication is forced.
        keep_training_rows: store the training rows with the version. Retraining then fits on them and on reported
            outcomes (docs/how-to/retrain.md says how to erase the rows of a person).
        registry: where to publish; None takes the registry of the stack in FAIRLEAD_STACK.
        by: the publisher's name for the manifest. The default is the AWS identity, or the login name where a registry
            is given.
        progress: called with a sentence before each step.

    Raises RefusedError with the reason and a hint (GateError where checks failed); then nothing was published.

    """
    options = PublishOptions(
        name=name,
        engine=engine,
        code=code,
        policy=policy,
        cv=cv,
        allow_breaking=allow_breaking,
        force=force,
        reason=reason,
        keep_training_rows=keep_training_rows,
        registry=registry,
        by=by,
        progress=progress,
    )
    check_estimator(estimator)
    return _published(
        options, lambda own: _notebook_inputs(estimator, X, y, train, train_y, keep=keep_training_rows, code=own)
    )


def validate(  # noqa: PLR0913 - as publish
    estimator: Any,
    *,
    name: str,
    X: Any,
    y: Any = None,
    train: Any = None,
    train_y: Any = None,
    engine: Demand = "auto",
    code: Path | str | None = None,
    policy: Path | str | None = None,
    cv: int = 0,
    allow_breaking: bool = False,
    registry: Registry | None = None,
    progress: Progress | None = None,
) -> Verdict:
    """Return the gate's verdict that `publish` would get with the same arguments; nothing is stored.

    It needs no AWS account. The candidate is compared with the live version of `registry`, or of the stack in
    FAIRLEAD_STACK; without both it is compared with none, and the findings say so.

    Raises RefusedError where there is no candidate to judge; findings that refuse are in the verdict's `refused`.
    """
    options = PublishOptions(
        name=name,
        engine=engine,
        code=code,
        policy=policy,
        cv=cv,
        allow_breaking=allow_breaking,
        registry=registry,
        progress=progress,
    )
    check_estimator(estimator)
    return _validated(options, lambda own: _notebook_inputs(estimator, X, y, train, train_y, code=own))


def publish_file(
    model: Path | str,
    options: PublishOptions,
    *,
    data: Path,
    target: Sequence[str] = (),
    train: Path | None = None,
    graph: Path | None = None,
) -> Published:
    """Publish a model file with the held-out rows of a CSV or Parquet file, as `fairlead publish` does.

    `model` is the path of a joblib, pickle or skops file, or the URI of an MLflow model: mlflow:FOLDER,
    mlflow:models:/NAME/VERSION. `graph` is an ONNX file of your own, which must give the model's answers.
    Raises as `publish` does.
    """
    keep, progress = options.keep_training_rows, options.progress or _silent

    def read(code: MountedCode | None) -> PublishInputs:
        return read_inputs(
            model, data=data, target=target, train=train, graph=graph, keep=keep, code=code, progress=progress
        )

    return _published(options, read, graph=graph is not None)


def validate_file(
    model: Path | str,
    options: PublishOptions,
    *,
    data: Path,
    target: Sequence[str] = (),
    train: Path | None = None,
    graph: Path | None = None,
) -> Verdict:
    """Return the gate's verdict that `publish_file` would get with the same arguments; nothing is stored."""
    progress = options.progress or _silent

    def read(code: MountedCode | None) -> PublishInputs:
        return read_inputs(model, data=data, target=target, train=train, graph=graph, code=code, progress=progress)

    return _validated(options, read, graph=graph is not None)


def _published(options: PublishOptions, read: ReadInputs, *, graph: bool = False) -> Published:
    """Publish inputs. They are read after options and credentials were checked, because reading files can take long."""
    check_name(options.name)
    proof_options, reason = _proof_options(options), _reason(options)
    destination = _destination(options)
    publisher = _publisher(options, reason, destination)
    code = _code(options, destination, graph=graph)
    inputs = read(code.mounted)
    _check_kept(inputs)
    proved = _prove(options, inputs, _with(proof_options, code), destination)
    with code.mounted or nullcontext():  # the report asks the engine, whose code may import when it is called
        return _stored(options, inputs, proved, publisher, destination)


def _validated(options: PublishOptions, read: ReadInputs, *, graph: bool = False) -> Verdict:
    """Judge inputs, which are read after the options were checked.

    Without a registry or stack in the options or the environment, there is no live version to compare with.
    """
    check_name(options.name)
    proof_options = _proof_options(options)
    destination = _destination(options) if _names_registry(options) else None
    code = _code(options, destination, graph=graph)
    return _prove(options, read(code.mounted), _with(proof_options, code), destination).verdict


def _code(options: PublishOptions, destination: Destination | None, *, graph: bool) -> GivenCode:
    if options.code is None:
        return GivenCode(None)
    where = destination.where if destination else None
    return given_code(
        Path(options.code), where, "onnx" if graph else options.engine, progress=options.progress or _silent
    )


def _with(options: ProofOptions, code: GivenCode) -> ProofOptions:
    return msgspec.structs.replace(options, code_refused=code.refused)


def _proof_options(options: PublishOptions) -> ProofOptions:
    return ProofOptions(
        engine=options.engine,
        policy=_policy(options.policy),
        folds=options.cv,
        allow_breaking=options.allow_breaking,
    )


def _policy(path: Path | str | None) -> Policy:
    if path is None:
        return Policy()
    path = Path(path)
    check_file(path, SettingsError, hint="give the TOML file with the gate's thresholds")
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"the policy {path} cannot be read: {error}") from error
    return parse(text, name=path.name)


def _reason(options: PublishOptions) -> str:
    """Return the reason on one line; raises SettingsError where only one of force and reason is given."""
    reason = " ".join(options.reason.split())
    if options.force and not reason:
        raise SettingsError("--force needs a reason, which the manifest keeps", hint='--force --reason "…"')
    if reason and not options.force:
        raise SettingsError("--reason is for --force", hint='--force --reason "…" publishes although checks failed')
    if len(reason) > LONGEST_REASON:
        raise SettingsError(f"the reason has {len(reason):,} characters, the limit is {LONGEST_REASON}")
    return reason


def _notebook_inputs(
    estimator: Any,
    X: Any,
    y: Any,
    train: Any,
    train_y: Any,
    *,
    keep: bool = False,
    code: MountedCode | None = None,
) -> PublishInputs:
    y = to_target(y)
    return PublishInputs(
        estimator=estimator,
        X=to_frame(X),
        y=y,
        target=str(getattr(y, "name", None) or ""),
        train=None if train is None else to_frame(train),
        train_y=to_target(train_y),
        keep=keep,
        code=code,
    )


def _check_kept(inputs: PublishInputs) -> None:
    """Raise DataError before the long work where training rows shall be kept and are not given."""
    if inputs.keep and (inputs.train is None or inputs.train_y is None):
        raise DataError(
            "there are no training rows with a target to keep", hint="give them, target included: --train train.csv"
        )


def _destination(options: PublishOptions) -> Destination:
    """Return the given registry, else that of the stack."""
    if options.registry is not None:
        return Destination(options.registry, options.where)
    where = options.where or operator(os.environ)
    return Destination(open_registry(where), where)


def _names_registry(options: PublishOptions) -> bool:
    named = os.environ.get("FAIRLEAD_STACK") or os.environ.get("FAIRLEAD_BUCKET")
    return bool(options.registry or options.where or named)


def _publisher(options: PublishOptions, reason: str, destination: Destination) -> Publisher:
    """Return the publisher's identity, before the long work: missing credentials are reported at once."""
    return Publisher(options.by or (getpass.getuser() if destination.where is None else clients.caller()), reason)


def _prove(
    options: PublishOptions, inputs: PublishInputs, proof_options: ProofOptions, destination: Destination | None
) -> Proved:
    champion = (
        partial(find_champion, destination.registry, options.name, where=destination.where) if destination else None
    )
    with endpoint_options(), closed_boosters():
        return prove(inputs, proof_options, champion, progress=options.progress or _silent)


def _stored(
    options: PublishOptions, inputs: PublishInputs, proved: Proved, publisher: Publisher, destination: Destination
) -> Published:
    refused = proved.verdict.refused
    if refused and not publisher.reason:
        raise GateError(proved.verdict)
    return store(
        options.name,
        inputs,
        proved,
        forced=Forced(by=publisher.name, reason=publisher.reason) if refused else None,
        registry=destination.registry,
        by=publisher.name,
        progress=options.progress or _silent,
    )


def _silent(_: str) -> None:
    """Ignore progress."""
