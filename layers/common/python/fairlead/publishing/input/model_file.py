"""Read a model file: its estimator, its data form, and the walls of the closed process that opened it.

1. A closed process reads the pickle without executing it, converts it to the data form and builds the estimator once
   as a check (`estimator_files`).
2. This process reads the data form and repeats every check (`engines.estimator_data`). It never reads the pickle.
3. The result must be a fitted scikit-learn estimator.
"""

from contextlib import nullcontext
from pathlib import Path
from typing import Any, NamedTuple

from fairlead.engines.estimator_data.reader import read
from fairlead.engines.model_code.importer import MountedCode
from fairlead.engines.model_code.package import encode
from fairlead.publishing.estimator_files.closed_process import open_file
from fairlead.publishing.input.archive import check_file
from fairlead.publishing.input.estimator_checks import check_estimator


class ModelFile(NamedTuple):
    """A fitted estimator, the data form it was built from, and the walls of the process that opened its file."""

    estimator: Any
    data: bytes
    walls: tuple[str, ...]


def read_model(path: Path, code: MountedCode | None = None) -> ModelFile:
    """Read a joblib or pickle file; raises ModelFileError with a reason and a hint. No code of the file is executed.

    `code` is the publisher's own package. The closed process imports it before this process does.
    """
    check_file(path)
    opened = open_file(path, encode(code.package) if code else b"")
    with code or nullcontext():
        estimator = read(opened.data, code).estimator
        check_estimator(estimator)
    return ModelFile(estimator, opened.data, opened.walls)
