"""Reads a model file without trusting it.

1. `packing` recognises the file and unpacks it within bounds.
2. `pickle_scan` walks every opcode as facts; `pickle_policy` judges every name. Nothing is imported or executed.
3. Versions must match, and every name must be what its package made; only now are allowed packages imported.
4. `pickle_load` opens the file with an unpickler that knows nothing but the allow-list, and cannot call the rest.
5. What came out must be a fitted scikit-learn estimator.
"""

import io
import re
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fairlead.errors import ModelFileError
from fairlead.publishing.estimators import check_estimator
from fairlead.publishing.native import check_native
from fairlead.publishing.packing import DUMP, unpack
from fairlead.publishing.pickle_load import RestrictedUnpickler
from fairlead.publishing.pickle_names import Name, Right
from fairlead.publishing.pickle_policy import OWN_KERNEL, check_allowed, judge, resolve
from fairlead.publishing.pickle_scan import Machine, Scan
from fairlead.publishing.pickle_values import MalformedError

__all__ = ["check_estimator", "read_model"]


def read_model(path: Path, *, allow: Sequence[str] = ()) -> Any:
    """Return the fitted estimator of a joblib or pickle file.

    `allow` names packages, beside scikit-learn's family, whose classes and functions the file may use: whoever names
    one trusts it with everything. Raises ModelFileError with the reason and the way forward; then nothing ran.
    """
    declared = check_allowed(allow)
    content = unpack(path)
    _scan(content, path.name, declared)
    estimator = _load(content, path.name, declared)
    try:
        check_estimator(estimator)
        check_native(estimator)
    except ModelFileError:
        raise
    except Exception as error:
        raise ModelFileError(f"{path.name} holds a damaged {type(estimator).__name__}", hint=DUMP) from error
    return estimator


def _scan(content: bytes, name: str, declared: frozenset[str]) -> None:
    scan = Scan(lambda found: judge(found, declared))
    file = io.BytesIO(content)
    try:
        Machine(file, len(content), scan).run()
    except MalformedError as error:
        raise ModelFileError(f"{name} is truncated, damaged or no model file: {error}", hint=DUMP) from error
    if file.tell() != len(content):
        raise ModelFileError(f"{name} has {len(content) - file.tell()} bytes behind its end", hint=DUMP)
    _check_versions(scan.versions, name)
    for found in scan.names:
        try:
            resolve(found, declared)
        except ModelFileError:
            _check_versions(set(re.findall(r"_sklearn_version\W+?(\d+\.\d+\.?\w*)", content.decode("latin1"))), name)
            raise


def _check_versions(versions: set[str], name: str) -> None:
    import sklearn

    strange = sorted(versions - {sklearn.__version__})
    if strange:
        raise ModelFileError(
            f"{name} was made by scikit-learn {strange[0]}, and this is {sklearn.__version__}: across versions its "
            "answers may change",
            hint=OWN_KERNEL,
        )


def _load(content: bytes, name: str, declared: frozenset[str]) -> Any:
    def lookup(found: Name) -> tuple[Any, Right]:
        return resolve(found, declared), judge(found, declared)

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return RestrictedUnpickler(io.BytesIO(content), lookup).load()
    except ModelFileError:
        raise
    except Exception as error:
        raise ModelFileError(
            f"{name} cannot be opened: {type(error).__name__}: {str(error)[:200]}", hint=f"{DUMP}, or {OWN_KERNEL}"
        ) from error
