"""The choice of a version's engine.

onnx if parity is proved, else sklearn if the estimator runs in the layer, else a refusal. The manifest has the reason.
"""

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Literal, NamedTuple

import msgspec

from fairlead.engines import Engine
from fairlead.engines.onnx_graph import check_graph
from fairlead.engines.sklearn import SklearnEngine
from fairlead.errors import DataError, EngineError, FairleadError, ModelFileError, one_line
from fairlead.model import manifest
from fairlead.model.manifest import CODE, Certificate
from fairlead.model.signature import Field, Signature
from fairlead.publishing.estimator_files.convert import from_live
from fairlead.publishing.input.estimator_checks import libraries
from fairlead.publishing.input.inner_estimators import last_estimator
from fairlead.publishing.onnx.compiler import Graph, compile_estimator
from fairlead.publishing.onnx.converters import NotConvertibleError
from fairlead.publishing.onnx.converters.errors import OR_SKLEARN
from fairlead.publishing.onnx.publishers_graph import take_graph
from fairlead.publishing.parity.boundary_rows import boundary_rows, far_rows
from fairlead.publishing.parity.compare import NotProvedError, prove
from fairlead.publishing.parity.graph_runtime import LOCAL, Runtime
from fairlead.publishing.parity.layer_process import prove_in_layer
from fairlead.publishing.parity.row_scans import slower_on_onnx

Demand = Literal["auto", "onnx", "sklearn"]
Row = tuple[Any, ...]
OWN_GRAPH = "a graph that the publisher made"
"""The reason in the manifest where no converter of Fairlead made the graph."""
LAYER_ROWS = 50
ALLOW_CODE = (
    "give the class a converter (docs/how-to/bring-own-code.md), or let the stack's administrator deploy it with "
    "AllowModelCode=yes"
)
BEYOND = (1e8, 1e6, 1e4)
"""Multiples of the largest held-out number, tried in turn as an input's limit where parity fails on larger numbers."""


@dataclass(frozen=True, slots=True)
class Choice:
    """A version's engine with its blob and certificate.

    `serving` answers as the endpoint will; `reference` is the estimator in this process.
    """

    engine: manifest.Engine
    blob: bytes
    parity: Certificate | None
    signature: Signature
    serving: Engine
    reference: Engine


class OwnCode(NamedTuple):
    """The zip of the publisher's own package, and why the stack does not serve it; empty if it does, or is unknown."""

    packed: bytes
    refused: str = ""


def choose_engine(  # noqa: PLR0913 - each argument decides
    estimator: Any,
    signature: Signature,
    rows: list[Row],
    *,
    data: bytes = b"",
    graph: bytes | None = None,
    demanded: Demand = "auto",
    code: OwnCode | None = None,
    runtime: Runtime = LOCAL,
    progress: Callable[[str], None] = lambda _: None,
) -> Choice:
    """Return the engine that serves, with its proof.

    `rows` are held-out rows in signature order; `runtime` runs the graph; `data` is the estimator's data form, written
    here if it is empty; `graph` is an ONNX graph of the publisher, which then must be the engine. `auto` takes onnx if
    parity is proved, else sklearn with the reason. A nearest-neighbour model takes onnx only if it is small enough to
    be faster there. A graph needs no `code`. Raises EngineError with the reason and a hint if the demanded engine
    cannot serve or no engine can; DataError if the estimator cannot answer the held-out rows.
    """
    reference = SklearnEngine(estimator, signature)
    _check_held_out(reference, rows)
    if graph is not None:
        return _on_publishers_graph(graph, estimator, signature, rows, reference, runtime=runtime, progress=progress)
    if demanded == "sklearn":
        _check_layer_has(estimator, "sklearn cannot serve it", hint="publish it with --engine onnx")
        form = data or from_live(estimator)
        return _on_sklearn(form, signature, rows, reference, reason="demanded", code=code, progress=progress)
    reason = slower_on_onnx(estimator) if demanded == "auto" else ""
    if not reason:
        try:
            progress("compiling to ONNX")
            compiled = compile_estimator(estimator, signature)
            return _on_onnx(compiled, estimator, signature, rows, reference, runtime=runtime, progress=progress)
        except (NotConvertibleError, EngineError) as error:
            reason = str(error)
    refused = f"onnx does not serve this model ({reason.removesuffix(OR_SKLEARN)})"
    _check_layer_has(
        estimator, refused, hint="change what the reason names, or fit scikit-learn's HistGradientBoosting"
    )
    if demanded == "onnx":
        raise EngineError(
            f"this model does not run on onnx: {reason}", hint="publish it with --engine sklearn, or auto"
        )
    form = data or from_live(estimator)
    return _on_sklearn(form, signature, rows, reference, reason=reason, code=code, progress=progress)


def _check_layer_has(estimator: Any, why: str, *, hint: str) -> None:
    """Raise EngineError for an estimator with a booster, whose library the sklearn layer does not have."""
    if missing := libraries(estimator):
        raise EngineError(f"{why}: no layer has {', '.join(missing)}", hint=hint)


def _check_held_out(reference: Engine, rows: Sequence[Row]) -> None:
    try:
        reference.answer(rows)
    except ModelFileError:
        raise
    except Exception as error:  # a user's pipeline may raise any error
        raise DataError(f"the estimator cannot answer the held-out rows: {one_line(error, named=True)}") from error


