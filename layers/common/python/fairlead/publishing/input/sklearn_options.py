"""scikit-learn's global options: publishing runs with those of the endpoint, which are the defaults."""

import contextlib
from collections.abc import Iterator

from fairlead.errors import DataError, EngineError, ModelFileError

ENDPOINT = {"transform_output": "default", "assume_finite": False, "array_api_dispatch": False}


@contextlib.contextmanager
def endpoint_options() -> Iterator[None]:
    """Run the block with the endpoint's options. A refusal names the options that this process sets differently."""
    import sklearn

    here = sklearn.get_config()
    set_here = [f"{name}={here[name]!r}" for name, value in ENDPOINT.items() if here[name] != value]
    try:
        with sklearn.config_context(**ENDPOINT):
            yield
    except (DataError, EngineError, ModelFileError) as error:
        if set_here:
            cause = f"sklearn.set_config({', '.join(set_here)}) is set in this process but not at the endpoint"
            other = "; estimator.set_output(transform=…) is saved with the model" if "transform" in set_here[0] else ""
            raise type(error)(f"{error} ({cause})", hint=f"fit and publish without that option{other}") from error
        raise
