"""What publish and validate are given: the same options, named once."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from fairlead.errors import SettingsError


class Demand(StrEnum):
    """Which engine the publisher asks for."""

    auto = "auto"
    onnx = "onnx"
    sklearn = "sklearn"


Model = Annotated[Path, typer.Argument(metavar="MODEL.joblib", help="A fitted estimator, saved with joblib.")]
ModelName = Annotated[str, typer.Option("--name", help="The model: lower-case letters, digits and hyphens.")]
HeldOut = Annotated[Path, typer.Option("--data", help="Held-out rows with their target: .csv or .parquet.")]
Target = Annotated[
    list[str] | None,
    typer.Option("--target", help="The target's column; several with commas, or repeat the option."),
]
Training = Annotated[
    Path | None,
    typer.Option(
        "--train",
        help="The rows it was fitted on, target included: the gate compares them, the signature knows their ranges.",
    ),
]
Engine = Annotated[Demand, typer.Option("--engine", help="auto takes onnx where parity is proved, else sklearn.")]


def _refuse_own_code(given: list[str] | None) -> None:
    if given:
        raise SettingsError(
            "--allow is gone: code of your own has no way to be served yet",
            hint="express it with scikit-learn's own transformers and numpy's functions, inside the Pipeline",
        )


Allow = Annotated[list[str] | None, typer.Option("--allow", hidden=True, callback=_refuse_own_code)]
Rules = Annotated[
    Path | None,
    typer.Option(
        "--policy",
        metavar="GATE.toml",
        help="The gate's thresholds (docs/explanation/gate.md); left out, the defaults.",
    ),
]
Folds = Annotated[int, typer.Option("--cv", min=0, help="Cross-validate on this many folds of the training rows.")]
Breaking = Annotated[
    bool, typer.Option("--allow-breaking", help="Go on although callers of the live version must change.")
]


def columns(target: list[str] | None) -> list[str]:
    """Return the target's columns, given with commas or one by one."""
    return [part.strip() for given in target or () for part in given.split(",") if part.strip()]