def _on_publishers_graph(
    content: bytes,
    estimator: Any,
    signature: Signature,
    rows: list[Row],
    reference: Engine,
    *,
    runtime: Runtime,
    progress: Callable[[str], None],
) -> Choice:
    progress("reading the graph of --onnx")
    graph = take_graph(content, signature)
    try:
        made = _on_onnx(graph, estimator, signature, rows, reference, runtime=runtime, progress=progress)
    except (NotConvertibleError, EngineError) as error:
        raise EngineError(
            f"the graph of --onnx cannot serve: {one_line(error.__cause__ or error)}",
            hint="publish without --onnx: Fairlead then makes a graph",
        ) from error
    return replace(made, engine=msgspec.structs.replace(made.engine, reason=OWN_GRAPH))


def _on_onnx(
    graph: Graph,
    estimator: Any,
    signature: Signature,
    rows: list[Row],
    reference: Engine,
    *,
    runtime: Runtime,
    progress: Callable[[str], None],
) -> Choice:
    spec = manifest.Engine(name="onnx", blob="onnx", inputs=graph.inputs, outputs=graph.outputs)
    signature = _with_precision(signature, graph)
    check_graph(graph.blob)
    limits = BEYOND[-1:] if graph.distances else (math.inf, *BEYOND)
    proposals = [_nearer(signature, limit) for limit in limits]
    with _naming(estimator):
        engine = runtime.open(spec, signature, graph.blob)
        boundary = boundary_rows(estimator, signature, rows)
        certificate, signature = _proved(reference, engine, proposals, rows, boundary, progress)
    return Choice(spec, graph.blob, certificate, signature, engine, reference)


@contextmanager
def _naming(estimator: Any) -> Iterator[None]:
    """Raise NotConvertibleError, which names the estimator's class, in place of what a running graph raises.

    Errors of the registry or of a function are not findings about the graph, and pass.
    """
    try:
        yield
    except NotProvedError as error:
        raise NotConvertibleError.differing(type(last_estimator(estimator)).__name__, str(error)) from error
    except Exception as error:  # onnxruntime's own exceptions share no base class
        if isinstance(error, FairleadError) and not isinstance(error, EngineError):
            raise
        raise NotConvertibleError.failed("the ONNX graph", type(last_estimator(estimator)).__name__, error) from error


def _proved(
    reference: Engine,
    engine: Engine,
    proposals: Sequence[Signature],
    rows: list[Row],
    boundary: list[Row],
    progress: Callable[[str], None],
) -> tuple[Certificate, Signature]:
    """Return the certificate and the first of the proposed signatures whose parity is proved.

    The next proposal, with lower limits, is tried only if all differences are on far rows. Distances to far rows are
    equal in doubles, so an estimator that compares distances answers such rows by rounding alone.
    """
    for proposed in proposals:
        far = far_rows(proposed, rows)
        progress(f"proving parity on {len(rows):,} held-out, {len(boundary):,} boundary and {len(far):,} far rows")
        try:
            return prove(reference, engine, rows, boundary, far), proposed
        except NotProvedError as error:
            if not error.far:
                raise
            last = error
    raise last


def _nearer(signature: Signature, beyond: float) -> Signature:
    """Limit each number to the power of ten above `beyond` times the largest seen; infinity sets no limit."""
    return msgspec.structs.replace(signature, inputs=tuple(_limited(field, beyond) for field in signature.inputs))


def _limited(field: Field, beyond: float) -> Field:
    if field.kind != "number" or field.minimum is None or field.maximum is None or beyond == math.inf:
        return field
    seen = max(abs(field.minimum), abs(field.maximum)) or 1.0
    limit = 10.0 ** math.ceil(math.log10(seen * beyond))
    return msgspec.structs.replace(field, largest=min(field.largest, limit))


def _with_precision(signature: Signature, graph: Graph) -> Signature:
    """Set every field's precision to that of its input: doubles, but for a publisher's graph in single precision."""
    single = {name for tensor in graph.inputs if tensor.dtype == "float32" for name in tensor.fields}
    fields = tuple(
        msgspec.structs.replace(field, precision="float32" if field.name in single else "float64")
        for field in signature.inputs
    )
    return msgspec.structs.replace(signature, inputs=fields)


def _on_sklearn(
    data: bytes,
    signature: Signature,
    rows: list[Row],
    reference: Engine,
    *,
    reason: str,
    code: OwnCode | None,
    progress: Callable[[str], None],
) -> Choice:
    if code and code.refused:
        raise _refused(reason, code.refused, hint=ALLOW_CODE)
    progress("proving the estimator in the sklearn layer's environment")
    spec = manifest.Engine(name="sklearn", blob="estimator", code=CODE if code else "", reason=reason)
    step = max(1, len(rows) // LAYER_ROWS)
    chosen = rows[::step][:LAYER_ROWS]
    try:
        prove_in_layer(spec, signature, data, chosen, reference.answer(chosen), code=code.packed if code else b"")
    except EngineError as error:
        raise _refused(reason, str(error), hint=error.hint) from error
    return Choice(spec, data, None, signature, reference, reference)


def _refused(reason: str, obstacle: str, *, hint: str = "") -> EngineError:
    why = "" if reason == "demanded" else f"onnx does not serve this model ({reason}), and "
    return EngineError(
        f"{why}sklearn does not either: {obstacle}" if why else f"sklearn cannot serve it: {obstacle}", hint=hint
    )
