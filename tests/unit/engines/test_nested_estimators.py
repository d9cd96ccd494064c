"""The limit of estimators that one prediction calls inside estimators."""

import numpy as np
import pytest
from sklearn.ensemble import VotingClassifier
from sklearn.linear_model import LogisticRegression

from fairlead.engines.estimator_data.reader import read
from fairlead.errors import ModelFileError
from fairlead.publishing.estimator_files.convert import from_live

X = np.random.default_rng(0).random((40, 2))
Y = (X[:, 0] > 0.5).astype(int)


def votes_of_votes(depth: int) -> VotingClassifier:
    """Each vote asks the same inner one twice: 2 ** depth predictions of the innermost, in a few kilobytes."""
    inner: VotingClassifier | LogisticRegression = LogisticRegression().fit(X, Y)
    for _ in range(depth):
        vote = VotingClassifier([("a", LogisticRegression()), ("b", LogisticRegression())], voting="soft").fit(X, Y)
        vote.estimators_ = [inner, inner]
        inner = vote
    return inner


def test_votes_inside_votes_are_read_while_a_prediction_of_them_ends() -> None:
    assert read(from_live(votes_of_votes(4))).estimator.predict(X).tolist() == votes_of_votes(0).predict(X).tolist()


def test_votes_inside_votes_are_refused_where_a_prediction_would_not_end() -> None:
    with pytest.raises(ModelFileError, match=r"a prediction would pass through 2.* objects; the limit is 200,000"):
        read(from_live(votes_of_votes(19)))
