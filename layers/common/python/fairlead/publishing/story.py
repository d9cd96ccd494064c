"""Publishing, told from start to end: a fitted estimator becomes one immutable version, or a refusal with a reason.

Nothing is written before every proof has passed, and the manifest is written last: killed anywhere, no version exists.
"""

import getpass
import io
import subprocess
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from fairlead import aws, stack
from fairlead.errors import DataError
from fairlead.golden import Golden
from fairlead.manifest import SCHEMA, Manifest, Parent
from fairlead.publishing import choosing, metrics, model_file, signatures, tables
from fairlead.publishing.environment import environment
from fairlead.publishing.estimators import check_estimator
from fairlead.publishing.recipe import recipe
from fairlead.registry import Registry, check_name

GOLDEN_ROWS = 20
FEWEST_ROWS = 2

Progress = Callable[[str], None]


class Published(msgspec.Struct, frozen=True):
    """A new version: its manifest, and the digest that names it."""

    manifest: Manifest
    sha256: str


class Material(msgspec.Struct, frozen=True, kw_only=True):
    """What a publisher brings: an estimator, held-out rows with their target, training rows if any."""

    estimator: Any
    X: Any
    y: Any
    target: str
    train: Any = None


def publish(  # noqa: PLR0913 - the one verb of a notebook
    estimator: Any,
    *,
    name: str,
    X: Any,
    y: Any = None,
    train: Any = None,
    engine: choosing.Demand = "auto",
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
        train: the rows it was fitted on, if at hand: they widen the ranges and categories the signature knows.
        engine: "auto" takes onnx where parity is proved, else sklearn; naming one demands it.
        registry: where to publish; None takes the registry of the stack in FAIRLEAD_STACK.
        by: who publishes, for the record; left out, the AWS identity, or the login name where a registry is given.
        progress: called with a sentence before each step.

    Raises RefusedError with the reason and the way forward; then nothing was published.

    """
    check_estimator(estimator)
    material = Material(estimator=estimator, X=X, y=y, target=str(getattr(y, "name", None) or ""), train=train)
    place, who = _place(registry, by)
    return _publish(name, material, demanded=engine, registry=place, by=who, progress=progress or _silent)


def publish_file(  # noqa: PLR0913 - one parameter for each option of the command
    path: Path,
    *,
    name: str,
    data: Path,
    target: Sequence[str] = (),
    train: Path | None = None,
    engine: choosing.Demand = "auto",
    allow: Sequence[str] = (),
    registry: Registry | None = None,
    by: str = "",
    progress: Progress | None = None,
) -> Published:
    """Publish a model file with the held-out rows of a CSV or Parquet file: what `fairlead publish` does.

    `allow` names packages of the publisher's own that the file may import. Raises as `publish` does.
    """
    tell = progress or _silent
    check_name(name)
    tell(f"reading {path.name}")
    estimator = model_file.read_model(path, allow=allow)
    tell(f"reading {data.name}")
    X, y = tables.split_target(tables.read_table(data), target, data)
    trained = tables.split_target(tables.read_table(train), target, train)[0] if train else None
    material = Material(estimator=estimator, X=X, y=y, target=",".join(target), train=trained)
    place, who = _place(registry, by)
    return _publish(name, material, demanded=engine, registry=place, by=who, progress=tell)


def _place(registry: Registry | None, by: str) -> tuple[Registry, str]:
    """Where to publish and who does: of the stack and by AWS's word, unless a registry was given."""
    if registry is None:
        return stack.registry(), by or aws.caller()
    return registry, by or getpass.getuser()


def _publish(
    name: str, material: Material, *, demanded: choosing.Demand, registry: Registry, by: str, progress: Progress
) -> Published:
    check_name(name)
    progress("taking the signature")
    signature = signatures.infer(
        material.estimator, material.X, material.y, target=material.target, train=material.train
    )
    if strangers := signatures.left_out(signature, material.X):
        progress(f"left out, because the model does not take them: {', '.join(strangers[:10])}")
    rows = signatures.to_rows(signature, material.X)
    if len(rows) < FEWEST_ROWS:
        raise DataError(f"{len(rows)} held-out rows prove nothing", hint="bring at least a few hundred")
    choice = choosing.choose_engine(material.estimator, signature, rows, demanded=demanded, progress=progress)
    progress(f"measuring on {len(rows):,} held-out rows")
    answers = choice.reference.answer(rows)
    figures = metrics.held_out(choice.signature.output, material.y, answers)
    progress("storing blobs")
    contents = {
        # Written anew, never the publisher's bytes: what joblib reads back is what was checked here.
        "estimator": _dumped(material.estimator),
        "golden": msgspec.json.encode(_golden(rows, choice)),
        choice.engine.blob: choice.blob,  # what was proved is what serves
    }
    blobs = {key: registry.put_blob(content) for key, content in contents.items()}

    def build(version: int, parent: Parent | None) -> Manifest:
        return Manifest(
            schema=SCHEMA,
            model=name,
            version=version,
            created=datetime.now(UTC),
            created_by=by,
            git_commit=_git_commit(),
            parent=parent,
            signature=choice.signature,
            engine=choice.engine,
            parity=choice.parity,
            metrics=figures,
            rows={"held_out": len(rows)} | ({"train": len(material.train)} if material.train is not None else {}),
            blobs=blobs,
            environment=environment(),
            recipe=recipe(material.estimator),
        )

    progress("committing the manifest")
    return Published(*registry.commit(name, build))


def _golden(rows: Sequence[tuple[Any, ...]], choice: choosing.Choice) -> Golden:
    """Spread golden rows over the held-out rows, answered by the engine that will serve."""
    step = max(1, len(rows) // GOLDEN_ROWS)
    chosen = list(rows[::step][:GOLDEN_ROWS])
    return Golden(rows=chosen, answers=choice.serving.answer(chosen))


def _dumped(estimator: Any) -> bytes:
    import joblib

    buffer = io.BytesIO()
    joblib.dump(estimator, buffer)
    return buffer.getvalue()


def _git_commit() -> str | None:
    """The commit of the working folder, if it is one of a repository."""
    try:
        done = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, timeout=5, check=False)  # noqa: S607 - the user's own git
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout.strip() or None


def _silent(_: str) -> None:
    """Progress for callers who want none."""
