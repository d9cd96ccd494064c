"""The choice of the engine: a graph serves only where its answers equal the estimator's."""
