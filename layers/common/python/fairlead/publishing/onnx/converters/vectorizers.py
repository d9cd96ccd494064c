"""Converters of text vectorizers: the engine counts terms (`fairlead.engines.text_counts`) for the graph."""

from typing import Any

from fairlead.engines.text_counts import Counting
from fairlead.publishing.onnx.converters.errors import NotConvertibleError
from fairlead.publishing.onnx.converters.graph_writer import Nodes
from fairlead.publishing.onnx.converters.transformers import weighted_terms

LARGEST_COUNTS = 4_000_000
"""Doubles of the table rows × vocabulary (32 MB): larger batches are answered in parts."""


def vectorizer(nodes: Nodes, operator: Any) -> None:
    """Write CountVectorizer or TfidfVectorizer on one unchanged column of text."""
    model = operator.raw_operator
    (column,) = nodes.inputs.columns(operator.inputs, 1)
    if column.field is None:
        raise NotConvertibleError(
            f"{type(model).__name__} behind a step that changes its text", use="it on the column of text itself"
        )
    counts = nodes.inputs.count_terms(column.field, _counting(model))
    nodes.stand_in(column, counts)
    nodes.inputs.limit_rows(LARGEST_COUNTS // max(1, len(model.vocabulary_)))
    tfidf = getattr(model, "_tfidf", None)
    nodes.fill(operator.outputs[0], counts if tfidf is None else weighted_terms(nodes, tfidf, counts))


def _counting(model: Any) -> Counting:
    for name in ("preprocessor", "tokenizer"):
        if getattr(model, name) is not None:
            raise NotConvertibleError(f"{type(model).__name__} with a custom {name}", use=f"{name}=None")
    if callable(model.analyzer) or callable(model.strip_accents):
        raise NotConvertibleError(
            f"{type(model).__name__} with a function as analyzer or strip_accents", use="one of their names"
        )
    terms = sorted(model.vocabulary_, key=model.vocabulary_.__getitem__)
    return Counting(
        vocabulary=tuple(terms),
        analyzer=model.analyzer,
        lowercase=bool(model.lowercase),
        strip_accents=model.strip_accents or None,
        token_pattern=model.token_pattern or "",
        ngram_range=(int(model.ngram_range[0]), int(model.ngram_range[1])),
        stop_words=tuple(sorted(model.get_stop_words() or ())) if model.analyzer == "word" else (),
        binary=bool(model.binary),
    )
