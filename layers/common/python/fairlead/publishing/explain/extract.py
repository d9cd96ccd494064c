"""Extracts the explanation of a proved candidate: trees, coefficients, or a background for sampling.

Exact methods need the onnx engine, and a matrix whose columns each belong to one field. What they extract is tried on
held-out rows with the engine that will serve; where it does not add up to the answers, sampling takes over.
"""

import copy
from collections.abc import Sequence
from typing import Any

import msgspec
import numpy as np

from fairlead.engines.explanation.explainer import Explainer, matrix_of, matrix_signature, open_explainer
from fairlead.errors import EngineError, IntegrityError, NotAdditiveError
from fairlead.model import manifest
from fairlead.model.explanation import SCHEMA, Encoder, Explanation
from fairlead.model.manifest import Explaining
from fairlead.model.signature import Output, Signature, positions
from fairlead.publishing.explain.column_fields import MixedFieldsError, column_fields
from fairlead.publishing.explain.linear_arrays import coefficients_of
from fairlead.publishing.explain.output_links import NotExactError, link_of
from fairlead.publishing.explain.tree_arrays import trees_of
from fairlead.publishing.input.inner_estimators import way_to_last
from fairlead.publishing.onnx.compiler import compile_estimator
from fairlead.publishing.onnx.converters import NotConvertibleError
from fairlead.publishing.parity.choose_engine import Choice
from fairlead.publishing.parity.graph_runtime import Runtime

Row = tuple[Any, ...]
BACKGROUND = 32
"""Background rows: each is one pair of orders; the standard error shrinks with their square root."""
MOST_AVERAGED = 2_000
"""Rows that the means of a linear model are taken over."""
FEWEST_AVERAGED = 100
MOST_VALUES = 2_000_000
"""Rows × columns of those rows, which the engine answers as Python numbers."""
MOST_TRIED = 50
"""Held-out rows on which exact reasons are tried."""
SEED = 20_260_102


class Extracted(msgspec.Struct, frozen=True, kw_only=True):
    """The manifest's entry, the blob (None where reasons are off), and the explainer that was tried."""

    facts: Explaining
    blob: Explanation | None = None
    explainer: Explainer | None = None


def extract(
    estimator: Any,
    choice: Choice,
    *,
    held_out: Sequence[Row],
    background: Sequence[Row],
    runtime: Runtime,
) -> Extracted:
    """Return the explanation of a candidate; without an estimator, of its engine alone.

    `background` are rows of the training data, or held-out rows.
    """
    signature = choice.signature
    if signature.output.names:
        return Extracted(facts=Explaining(method="off", reason="the model has several targets"))
    generator = np.random.default_rng(SEED)
    reason = "the engine is sklearn" if estimator is not None else "the graph is the publisher's own"
    if choice.engine.name == "onnx" and estimator is not None:
        try:
            return _exact(
                estimator, choice, _some(background, MOST_AVERAGED, generator), held_out[:MOST_TRIED], runtime
            )
        except (NotExactError, MixedFieldsError, NotConvertibleError, EngineError) as error:
            reason = str(error)
        except (NotAdditiveError, IntegrityError) as error:
            reason = f"its own arrays do not explain it: {error}"
    drawn = _some(background, BACKGROUND, generator)
    blob = Explanation(schema=SCHEMA, link="identity", background=drawn)
    explainer = open_explainer(blob, signature, choice.serving, runtime.open)
    return Extracted(facts=Explaining(method="sampled", reason=reason), blob=blob, explainer=explainer)


def _exact(
    estimator: Any, choice: Choice, background: Sequence[Row], tried: Sequence[Row], runtime: Runtime
) -> Extracted:
    signature = choice.signature
    steps, model = _parts(estimator)
    trees = trees_of(model)
    columns = _columns(steps, signature)
    encoder = _encoder(steps, signature, len(columns)) if steps else None
    linear = None
    if trees is None:
        matrix = matrix_of(encoder, signature, runtime.open)
        most = max(FEWEST_AVERAGED, MOST_VALUES // len(columns))
        averaged = background[:: -(-len(background) // most)]
        linear = coefficients_of(model, lambda: matrix(averaged).mean(axis=0), len(columns))
    blob = Explanation(
        schema=SCHEMA,
        link=link_of(model, signature.output),
        columns=tuple(columns),
        encoder=encoder,
        trees=trees,
        linear=linear,
    )
    explainer = open_explainer(blob, signature, choice.serving, runtime.open)
    explainer.explain(tried, choice.serving.answer(tried))
    return Extracted(facts=Explaining(method="linear" if trees is None else "tree"), blob=blob, explainer=explainer)


def _parts(whole: Any) -> tuple[list[Any], Any]:
    """Return the steps before the last estimator, in order, and the last estimator."""
    from sklearn.pipeline import Pipeline

    steps: list[Any] = []
    way = list(way_to_last(whole))
    for outer in way:
        if isinstance(outer, Pipeline):
            steps += [step for _, step in outer.steps[:-1] if step is not None and step != "passthrough"]
    last = way[-1]
    if getattr(last, "_preprocessor", None) is not None:
        steps.append(_own_encoder(last))
    return steps, last


def _own_encoder(model: Any) -> Any:
    """Return HistGradientBoosting's own encoder of categories, whose function for other columns only checks them."""
    encoder = copy.copy(model._preprocessor)  # noqa: SLF001 - it has no public name
    encoder.transformers_ = [
        (name, member if name == "encoder" else "passthrough", np.flatnonzero(chosen).tolist())
        for name, member, chosen in encoder.transformers_
        if np.any(chosen)
    ]
    return encoder


def _columns(steps: Sequence[Any], signature: Signature) -> list[int]:
    """Return the field of each column of the matrix, -1 for a column that the signature ignores."""
    width = len(signature.inputs) + len(signature.ignored)
    places = {place: field for field, place in enumerate(positions(signature))}
    columns = [places.get(place, -1) for place in range(width)]
    for step in steps:
        columns = column_fields(step, columns)
    return columns


def _encoder(steps: Sequence[Any], signature: Signature, width: int) -> Encoder:
    from sklearn.pipeline import make_pipeline

    names = tuple(f"c{place}" for place in range(width))
    output = Output(task="regression", names=names)
    graph = compile_estimator(make_pipeline(*steps), matrix_signature(signature, output))
    engine = manifest.Engine(name="onnx", blob="explanation", inputs=graph.inputs, outputs=graph.outputs)
    return Encoder(engine=engine, names=names, graph=graph.blob)


def _some(rows: Sequence[Row], most: int, generator: np.random.Generator) -> list[Row]:
    if len(rows) <= most:
        return list(rows)
    return [rows[place] for place in np.sort(generator.choice(len(rows), most, replace=False)).tolist()]
