"""Fairlead: a fitted scikit-learn model as a live, authorised, versioned endpoint on AWS Lambda.

`fairlead.publish(estimator, name=…, X=…, y=…)` is the one verb a notebook needs; all else is a module of its own.
Nothing heavy is imported here: Lambda imports this package on every cold start.
"""

from typing import Any

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Load `fairlead.publish` on first use, because publishing imports scikit-learn."""
    if name == "publish":
        from fairlead.publishing.story import publish

        return publish
    raise AttributeError(f"module 'fairlead' has no attribute {name!r}")
