"""Prove a candidate: from inputs to the gate's verdict. Nothing is stored here; `validate` ends with it."""

from collections.abc import Callable, Sequence
from contextlib import nullcontext
from typing import Any

import msgspec
import numpy as np

from fairlead.engines.estimator_data.reader import read, uses
from fairlead.engines.model_code.package import encode
from fairlead.engines.sklearn import SklearnEngine
from fairlead.errors import DataError, ModelCodeError, ModelFileError, SettingsError
from fairlead.gate.evidence import Evidence, Folds
from fairlead.gate.findings import Verdict
from fairlead.gate.judge import judge
from fairlead.gate.policy import Policy
from fairlead.model.golden import Golden
from fairlead.model.manifest import Explaining, Recipe
from fairlead.model.signature import Signature
from fairlead.publishing.estimator_files.convert import from_live
from fairlead.publishing.evidence import (
    Candidate,
    Data,
    Folding,
    LiveModel,
    cross_validate,
    gather,
    groups_of,
    order_of,
)
from fairlead.publishing.evidence.estimator_loss import loss_of
from fairlead.publishing.explain import Extracted, extract
from fairlead.publishing.input.frames import with_model_names
from fairlead.publishing.input.inputs import Progress, PublishInputs
from fairlead.publishing.input.table_types import to_frame
from fairlead.publishing.input.widths import check_width
from fairlead.publishing.parity import choose_engine
from fairlead.publishing.parity.choose_engine import OwnCode
from fairlead.publishing.parity.compare import difference
from fairlead.publishing.parity.golden_rows import golden_of
from fairlead.publishing.parity.graph_runtime import LOCAL, Runtime
from fairlead.publishing.recipe import recipe
from fairlead.publishing.signature import infer

FEWEST_ROWS = 2
FEWEST_FOLDS = 2
MOST_COMPARED = 1_000
"""Held-out rows on which an estimator is compared with the estimator built from its data form."""
MOST_PROVED = 20_000
"""Held-out rows on which parity is proved, beside the boundary rows. A larger table is sampled with a fixed seed."""
FEWEST_PROVED = 500
NOT_COMPARED = "no stack is named to compare with; --stack NAME, or FAIRLEAD_STACK, compares with its live version"
MOST_VALUES = 10_000_000
"""Rows × inputs of that sample, as Python objects of about 40 bytes: thousands of inputs are proved on fewer rows."""


class ProofOptions(msgspec.Struct, frozen=True, kw_only=True):
    """Options of proof and verdict: the engine demanded, the gate's policy, cross-validation folds (0: none).

    `code_refused` is why the stack serves no own code; empty if it does, or if no stack is known.
    """

    engine: choose_engine.Demand = "auto"
    policy: Policy = Policy()
    folds: int = 0
    allow_breaking: bool = False
    code_refused: str = ""


class Proved(msgspec.Struct, frozen=True, kw_only=True):
    """A candidate with its proofs, the evidence and the verdict: everything that a version is made of.

    `data` is the estimator in data form; every proof used the estimator built from it.
    """

    choice: choose_engine.Choice
    data: bytes
    golden: Golden
    explanation: Extracted
    evidence: Evidence
    verdict: Verdict
    policy: Policy
    recipe: Recipe


def prove(
    inputs: PublishInputs,
    options: ProofOptions,
    champion: Callable[[], LiveModel | None] | None,
    *,
    runtime: Runtime = LOCAL,
    progress: Progress,
) -> Proved:
    """Infer the signature, choose and prove the engine, gather the evidence, judge it.

    `champion` finds the live version; None: the candidate is compared with none, because no registry is named.
    Raises RefusedError where there is no candidate to judge. The gate's own refusals are in the verdict.
    """
    _check_options(inputs, options)
    data = inputs.data or from_live(inputs.estimator, package=inputs.code.package.name if inputs.code else "")
    with inputs.code or nullcontext():
        return _proved(inputs, data, options, champion, runtime=runtime, progress=progress)


def _proved(
    inputs: PublishInputs,
    data: bytes,
    options: ProofOptions,
    champion: Callable[[], LiveModel | None] | None,
    *,
    runtime: Runtime,
    progress: Progress,
) -> Proved:
    inputs, original = _as_data(inputs, data), inputs.estimator
    inputs = _with_model_names(inputs)
    check_width(inputs.estimator, inputs.X.shape[1])
    progress("inferring the signature")
    signature = infer.infer(inputs.estimator, inputs.X, inputs.y, target=inputs.target, train=inputs.train)
    if extra := infer.left_out(signature, inputs.X):
        progress(f"columns left out, because the model does not take them: {', '.join(extra[:10])}")
    rows = _example(signature, inputs.example) + _sample(signature, inputs.X)
    if len(rows) < FEWEST_ROWS:
        raise DataError(
            "the table has one held-out row, which proves nothing", hint="use at least a few hundred held-out rows"
        )
    _check_same(original, inputs.estimator, signature, rows)
    choice = choose_engine.choose_engine(
        inputs.estimator,
        signature,
        rows,
        data=inputs.data,
        graph=inputs.graph,
        demanded=options.engine,
        code=OwnCode(encode(inputs.code.package), options.code_refused) if inputs.code else None,
        runtime=runtime,
        progress=progress,
    )
    golden = golden_of(choice.signature, rows, choice.reference, choice.serving)
    explanation = _explanation(inputs, choice, rows, options.policy, runtime, progress)
    evidence = gather(
        _candidate(inputs, choice, golden),
        _data(inputs),
        options.policy,
        live=champion() if champion else None,
        folds=_folds(inputs, choice.signature, options, progress),
        allow_breaking=options.allow_breaking,
        measure=runtime.measure,
        progress=progress,
    )
    if champion is None:
        evidence = msgspec.structs.replace(evidence, no_champion=NOT_COMPARED)
    progress(f"judging {evidence.held_out.count:,} held-out rows")
    return Proved(
        choice=choice,
        data=inputs.data,
        golden=golden,
        explanation=explanation,
        evidence=evidence,
        verdict=msgspec.structs.replace(judge(evidence, options.policy), engine=choice.engine, parity=choice.parity),
        policy=options.policy,
        recipe=recipe(inputs.estimator),
    )


