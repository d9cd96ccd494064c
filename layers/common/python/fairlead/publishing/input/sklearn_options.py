"""scikit-learn's global options: publishing runs with those of the place that serves, which sets none."""

import contextlib
from collections.abc import Iterator

from fairlead.errors import DataError, EngineError, ModelFileError

SERVED = {"transform_output": "default", "assume_finite": False, "array_api_dispatch": False}


@contextlib.contextmanager
def as_served() -> Iterator[None]:
    """Run with the options of the endpoint. A refusal says which option of this process the endpoint does not have."""
    import sklearn

    here = sklearn.get_config()
    set_here = [f"{name}={here[name]!r}" for name, value in SERVED.items() if here[name] != value]
    try:
        with sklearn.config_context(**SERVED):
            yield
    except (DataError, EngineError, ModelFileError) as error:
        if set_here:
            said = f"sklearn.set_config({', '.join(set_here)}) holds here and not where the model is served"
            way = "; estimator.set_output(transform=…) travels with the model" if "transform" in set_here[0] else ""
            raise type(error)(f"{error} ({said})", hint=f"fit and publish without that option{way}") from error
        raise
