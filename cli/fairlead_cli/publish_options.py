"""The options of publish and validate."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from fairlead.errors import SettingsError


class Demand(StrEnum):
    """The engine that the publisher asks for."""

    auto = "auto"
    onnx = "onnx"
    sklearn = "sklearn"


Model = Annotated[
    Path | None, typer.Argument(metavar="MODEL.joblib", help="A fitted estimator, saved with joblib, pickle or skops.")
]
From = Annotated[
    str,
    typer.Option(
        "--from",
        metavar="mlflow:URI",
        help="Import the model from MLflow instead of MODEL: mlflow:FOLDER or mlflow:models:/NAME/VERSION.",
    ),
]
ModelName = Annotated[str, typer.Option("--name", help="The model: lower-case letters, digits and hyphens.")]
Graph = Annotated[
    Path | None,
    typer.Option(
        "--onnx", metavar="GRAPH.onnx", help="Serve this ONNX graph of your own, if its parity with MODEL is proved."
    ),
]
HeldOut = Annotated[Path, typer.Option("--data", help="Held-out rows with their target: .csv or .parquet.")]
Target = Annotated[
    list[str] | None,
    typer.Option("--target", help="The target's column. Several: separate by commas, or repeat the option."),
]
Training = Annotated[
    Path | None,
    typer.Option(
        "--train",
        help="The training rows with their target, for the gate's comparisons and the signature's ranges.",
    ),
]
Engine = Annotated[Demand, typer.Option("--engine", help="auto: onnx if parity is proved, else sklearn.")]


def _refuse_own_code(given: list[str] | None) -> None:
    if given:
        raise SettingsError(
            "--allow was removed: a package is not named, but packed with the version",
            hint="pack your package: --code src/churn_features",
        )


Allow = Annotated[list[str] | None, typer.Option("--allow", hidden=True, callback=_refuse_own_code)]
Code = Annotated[
    Path | None,
    typer.Option(
        "--code",
        metavar="PACKAGE_DIR",
        help="The folder of your own package, if the model has classes or functions of it. Pure Python.",
    ),
]
Rules = Annotated[
    Path | None,
    typer.Option(
        "--policy",
        metavar="GATE.toml",
        help="A file with the gate's thresholds (docs/reference/gate-policy.md). Default: built-in thresholds.",
    ),
]
Folds = Annotated[int, typer.Option("--cv", min=0, help="Cross-validate on this many folds of the training rows.")]
Breaking = Annotated[
    bool, typer.Option("--allow-breaking", help="Publish a version that breaks callers of the live one.")
]
Force = Annotated[bool, typer.Option("--force", help="Publish although checks failed; the manifest keeps --reason.")]
ForceReason = Annotated[str, typer.Option("--reason", metavar='"…"', help="The reason for --force.")]
ComparedStack = Annotated[
    str | None,
    typer.Option(
        "--stack", envvar="FAIRLEAD_STACK", help="Compare with this stack's live version. Default: with none."
    ),
]
Verbose = Annotated[bool, typer.Option("--verbose", help="Print one line per finding, not per check.")]
KeepRows = Annotated[
    bool,
    typer.Option(
        "--keep-training-rows",
        help="Store the rows of --train with the version; `fairlead retrain` fits on them again.",
    ),
]


def columns(target: list[str] | None) -> list[str]:
    """Return the target's columns, given with commas or one by one."""
    return [part.strip() for given in target or () for part in given.split(",") if part.strip()]


def source(model: Path | None, imported: str) -> Path | str:
    """Return the model's file, or the URI of --from; raises SettingsError unless exactly one is given."""
    if model is not None and not imported:
        return model
    if model is None and imported:
        return imported
    raise SettingsError(
        "give one model: a file, or --from with a URI",
        hint="fairlead publish model.joblib …, or fairlead publish --from mlflow:models:/NAME/VERSION …",
    )
