"""Fairlead: a fitted scikit-learn model as a live, authorised, versioned endpoint on AWS Lambda.

`fairlead.publish(estimator, name=…, X=…, y=…)` is the verb a notebook needs, `fairlead.validate(…)` its dry run;
all else is a module of its own.
Nothing heavy is imported here: Lambda imports this package on every cold start.
"""

from typing import Any

__version__ = "0.1.0"


def __getattr__(name: str) -> Any:
    """Load `fairlead.publish` and `fairlead.validate` on first use, because publishing imports scikit-learn."""
    if name in {"publish", "validate"}:
        from fairlead.publishing import story

        return getattr(story, name)
    raise AttributeError(f"module 'fairlead' has no attribute {name!r}")
