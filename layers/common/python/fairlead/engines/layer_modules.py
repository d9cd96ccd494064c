"""The modules that the sklearn layer has, beside the standard library."""

IMPORTABLE = frozenset(
    {"cloudpickle", "dateutil", "joblib", "narwhals", "numpy", "pandas", "scipy", "six", "sklearn", "threadpoolctl"}
)
"""Top-level modules of the layer's packages, which an estimator may import. A test compares them with the lock file."""
