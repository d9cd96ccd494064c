"""The training recipe: class and constructor parameters as text, so that the same estimator can be fitted again."""

import re
from typing import Any

from fairlead.model.manifest import Recipe

LONGEST_VALUE = 2000
"""Characters of one parameter: nested pipelines and vocabularies are long."""


def recipe(estimator: Any) -> Recipe:
    """Return the class path and the repr of each constructor parameter, cut at LONGEST_VALUE characters."""
    kind = type(estimator)
    parameters = estimator.get_params(deep=False)
    return Recipe(
        estimator=f"{getattr(kind, 'module', kind.__module__)}.{kind.__qualname__}",
        parameters={name: _text(value) for name, value in sorted(parameters.items())},
    )


def _text(value: Any) -> str:
    # An address differs in every process: equal estimators must have equal recipes.
    text = re.sub(r" at 0x[0-9a-fA-F]+", "", repr(value))
    return text if len(text) <= LONGEST_VALUE else text[: LONGEST_VALUE - 1] + "…"
