"""Terms are counted as scikit-learn counts them, whatever the text."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.feature_extraction.text import CountVectorizer

from fairlead.engines.text_counts import Counter
from fairlead.publishing.onnx.converters.vectorizers import _counting

CORPUS = [
    "The quick brown fox isn't lazy",
    "Éclair straße naïve İstanbul ﬁn 2024",
    "a bb ccc a bb",
    "tabs\tand\n\nnew   lines",
    "日本語 текст 😀 e\u0301 data-science",
]
VECTORIZERS: dict[str, dict[str, Any]] = {
    "words": {},
    "pairs of words": {"ngram_range": (1, 2)},
    "three words only": {"ngram_range": (3, 3)},
    "stop words": {"stop_words": "english", "ngram_range": (1, 2)},
    "case kept": {"lowercase": False, "binary": True},
    "own pattern": {"token_pattern": r"(?u)\b(\w)\w*\b"},
    "letters": {"analyzer": "char", "ngram_range": (1, 3)},
    "letters from two": {"analyzer": "char", "ngram_range": (2, 3)},
    "letters inside words": {"analyzer": "char_wb", "ngram_range": (2, 5)},
    "accents to ASCII": {"strip_accents": "ascii"},
    "accents away": {"strip_accents": "unicode", "analyzer": "char_wb"},
}
FITTED = {name: CountVectorizer(**settings).fit(CORPUS) for name, settings in VECTORIZERS.items()}
TEXTS = st.one_of(
    st.text(max_size=60),
    st.lists(st.sampled_from([*" ".join(CORPUS).split(), " ", "\n", "A", "ß", "İ", "_"]), max_size=12).map(" ".join),
)


@pytest.mark.parametrize("name", VECTORIZERS)
@given(texts=st.lists(TEXTS, min_size=1, max_size=4))
def test_counts_are_those_of_the_vectorizer(name: str, texts: list[str]) -> None:
    vectorizer: Any = FITTED[name]
    counts = Counter(_counting(vectorizer)).count(texts)
    assert counts.tolist() == vectorizer.transform(texts).toarray().tolist()
