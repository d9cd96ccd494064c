"""The inputs of one publication, from a notebook or from files."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import msgspec

from fairlead.publishing.input import model_file, tables

Progress = Callable[[str], None]


class PublishInputs(msgspec.Struct, frozen=True, kw_only=True):
    """An estimator, held-out rows with their target, and training rows with their target where given.

    `data` is the estimator's data form where it came from a file. `walls` are the restrictions of the closed process
    that opened the file. `keep` stores the training rows with the version. `learnt_from` has one prediction id for each
    training row that came from production, empty for the others. `order` and `train_order` give the time order of the
    rows where no column does.
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
    order: Any = None
    train_order: Any = None


def read_inputs(
    path: Path,
    *,
    data: Path,
    target: Sequence[str] = (),
    train: Path | None = None,
    keep: bool = False,
    progress: Progress,
) -> PublishInputs:
    """Read a model file and its tables; raises ModelFileError and DataError, each naming the file."""
    progress(f"reading {path.name}")
    model = model_file.read_model(path)
    progress(f"opened in a closed process, restricted by: {', '.join(model.walls)}")
    progress(f"reading {data.name}")
    X, y = tables.split_target(tables.read_table(data), target, data)
    train_X = train_y = None
    if train is not None:
        progress(f"reading {train.name}")
        train_X, train_y = tables.split_target(tables.read_table(train), target, train)
    return PublishInputs(
        estimator=model.estimator,
        X=X,
        y=y,
        target=",".join(target),
        train=train_X,
        train_y=train_y,
        keep=keep,
        data=model.data,
        walls=model.walls,
    )
