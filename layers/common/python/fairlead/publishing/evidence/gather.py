"""Collection of the gate's evidence from a candidate, its rows and the live version."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np

from fairlead.engines import Engine
from fairlead.errors import DataError, one_line
from fairlead.gate import row_slices
from fairlead.gate.evidence import Budget, Digests, Evidence, Floats, Folds, Loss, Predicted, Rows
from fairlead.gate.policy import Policy
from fairlead.model import manifest
from fairlead.model.answers import Answers
from fairlead.model.golden import Golden
from fairlead.model.manifest import Certificate
from fairlead.model.signature import Signature
from fairlead.publishing.evidence.champion_answers import LiveModel, ask_champion
from fairlead.publishing.evidence.columns import Columns, blocks, joined, predicted, target_of
from fairlead.publishing.evidence.digests import digests_of, row_digests, text_digests
from fairlead.publishing.evidence.measure import measure_budget
from fairlead.publishing.evidence.probes import BATCH, probe
from fairlead.publishing.input.table_types import to_frame
from fairlead.publishing.signature.infer import to_rows

MOST_COMPARED = 100_000
"""Training rows whose distribution is compared with the held-out rows; all training rows get a digest."""

Progress = Callable[[str], None]


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """The version to judge: signature, the engine that will serve with its blob and proof, and a regressor's loss.

    `code` is the zip of the package that the engine imports; empty without own code.
    """

    signature: Signature
    serving: Engine
    engine: manifest.Engine
    blob: bytes
    parity: Certificate | None = None
    golden: Golden | None = None
    loss: Loss | None = None
    code: bytes = b""


class Data(msgspec.Struct, frozen=True, kw_only=True):
    """Held-out rows with their target, and training rows with theirs if they were given.

    `order` and `train_order` are the times of rows if no column has them; NaN means not known.
    """

    X: Any
    y: Any = None
    train: Any = None
    train_y: Any = None
    order: Floats | None = None
    train_order: Floats | None = None


def gather(
    candidate: Candidate,
    data: Data,
    policy: Policy,
    *,
    live: LiveModel | None = None,
    folds: Folds | None = None,
    allow_breaking: bool = False,
    measure: Callable[..., Budget] = measure_budget,
    progress: Progress = lambda _: None,
) -> Evidence:
    """Return the evidence for the gate.

    Raises SettingsError, before any work, if the policy names an input that the model does not have. Raises DataError
    if the rows do not fit the signature or the target.
    """
    signature = candidate.signature
    row_slices.check_fields(policy.slices.named, [field.name for field in signature.inputs])
    frame = to_frame(data.X)
    progress(f"answering {len(frame):,} held-out rows")
    held_out, answers = _answered(candidate.serving, signature, frame, data.y, policy)
    if data.order is not None:
        held_out = msgspec.structs.replace(held_out, order=data.order)
    training = champion = None
    if data.train is not None:
        progress("computing the training rows' digests")
        training = training_rows(signature, data.train, data.train_y, policy)
        if data.train_order is not None:
            training = msgspec.structs.replace(training, order=data.train_order)
    if live is not None:
        progress(f"answering the same rows by version {live.version}")
        champion = ask_champion(live, signature.output, frame)
    few = _few(signature, frame)
    progress("probing the engine and measuring its cost in a fresh process")
    return Evidence(
        signature=signature,
        held_out=held_out,
        predicted=answers,
        training=training,
        champion=champion,
        folds=folds,
        probes=probe(candidate.serving, signature, few),
        budget=measure(candidate.engine, signature, candidate.blob, few, golden=candidate.golden, code=candidate.code),
        engine=candidate.engine,
        parity=candidate.parity,
        loss=candidate.loss,
        allow_breaking=allow_breaking,
    )


def training_rows(signature: Signature, X: Any, y: Any, policy: Policy) -> Rows:
    """Return training rows for the gate: digests of all rows, columns and target of a sample."""
    frame = to_frame(X)
    digests = digests_of(signature, frame)
    count = len(frame)
    sample = np.arange(count)
    if count > MOST_COMPARED:
        sample = np.sort(np.random.default_rng(0).choice(count, MOST_COMPARED, replace=False))
    columns = Columns(signature, len(sample))
    for rows in blocks(signature, frame.iloc[sample]):
        columns.add(rows)
    target = target_of(signature.output, y, count)
    return Rows(
        count=count,
        columns=columns.done(),
        target=None if target is None else target[sample],
        digests=digests,
        order=order_of(frame, policy.split.time),
        groups=groups_of(frame, policy.split.group),
    )


def _answered(engine: Engine, signature: Signature, frame: Any, y: Any, policy: Policy) -> tuple[Rows, Predicted]:
    columns = Columns(signature, len(frame))
    parts = []
    for rows in blocks(signature, frame):
        columns.add(rows)
        parts.append(predicted(_answers(engine, rows), signature.output))
    finished = columns.done()
    held_out = Rows(
        count=len(frame),
        columns=finished,
        target=target_of(signature.output, y, len(frame)),
        digests=row_digests(finished, len(frame)),
        order=order_of(frame, policy.split.time),
        groups=groups_of(frame, policy.split.group),
    )
    return held_out, joined(parts)


def _answers(engine: Engine, rows: list[tuple[Any, ...]]) -> Answers:
    try:
        return engine.answer(rows)
    except Exception as error:  # a user's pipeline may raise any error
        raise DataError(f"the engine cannot answer the held-out rows: {one_line(error, named=True)}") from error


def _few(signature: Signature, frame: Any) -> Sequence[tuple[Any, ...]]:
    """Return up to BATCH rows spread over the frame, for probes and measurements."""
    step = max(1, len(frame) // BATCH)
    return to_rows(signature, frame.iloc[::step][:BATCH])


def order_of(frame: Any, name: str | None) -> Floats | None:
    """Return the times of rows: numbers as they are, dates as seconds since 1970; None without such a column.

    Raises DataError if the column has neither numbers nor dates.
    """
    if name is None or name not in frame.columns:
        return None
    import pandas as pd

    column = frame[name]
    if pd.api.types.is_numeric_dtype(column):
        return np.asarray(column, dtype=np.float64)
    try:
        times = pd.to_datetime(column, utc=True)
    except (ValueError, TypeError) as error:
        raise DataError(f"column {name!r} has neither numbers nor dates: {error}") from error
    seconds: Floats = (times - pd.Timestamp(0, tz="UTC")).dt.total_seconds().to_numpy(dtype=np.float64)
    return seconds


def groups_of(frame: Any, name: str | None) -> Digests | None:
    """Return the digest of each row's group; None without such a column."""
    if name is None or name not in frame.columns:
        return None
    return text_digests([str(value) for value in frame[name].tolist()])
