"""Gathering: from a candidate, its rows and the live version to the facts that the gate judges."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np

from fairlead import manifest
from fairlead.engines import Engine
from fairlead.errors import DataError, FairleadError
from fairlead.gate import slicing
from fairlead.gate.evidence import Champion, Digests, Evidence, Floats, Folds, Predicted, Rows, classes_of
from fairlead.gate.policy import Policy
from fairlead.golden import Golden
from fairlead.manifest import Certificate
from fairlead.publishing.evidence.budget import measure_budget
from fairlead.publishing.evidence.columns import Columns, blocks, codes_of, joined, predicted, target_of
from fairlead.publishing.evidence.digests import row_digests, text_digests
from fairlead.publishing.evidence.probes import BATCH, probe
from fairlead.publishing.frames import to_frame
from fairlead.publishing.signatures import to_rows
from fairlead.signature import Output, Signature

MOST_COMPARED = 100_000
"""Training rows that are compared with the held-out ones in distribution; digests are taken of all."""

Progress = Callable[[str], None]


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """What is to be judged: the signature, the engine that will serve with its blob and proof."""

    signature: Signature
    serving: Engine
    engine: manifest.Engine
    blob: bytes
    parity: Certificate | None = None
    golden: Golden | None = None


class Data(msgspec.Struct, frozen=True, kw_only=True):
    """Held-out rows with their target, and the training rows with theirs where they are at hand."""

    X: Any
    y: Any = None
    train: Any = None
    train_y: Any = None


class Live(msgspec.Struct, frozen=True, kw_only=True):
    """The live version: its engine answers the held-out rows, `trained_on` are its training rows' digests.

    Where its engine cannot run here, it is None and `unavailable` says why.
    """

    version: int
    signature: Signature
    engine: Engine | None
    unavailable: str = ""
    trained_on: Digests | None = None


def gather(
    candidate: Candidate,
    data: Data,
    policy: Policy,
    *,
    live: Live | None = None,
    folds: Folds | None = None,
    allow_breaking: bool = False,
    progress: Progress = lambda _: None,
) -> Evidence:
    """Gather the evidence; raises DataError where the rows do not fit the signature or the target.

    Raises SettingsError first of all where the policy names an input that the model does not have.
    """
    signature = candidate.signature
    slicing.check_fields(policy.slices.named, [field.name for field in signature.inputs])
    frame = to_frame(data.X)
    progress(f"asking the engine about {len(frame):,} held-out rows")
    held_out, answers = _answered(candidate.serving, signature, frame, data.y, policy)
    training = None
    if data.train is not None:
        progress("comparing with the training rows")
        training = training_rows(signature, data.train, data.train_y, policy)
    champion = None
    if live is not None:
        progress(f"asking version {live.version} about the same rows")
        champion = _champion(live, signature.output, frame)
    few = _few(signature, frame)
    progress("probing the engine with missing, unseen and extreme values")
    probes = probe(candidate.serving, signature, few)
    progress("measuring the engine in a fresh process")
    budget = measure_budget(candidate.engine, signature, candidate.blob, few, golden=candidate.golden)
    return Evidence(
        signature=signature,
        held_out=held_out,
        predicted=answers,
        training=training,
        champion=champion,
        folds=folds,
        probes=probes,
        budget=budget,
        engine=candidate.engine,
        parity=candidate.parity,
        allow_breaking=allow_breaking,
    )


def training_rows(signature: Signature, X: Any, y: Any, policy: Policy) -> Rows:
    """Training rows as the gate compares them: digests of all, columns and target of a sample."""
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
        order=_order(frame, policy.split.time),
        groups=_groups(frame, policy.split.group),
    )


def digests_of(signature: Signature, X: Any) -> Digests:
    """Digests of rows over a signature's inputs: what a version keeps of its training rows."""
    parts = []
    for rows in blocks(signature, X):
        columns = Columns(signature, len(rows))
        columns.add(rows)
        parts.append(row_digests(columns.done(), len(rows)))
    return np.concatenate(parts)


def _answered(engine: Engine, signature: Signature, frame: Any, y: Any, policy: Policy) -> tuple[Rows, Predicted]:
    columns = Columns(signature, len(frame))
    parts = []
    for rows in blocks(signature, frame):
        columns.add(rows)
        parts.append(predicted(engine.answer(rows), signature.output))
    finished = columns.done()
    held_out = Rows(
        count=len(frame),
        columns=finished,
        target=target_of(signature.output, y, len(frame)),
        digests=row_digests(finished, len(frame)),
        order=_order(frame, policy.split.time),
        groups=_groups(frame, policy.split.group),
    )
    return held_out, joined(parts)


def _champion(live: Live, output: Output, frame: Any) -> Champion:
    """Ask the live version; its classes are put into the candidate's order. What it cannot answer is a fact."""
    known = Champion(version=live.version, signature=live.signature)
    theirs = live.signature.output
    if live.engine is None:
        return msgspec.structs.replace(known, unanswered=live.unavailable or "its engine does not run here")
    if theirs.task != output.task or theirs.names != output.names:
        return msgspec.structs.replace(known, unanswered=f"it answers another {theirs.task}")
    try:
        parts = [predicted(live.engine.answer(rows), theirs) for rows in blocks(live.signature, frame)]
        trained_on = None if live.trained_on is None else np.isin(digests_of(live.signature, frame), live.trained_on)
    except (DataError, FairleadError) as error:
        return msgspec.structs.replace(known, unanswered=f"it cannot answer these rows: {error}")
    except Exception as error:  # noqa: BLE001 - another version's pipeline may raise anything on rows it never saw
        return msgspec.structs.replace(
            known, unanswered=f"it cannot answer these rows: {type(error).__name__}: {error}"
        )
    answers = _in_order(joined(parts), theirs, output)
    return msgspec.structs.replace(known, predicted=answers, trained_on=trained_on)


def _in_order(answers: Predicted, live: Output, output: Output) -> Predicted:
    theirs, ours = classes_of(live), classes_of(output)
    if theirs == ours or answers.labels is None:
        return answers
    places = codes_of(theirs, ours)
    labels = np.where(answers.labels >= 0, places[answers.labels], -1).astype(np.int32)
    if answers.probabilities is None:
        return Predicted(labels=labels)
    probabilities = np.zeros((len(labels), len(ours)))
    for code, place in enumerate(places):
        if place >= 0:
            probabilities[:, place] = answers.probabilities[:, code]
    return Predicted(labels=labels, probabilities=probabilities)


def _few(signature: Signature, frame: Any) -> Sequence[tuple[Any, ...]]:
    """Rows spread over all of them, for probes and measurements."""
    step = max(1, len(frame) // BATCH)
    return to_rows(signature, frame.iloc[::step][:BATCH])


def _order(frame: Any, name: str | None) -> Floats | None:
    """When rows happened: numbers as they are, dates as seconds; None without such a column."""
    if name is None or name not in frame.columns:
        return None
    import pandas as pd

    column = frame[name]
    if pd.api.types.is_numeric_dtype(column):
        return np.asarray(column, dtype=np.float64)
    try:
        times = pd.to_datetime(column, utc=True)
    except (ValueError, TypeError) as error:
        raise DataError(f"column {name!r} orders nothing: {error}") from error
    seconds: Floats = (times - pd.Timestamp(0, tz="UTC")).dt.total_seconds().to_numpy(dtype=np.float64)
    return seconds


def _groups(frame: Any, name: str | None) -> Digests | None:
    if name is None or name not in frame.columns:
        return None
    return text_digests([str(value) for value in frame[name].tolist()])
