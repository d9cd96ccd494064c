"""Read a .skops file with skops, in the closed process only: skops builds objects, where pickles are only read.

Its list of trusted types is made here from the rules for pickles, never from the file or from an MLmodel beside it.
"""

import io
import pickle
import warnings
import zipfile
from typing import Any

from fairlead.errors import FairleadError, ModelFileError, one_line
from fairlead.publishing.estimator_files.refusals import OWN_KERNEL, judge
from fairlead.publishing.input.archive import LARGEST_MODEL

SAVE = "save the fitted estimator with skops.io.dump(estimator, 'model.skops') and publish that"
INSTALL = "pip install 'fairlead[skops]', or save the estimator with joblib.dump and publish that"


def is_skops(content: bytes) -> bool:
    """Return whether the bytes are a zip archive with skops' schema."""
    if not content.startswith(b"PK\x03\x04"):
        return False
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            return "schema.json" in archive.namelist()
    except zipfile.BadZipFile:
        return False


def as_pickle(content: bytes, name: str) -> bytes:
    """Return the pickle of a .skops file's estimator; raises ModelFileError with a reason and a hint.

    Refused are archives that unpack to more than LARGEST_MODEL bytes, types that no fitted estimator has, and
    estimators of another scikit-learn version: they would be pickled as ones of this version.
    """
    _check_size(content, name)
    try:
        return pickle.dumps(_loaded(content, name), protocol=5)
    except (FairleadError, MemoryError):
        raise
    except ModuleNotFoundError as error:
        raise ModelFileError(
            f"{name} needs the package {error.name}, which is not installed here", hint=f"pip install {error.name}"
        ) from error
    except Exception as error:  # a damaged file may raise any exception
        raise ModelFileError(
            f"{name} is truncated, damaged or not a model file: {one_line(error, 200)}", hint=SAVE
        ) from error


def _check_size(content: bytes, name: str) -> None:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        if sum(member.file_size for member in archive.infolist()) > LARGEST_MODEL:
            raise ModelFileError(f"{name} unpacks to more than {LARGEST_MODEL >> 30} GiB", hint="fit a smaller model")


def _loaded(content: bytes, name: str) -> Any:
    import sklearn
    from sklearn.exceptions import InconsistentVersionWarning

    try:
        from skops import io as skops_io
    except ImportError as error:
        raise ModelFileError(f"{name} is a skops file, and skops is not installed here", hint=INSTALL) from error
    untrusted = skops_io.get_untrusted_types(data=content)
    for kind in untrusted:
        judge(kind)
    with warnings.catch_warnings():
        warnings.simplefilter("error", InconsistentVersionWarning)
        try:
            return skops_io.loads(content, trusted=untrusted)
        except InconsistentVersionWarning as warning:
            raise ModelFileError(
                f"{name} was fitted with scikit-learn {warning.original_sklearn_version}, and {sklearn.__version__} is "
                "installed here: answers may differ between versions",
                hint=OWN_KERNEL,
            ) from warning
