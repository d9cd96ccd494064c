"""The inputs of one publication, from a notebook or from files."""

import contextlib
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from fairlead.engines.model_code.importer import MountedCode
from fairlead.engines.onnx_graph import LARGEST_GRAPH
from fairlead.errors import ModelFileError
from fairlead.publishing.input import mlflow_columns, model_file, tables
from fairlead.publishing.input.mlflow_model import MlflowModel, open_mlflow
from fairlead.publishing.input.paths import check_file

Progress = Callable[[str], None]


class PublishInputs(msgspec.Struct, frozen=True, kw_only=True):
    """An estimator, held-out rows with their target, and training rows with their target where given.

    `data` is the estimator's data form where it came from a file. `walls` are the restrictions of the closed process
    that opened the file. `code` is the publisher's own package. `keep` stores the training rows with the version.
    `learnt_from` has one prediction id for each training row that came from production, empty for the others. `order`
    and `train_order` give the time order of the rows where no column does. `source` is the URI the estimator was
    imported from; `example` has rows that came with it, as a DataFrame: parity is proved on them, too. `graph` is the
    publisher's own ONNX graph, if any.
    """

    estimator: Any
    X: Any
    y: Any
    target: str
    train: Any = None
    train_y: Any = None
    keep: bool = False
    learnt_from: Sequence[str] = ()
    data: bytes = b""
    walls: tuple[str, ...] = ()
    code: MountedCode | None = None
    order: Any = None
    train_order: Any = None
    source: str = ""
    example: Any = None
    graph: bytes | None = None


def read_inputs(
    model: Path | str,
    *,
    data: Path,
    target: Sequence[str] = (),
    train: Path | None = None,
    graph: Path | None = None,
    keep: bool = False,
    code: MountedCode | None = None,
    progress: Progress,
) -> PublishInputs:
    """Read a model file, or the model of a URI `mlflow:…`, and its tables.

    Raises ModelFileError and DataError, each naming the file.
    """
    progress(f"reading {model.name if isinstance(model, Path) else model}")
    with _opened(model) as source:
        opened = model_file.read_model(source.path, code)
    progress(f"opened in a closed process, restricted by: {', '.join(opened.walls)}")
    X, y = _table(data, target, source.columns, progress)
    train_X, train_y = (None, None) if train is None else _table(train, target, source.columns, progress)
    return PublishInputs(
        estimator=opened.estimator,
        X=X,
        y=y,
        target=",".join(target),
        train=train_X,
        train_y=train_y,
        keep=keep,
        data=opened.data,
        walls=opened.walls,
        code=code,
        source=model if isinstance(model, str) else "",
        example=source.example,
        graph=None if graph is None else _graph(graph),
    )


@contextlib.contextmanager
def _opened(model: Path | str) -> Iterator[MlflowModel]:
    if isinstance(model, str):
        with open_mlflow(model) as opened:
            yield opened
    else:
        yield MlflowModel(model, columns=None, example=None)


def _table(
    path: Path, target: Sequence[str], columns: mlflow_columns.Columns | None, progress: Progress
) -> tuple[Any, Any]:
    """Return inputs and target of a table; of the inputs, those of an MLflow signature where there is one."""
    progress(f"reading {path.name}")
    X, y = tables.split_target(tables.read_table(path), target, path)
    return X if columns is None else mlflow_columns.take(X, columns, path), y


def _graph(path: Path) -> bytes:
    check_file(path, ModelFileError, hint="give the ONNX file that your converter wrote")
    if path.stat().st_size > LARGEST_GRAPH:
        raise ModelFileError(f"{path.name} is larger than {LARGEST_GRAPH:,} bytes", hint="fit a smaller model")
    return path.read_bytes()