def _explanation(
    inputs: PublishInputs,
    choice: choose_engine.Choice,
    rows: Sequence[tuple[Any, ...]],
    policy: Policy,
    runtime: Runtime,
    progress: Progress,
) -> Extracted:
    """Return how predictions are explained, against the training rows where they were given."""
    if not policy.explanations.enabled:
        return Extracted(facts=Explaining(method="off", reason="the policy switches explanations off"))
    progress("preparing explanations")
    background = rows if inputs.train is None else _sample(choice.signature, inputs.train)
    estimator = None if inputs.graph else inputs.estimator  # a graph of the publisher's own is not compiled from it
    return extract(estimator, choice, held_out=rows, background=background, runtime=runtime)


def _candidate(inputs: PublishInputs, choice: choose_engine.Choice, golden: Golden) -> Candidate:
    return Candidate(
        signature=choice.signature,
        serving=choice.serving,
        engine=choice.engine,
        blob=choice.blob,
        parity=choice.parity,
        golden=golden,
        loss=loss_of(inputs.estimator) if choice.signature.output.task == "regression" else None,
        code=encode(inputs.code.package) if inputs.code and choice.engine.code else b"",
    )


def _data(inputs: PublishInputs) -> Data:
    return Data(
        X=inputs.X,
        y=inputs.y,
        train=inputs.train,
        train_y=inputs.train_y,
        order=inputs.order,
        train_order=inputs.train_order,
    )


def _as_data(inputs: PublishInputs, data: bytes) -> PublishInputs:
    """Replace the estimator by the one built from its data form: proofs and verdict are about what will serve."""
    if inputs.code and not uses(data, inputs.code.package):
        raise ModelCodeError(
            f"the model uses nothing of the package {inputs.code.package.name}", hint="publish it without --code"
        )
    if inputs.data:
        return inputs
    return msgspec.structs.replace(inputs, estimator=read(data, inputs.code).estimator, data=data)


def _with_model_names(inputs: PublishInputs) -> PublishInputs:
    train = None if inputs.train is None else with_model_names(inputs.estimator, to_frame(inputs.train))
    return msgspec.structs.replace(inputs, X=with_model_names(inputs.estimator, to_frame(inputs.X)), train=train)


def _check_same(original: Any, built: Any, signature: Signature, rows: Sequence[tuple[Any, ...]]) -> None:
    """Raise ModelFileError where the estimator built from its data form gives other answers than the original."""
    if original is built:
        return
    some = rows[:MOST_COMPARED]
    try:
        expected = SklearnEngine(original, signature).answer(some)
    except Exception:  # noqa: BLE001 - rows that it cannot answer are refused by the parity proof
        return
    if found := difference(expected, SklearnEngine(built, signature).answer(some)):
        raise ModelFileError(
            f"the {type(original).__name__} gives other answers after conversion to the data form: {found}",
            hint="remove attributes that your code added to it; if there are none, report this model",
        )


def _check_options(inputs: PublishInputs, options: ProofOptions) -> None:
    if options.folds and (inputs.train is None or inputs.train_y is None):
        raise DataError("cross-validation needs the training rows with their target", hint="give them with --train")
    if inputs.graph is not None and options.engine == "sklearn":
        raise SettingsError("--engine sklearn serves no graph, and --onnx gives one", hint="leave one of them out")
    if options.folds and options.folds < FEWEST_FOLDS:
        raise DataError(
            f"cross-validation needs at least {FEWEST_FOLDS} folds, got {options.folds}", hint="--cv 5 is usual"
        )


def _sample(signature: Signature, X: Any) -> list[tuple[Any, ...]]:
    """Return the rows for the parity proof: all, or as many as fit in memory as Python objects."""
    frame = to_frame(X)
    most = max(FEWEST_PROVED, min(MOST_PROVED, MOST_VALUES // len(signature.inputs)))
    if len(frame) > most:
        frame = frame.iloc[np.sort(np.random.default_rng(0).choice(len(frame), most, replace=False))]
    return infer.to_rows(signature, frame)


def _example(signature: Signature, example: Any) -> list[tuple[Any, ...]]:
    """Return the rows of an imported model's example, which come first: the first golden row is chosen from them."""
    return [] if example is None else infer.to_rows(signature, to_frame(example))


def _folds(inputs: PublishInputs, signature: Signature, options: ProofOptions, progress: Progress) -> Folds | None:
    if not options.folds:
        return None
    train = to_frame(inputs.train)
    folding = Folding(
        folds=options.folds,
        groups=groups_of(train, options.policy.split.group),
        order=order_of(train, options.policy.split.time),
    )
    return cross_validate(inputs.estimator, signature, train, inputs.train_y, folding, progress=progress)
