"""The verbs of a notebook: publish, validate, release and monitor, with results that a notebook shows as tables."""
