"""Clusters have no true labels; if a grouping is known, they are compared with it."""

from fairlead.publishing.cluster_metric import adjusted_rand


def test_clusters_are_compared_up_to_their_numbering() -> None:
    assert adjusted_rand(["a", "a", "b"], [1, 1, 0]).value == 1.0
    assert adjusted_rand(["a", "b", "a", "b"], [0, 0, 1, 1]).value < 0.1
