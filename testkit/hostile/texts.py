"""Hostile vectorizers: they read files by callers' names, call functions on callers' text, or never end."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from sklearn.calibration import CalibratedClassifierCV
from sklearn.ensemble import StackingClassifier, VotingClassifier
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer
from sklearn.frozen import FrozenEstimator
from sklearn.pipeline import make_pipeline, make_union

from testkit.hostile.composed import Swap
from testkit.hostile.forge import Named, forge
from testkit.hostile.models import LABELS, TEXTS, logistic

VECTORIZERS = {"counts": CountVectorizer, "tf-idf": TfidfVectorizer, "hashes": lambda: HashingVectorizer(n_features=16)}
NESTS: dict[str, Callable[[Any], Any]] = {
    "in a pipeline": lambda vectorizer: make_pipeline(vectorizer, logistic()),
    "in a union": lambda vectorizer: make_pipeline(make_union(vectorizer), logistic()),
    "in a calibration": lambda vectorizer: CalibratedClassifierCV(
        FrozenEstimator(make_pipeline(vectorizer, logistic()).fit(TEXTS, LABELS))
    ),
    "in a vote": lambda vectorizer: VotingClassifier([("one", make_pipeline(vectorizer, logistic()))]),
    "in a stack": lambda vectorizer: StackingClassifier(
        [("one", make_pipeline(vectorizer, logistic()))], logistic(), cv=2
    ),
}
CHANGES: dict[str, dict[str, Any]] = {
    "reads files by name": {"input": "filename"},
    "reads open files": {"input": "file"},
    "takes for ever": {"token_pattern": r"(?:a+)+$"},
    "takes for ever, in groups": {"token_pattern": r"((?:a|a)+)+\Z"},
    "tokenizes by a function": {"tokenizer": Named("os.listdir")},
    "prepares by a function": {"preprocessor": Named("os.system")},
    "analyses by a function": {"analyzer": Named("builtins.open")},
}


def files() -> Iterator[tuple[str, Callable[[], bytes], Any]]:
    """Yield every change in every nest, with the vectorizers in turn."""
    number = 0
    for change, attributes in CHANGES.items():
        for nest in NESTS:
            number += 1
            vectorizer = list(VECTORIZERS)[number % len(VECTORIZERS)]
            yield f"text: {vectorizer} {nest} {change}", partial(_made, vectorizer, nest, attributes), TEXTS


def _made(vectorizer: str, nest: str, attributes: dict[str, Any]) -> bytes:
    model = NESTS[nest](VECTORIZERS[vectorizer]()).fit(TEXTS, LABELS)
    return forge(_changed(model, attributes))


def _changed(part: Any, attributes: dict[str, Any]) -> Any:
    """Return the part with every vectorizer inside changed."""
    if isinstance(part, (CountVectorizer, HashingVectorizer)):
        return Swap(part, {name: value for name, value in attributes.items() if hasattr(part, name)})
    if isinstance(part, (list, tuple)):
        return type(part)(_changed(member, attributes) for member in part)
    if type(part).__module__.startswith("sklearn") and hasattr(part, "__dict__"):
        return Swap(part, {name: _changed(value, attributes) for name, value in vars(part).items()})
    return part
