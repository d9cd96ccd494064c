"""Engine choice: a compiled graph serves only if its answers equal the estimator's on held-out and boundary rows."""
