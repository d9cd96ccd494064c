"""Checks the state inside a live estimator that compiled code follows without looking."""

from typing import Any

from fairlead.engines import native_state
from fairlead.errors import ModelFileError
from fairlead.publishing.estimators import parts
from fairlead.publishing.packing import DUMP


def check_native(estimator: Any) -> None:
    """Raise ModelFileError, naming class and place, for state that would make native code read other memory or hang."""
    for part in parts(estimator):
        name = f"{type(part).__module__}.{type(part).__qualname__}"
        try:
            state = native_state.state_of(part)
            if state is not None:
                native_state.check(name, state)
        except ModelFileError:
            raise
        except Exception as error:
            raise ModelFileError(f"{name}: its state is damaged: {str(error)[:200]}", hint=DUMP) from error
