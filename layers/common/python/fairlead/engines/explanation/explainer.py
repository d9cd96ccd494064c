"""Opens a version's explanation and explains answered rows; exact reasons are checked before they are returned."""

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from fairlead.engines import Engine
from fairlead.engines.explanation.linear_shapley import LinearShapley
from fairlead.engines.explanation.links import (
    TOLERANCE,
    disagreeing,
    labels_decided,
    measure_of,
    of_both_classes,
    outputs_of,
    places_of,
    sampled_scale,
)
from fairlead.engines.explanation.sampled_shapley import SampledShapley
from fairlead.engines.explanation.tree_shapley import TreeShapley
from fairlead.errors import IntegrityError, NotAdditiveError, NotExplainableError
from fairlead.model import manifest
from fairlead.model.answers import Answers
from fairlead.model.explanation import METHODS, SCALES, Encoder, Explanation, Reasons
from fairlead.model.signature import Output, Signature, positions

Row = tuple[Any, ...]
Array = np.ndarray[Any, Any]
OpenGraph = Callable[[manifest.Engine, Signature, bytes], Engine]


class ExactExplainer:
    """Explains by trees or coefficients: contributions by column, summed by field."""

    def __init__(self, explanation: Explanation, signature: Signature, open_graph: OpenGraph) -> None:
        columns = len(explanation.columns)
        fields = len(signature.inputs)
        if not all(-1 <= field < fields for field in explanation.columns):
            raise IntegrityError("the explanation names a field that the signature does not have")
        self._link = explanation.link
        self._output = signature.output
        self._matrix = matrix_of(explanation.encoder, signature, open_graph)
        self._to_fields = np.zeros((columns, fields + 1))
        self._to_fields[np.arange(columns), list(explanation.columns)] = 1.0
        self._to_fields = self._to_fields[:, :fields]  # a column of no field, -1, is ignored by the model
        self._values: TreeShapley | LinearShapley
        if explanation.trees is not None:
            self._values, self._method = TreeShapley(explanation.trees, columns), METHODS["tree"]
        elif explanation.linear is not None:
            self._values, self._method = LinearShapley(explanation.linear, columns), METHODS["linear"]
        else:
            raise IntegrityError("the explanation holds neither trees, nor coefficients, nor a background")

    def explain(self, rows: Sequence[Row], answers: Answers, *, first_row: int = 0) -> Reasons:
        """Return the reasons of answered rows; raises NotAdditiveError where they do not add up to the answers.

        The first of `rows` is the request's row `first_row`.
        """
        places = places_of(self._output, answers)
        matrix = self._matrix(rows)
        single = len(self._values.expected) == 1
        columns, sums = self._values.explain(matrix, np.zeros(len(rows), dtype=np.intp) if single else np.array(places))
        found = columns @ self._to_fields
        both = of_both_classes(sums, self._output)
        bases = np.tile(of_both_classes(self._values.expected[None, :], self._output)[0], (len(rows), 1))
        if both is not sums:
            found *= np.where(np.array(places) == 1, 1.0, -1.0)[:, None]
        chosen = (np.arange(len(rows)), np.array(places))
        self._check(found, bases[chosen], both[chosen], first_row)
        shown = both if self._link != "probability" else sums
        wrong = labels_decided(both, places) if self._link == "label" else disagreeing(self._link, shown, answers)
        if wrong:
            raise NotAdditiveError(f"row {first_row + wrong[0]}: the explained sums do not lead to the answer")
        return Reasons(
            method=self._method,
            scale=SCALES[self._link],
            outputs=outputs_of(self._output, answers),
            bases=bases[chosen].tolist(),
            contributions=found.tolist(),
        )

    def _check(self, contributions: Array, bases: Array, sums: Array, first_row: int) -> None:
        gap = np.abs(bases + contributions.sum(axis=1) - sums)
        size = np.maximum(1.0, np.abs(bases) + np.abs(contributions).sum(axis=1))
        wrong = np.flatnonzero(~(gap <= TOLERANCE * size))
        if len(wrong):
            row = int(wrong[0])
            raise NotAdditiveError(
                f"row {first_row + row}: base value and contributions miss the prediction by {gap[row]:.3g}"
            )


class SampledExplainer:
    """Explains by asking the engine, with standard errors."""

    def __init__(self, explanation: Explanation, signature: Signature, engine: Engine) -> None:
        background = explanation.background or []
        width = len(signature.inputs)
        if len(background) < 2 or any(len(row) != width for row in background):
            raise IntegrityError("the explanation's background is malformed")
        self._output: Output = signature.output
        self._values = SampledShapley(engine, background, measure_of(signature.output))

    def explain(self, rows: Sequence[Row], answers: Answers, *, first_row: int = 0) -> Reasons:
        """Return the reasons of answered rows; the first of `rows` is the request's row `first_row`."""
        asked = zip(rows, self._places(answers), strict=True)
        found = [self._row(number, row, place) for number, (row, place) in enumerate(asked, first_row)]
        return Reasons(
            method=METHODS["sampled"],
            scale=sampled_scale(self._output),
            outputs=outputs_of(self._output, answers),
            bases=[base for base, _, _ in found],
            contributions=[values.tolist() for _, values, _ in found],
            errors=[errors.tolist() for _, _, errors in found],
        )

    def _row(self, number: int, row: Row, place: int) -> tuple[float, Array, Array]:
        try:
            return self._values.explain(row, place)
        except MemoryError:
            raise
        except Exception as error:  # an estimator may raise anything at values that never occurred together
            raise NotExplainableError(
                f"row {number}: the model refuses rows between this one and the background",
                hint="ask without `explain`",
            ) from error

    def _places(self, answers: Answers) -> list[int]:
        if self._output.classes or self._output.task != "clustering":
            return places_of(self._output, answers)
        return [int(label) for label in answers.labels or ()]


Explainer = ExactExplainer | SampledExplainer


def open_explainer(explanation: Explanation, signature: Signature, engine: Engine, open_graph: OpenGraph) -> Explainer:
    """Return a version's explainer; raises IntegrityError for arrays that contradict each other or the signature."""
    if explanation.background is not None:
        return SampledExplainer(explanation, signature, engine)
    return ExactExplainer(explanation, signature, open_graph)


def matrix_of(encoder: Encoder | None, signature: Signature, open_graph: OpenGraph) -> Callable[[Sequence[Row]], Array]:
    """Return a function from rows to the matrix that trees or coefficients read, in doubles, NaN for missing."""
    if encoder is not None:
        output = Output(task="regression", names=encoder.names)
        engine = open_graph(encoder.engine, matrix_signature(signature, output), encoder.graph)
        return lambda rows: np.array(engine.answer(rows).values, dtype=np.float64).reshape(len(rows), -1)
    width, places = len(signature.inputs) + len(signature.ignored), positions(signature)

    def filled(rows: Sequence[Row]) -> Array:
        matrix = np.zeros((len(rows), width))
        matrix[:, places] = np.array(rows, dtype=np.float64)
        return matrix

    return filled


def matrix_signature(signature: Signature, output: Output) -> Signature:
    """Return the signature of the graph that writes the matrix: the model's inputs, another output."""
    return Signature(inputs=signature.inputs, output=output, layout=signature.layout, ignored=signature.ignored)
