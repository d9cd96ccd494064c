"""Converter of KMeans: the nearest centre, by scikit-learn's formula, which stays exact enough for distant rows."""

from typing import Any

import numpy as np

from fairlead.publishing.onnx.converters.graph_writer import Nodes


def k_means(nodes: Nodes, operator: Any) -> None:
    """Write the index of the nearest centre."""
    centres = np.asarray(operator.raw_operator.cluster_centers_, dtype=np.float64)
    nodes.fill(operator.outputs[0], nearest(nodes, nodes.matrix(operator), centres))


def nearest(nodes: Nodes, matrix: str, points: Any) -> str:
    """Write the index of each row's nearest point, shape (rows,), without the row's square, equal for all points."""
    points = np.asarray(points, dtype=np.float64)
    products = nodes.add("MatMul", matrix, -2.0 * points.T)
    distances = nodes.add("Add", products, (points**2).sum(axis=1)[None, :])
    return nodes.add("ArgMin", distances, axis=1, keepdims=0)
