"""Proving: from material to the gate's verdict. Nothing is stored here; `validate` ends with it, `publish` goes on."""

from collections.abc import Callable, Sequence
from typing import Any

import msgspec
import numpy as np

from fairlead.engines.estimator_data.reader import read
from fairlead.engines.sklearn import SklearnEngine
from fairlead.errors import DataError, ModelFileError
from fairlead.gate import judge
from fairlead.gate.evidence import Evidence, Folds
from fairlead.gate.findings import Verdict
from fairlead.gate.policy import Policy
from fairlead.model.golden import Golden
from fairlead.model.signature import Signature
from fairlead.publishing.estimator_files.convert import from_live
from fairlead.publishing.evidence import Candidate, Data, Folding, Live, cross_validate, gather, groups_of, order_of
from fairlead.publishing.evidence.estimator_loss import loss_of
from fairlead.publishing.input.inputs import Material, Progress
from fairlead.publishing.input.table_types import to_frame
from fairlead.publishing.parity import choose_engine
from fairlead.publishing.parity.compare import difference
from fairlead.publishing.parity.golden_rows import golden_of
from fairlead.publishing.parity.graph_runtime import HERE, Runtime
from fairlead.publishing.signature import infer

FEWEST_ROWS = 2
FEWEST_FOLDS = 2
MOST_COMPARED = 1_000
"""Held-out rows on which an estimator is compared with what was built from its data form."""
MOST_PROVED = 20_000
"""Held-out rows on which parity is proved, beside the boundary rows; of more, a sample that is always the same."""
FEWEST_PROVED = 500
MOST_VALUES = 10_000_000
"""Rows × inputs of that sample, as Python objects of some 40 bytes: thousands of inputs are proved on fewer rows."""


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """How a publisher wants it judged: which engine, by which policy, with how many folds (0: none)."""

    engine: choose_engine.Demand = "auto"
    policy: Policy = Policy()
    folds: int = 0
    allow_breaking: bool = False


class Proved(msgspec.Struct, frozen=True, kw_only=True):
    """A candidate with its proofs, the evidence and the verdict: all that a version is made of.

    `data` is the estimator in data form, which every proof was made with.
    """

    choice: choose_engine.Choice
    data: bytes
    golden: Golden
    evidence: Evidence
    verdict: Verdict
    policy: Policy


def prove(
    material: Material,
    terms: Terms,
    champion: Callable[[], Live | None],
    *,
    runtime: Runtime = HERE,
    progress: Progress,
) -> Proved:
    """Take the signature, choose and prove the engine, gather the evidence, judge it.

    Raises RefusedError where there is no candidate to judge; what the gate thinks of one is in the verdict.
    """
    _check_terms(material, terms)
    material, original = _as_data(material), material.estimator
    progress("taking the signature")
    signature = infer.infer(material.estimator, material.X, material.y, target=material.target, train=material.train)
    if strangers := infer.left_out(signature, material.X):
        progress(f"left out, because the model does not take them: {', '.join(strangers[:10])}")
    rows = _sample(signature, material.X)
    if len(rows) < FEWEST_ROWS:
        raise DataError("one held-out row proves nothing", hint="bring at least a few hundred")
    _check_same(original, material.estimator, signature, rows)
    choice = choose_engine.choose_engine(
        material.estimator,
        signature,
        rows,
        data=material.data,
        demanded=terms.engine,
        runtime=runtime,
        progress=progress,
    )
    golden = golden_of(choice.signature, rows, choice.reference, choice.serving)
    evidence = gather(
        Candidate(
            signature=choice.signature,
            serving=choice.serving,
            engine=choice.engine,
            blob=choice.blob,
            parity=choice.parity,
            golden=golden,
            loss=loss_of(material.estimator) if choice.signature.output.task == "regression" else None,
        ),
        Data(
            X=material.X,
            y=material.y,
            train=material.train,
            train_y=material.train_y,
            order=material.order,
            train_order=material.train_order,
        ),
        terms.policy,
        live=champion(),
        folds=_folds(material, choice.signature, terms, progress),
        allow_breaking=terms.allow_breaking,
        measure=runtime.measure,
        progress=progress,
    )
    progress(f"judging {evidence.held_out.count:,} held-out rows")
    return Proved(
        choice=choice,
        data=material.data,
        golden=golden,
        evidence=evidence,
        verdict=judge(evidence, terms.policy),
        policy=terms.policy,
    )


def _as_data(material: Material) -> Material:
    """Go on with the estimator built from its data form: what is proved and judged is what will serve."""
    if material.data:
        return material
    data = from_live(material.estimator)
    return msgspec.structs.replace(material, estimator=read(data).estimator, data=data)


def _check_same(original: Any, built: Any, signature: Signature, rows: Sequence[tuple[Any, ...]]) -> None:
    """Raise ModelFileError where the estimator in data form answers otherwise than the one it was made from."""
    if original is built:
        return
    some = rows[:MOST_COMPARED]
    try:
        expected = SklearnEngine(original, signature).answer(some)
    except Exception:  # noqa: BLE001 - what it cannot answer is refused where the rows are looked at
        return
    if found := difference(expected, SklearnEngine(built, signature).answer(some)):
        raise ModelFileError(
            f"the {type(original).__name__} answers otherwise after it was written as data: {found}",
            hint="publish it without attributes of your own; if it has none, report this model",
        )


def _check_terms(material: Material, terms: Terms) -> None:
    if terms.folds and (material.train is None or material.train_y is None):
        raise DataError("cross-validation needs the training rows with their target", hint="bring them with --train")
    if terms.folds and terms.folds < FEWEST_FOLDS:
        raise DataError(f"{terms.folds} fold is no cross-validation", hint="--cv 5 is usual")


def _sample(signature: Signature, X: Any) -> list[tuple[Any, ...]]:
    """Rows for the proof of parity: all, or as many as can stand in memory as Python objects."""
    frame = to_frame(X)
    most = max(FEWEST_PROVED, min(MOST_PROVED, MOST_VALUES // len(signature.inputs)))
    if len(frame) > most:
        frame = frame.iloc[np.sort(np.random.default_rng(0).choice(len(frame), most, replace=False))]
    return infer.to_rows(signature, frame)


def _folds(material: Material, signature: Signature, terms: Terms, progress: Progress) -> Folds | None:
    if not terms.folds:
        return None
    train = to_frame(material.train)
    folding = Folding(
        folds=terms.folds,
        groups=groups_of(train, terms.policy.split.group),
        order=order_of(train, terms.policy.split.time),
    )
    return cross_validate(material.estimator, signature, train, material.train_y, folding, progress=progress)
