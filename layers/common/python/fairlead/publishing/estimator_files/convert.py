"""Convert model files to the data form: the only module that reads pickles, and it never executes them."""

import io
import pickle
import re
from functools import partial
from typing import Any

from fairlead.engines.estimator_data.reader import read
from fairlead.engines.model_code.importer import MountedCode
from fairlead.errors import ModelFileError, one_line
from fairlead.publishing.estimator_files import skops_file
from fairlead.publishing.estimator_files.data_writer import Writer
from fairlead.publishing.estimator_files.inert_unpickler import InertUnpickler, MalformedError
from fairlead.publishing.estimator_files.refusals import OWN_KERNEL, judge, unknown
from fairlead.publishing.input.archive import DUMP, unpack
from fairlead.publishing.input.estimator_checks import check_estimator

VERSION = re.compile(rb"_sklearn_version\W+?(\d+\.\d+\.?\w*)")


def from_file(content: bytes, name: str, code: MountedCode | None = None) -> bytes:
    """Return the data form of a model file's bytes, checked by building the estimator. Raises ModelFileError.

    `code` is the publisher's own package, mounted; building executes it.
    """
    pickled = skops_file.as_pickle(content, name) if skops_file.is_skops(content) else unpack(content, name)
    data = from_pickle(pickled, name, package=code.package.name if code else "")
    check_estimator(read(data, code).estimator)
    return data


def from_pickle(content: bytes, name: str, *, package: str = "") -> bytes:
    """Return the data form of a pickle, never executing it; `name` is the file's. Raises ModelFileError.

    Names of the publisher's own `package` are written too; none of them is imported.
    """
    _check_versions(content, name)
    writer = Writer(unknown, package)
    try:
        return writer.write(_inert_objects(content, package))
    except ModelFileError as error:
        raise ModelFileError(str(error), hint=error.hint or DUMP) from error
    except Exception as error:  # a damaged stream may raise any exception
        reason = "" if isinstance(error, KeyError) else f": {one_line(error, 200)}"  # its text is a key alone
        place = f" (at {writer.place()[:100]})" if writer.place() else ""
        raise ModelFileError(f"{name} is truncated, damaged or not a model file{reason}{place}", hint=DUMP) from error


def from_live(estimator: Any, *, package: str = "") -> bytes:
    """Return the data form of an estimator in this process; raises ModelFileError if data cannot hold it."""
    kind = type(estimator).__name__
    try:
        content = pickle.dumps(estimator, protocol=5)
    except Exception as error:  # pickling may raise any exception
        raise ModelFileError(
            f"the {kind} cannot be pickled: {one_line(error, 200)}", hint="save it with joblib.dump to see why"
        ) from error
    return from_pickle(content, f"the {kind}", package=package)


def _inert_objects(content: bytes, package: str) -> Any:
    file = io.BytesIO(content)
    root = InertUnpickler(file, partial(judge, package=package)).load()
    if file.tell() != len(content):
        raise MalformedError(f"{len(content) - file.tell()} bytes after its end")
    return root


def _check_versions(content: bytes, name: str) -> None:
    import sklearn

    others = sorted({found.decode() for found in VERSION.findall(content)} - {sklearn.__version__})
    if others:
        raise ModelFileError(
            f"{name} was fitted with scikit-learn {others[0]}, and {sklearn.__version__} is installed here: answers "
            "may differ between versions",
            hint=OWN_KERNEL,
        )
