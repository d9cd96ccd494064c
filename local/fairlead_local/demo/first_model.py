"""`make run`: deploys the stack and makes a signed prediction, by the commands that a user would type.

The model is trained on palmerpenguins: three species, missing values, categories. Every command is printed before it
runs.
"""

import json
import os
import shlex
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from fairlead_local.cloud import LocalCloud
from fairlead_local.errors import LocalCloudError

MODEL = "penguins"
TARGET = "species"
STACK = "fairlead"
FUNCTION = f"{STACK}-predict"


def run(cloud: LocalCloud, folder: Path, *, application: Path, container_host: str | None = None) -> None:
    """Deploy, publish, release and predict on a running cloud; raises LocalCloudError with the step that failed.

    `application` is the folder of the SAM application, which is built if it is not. `container_host` is the cloud's
    address for containers, for `sam local`.
    """
    started = time.monotonic()
    folder.mkdir(parents=True, exist_ok=True)
    build(cloud, application)
    step("Deploying the stack onto the local cloud")
    command(cloud, "sam deploy --no-progressbar", quiet=True, where=application)
    step("Training a model of penguin species: missing values, categories, a forest")
    train(folder)
    step("Publishing it: signature, ONNX, proof of parity")
    command(
        cloud,
        f"fairlead publish {folder}/penguins.joblib --name {MODEL} --data {folder}/held_out.csv --target {TARGET}"
        f" --train {folder}/train.csv --keep-training-rows",
    )
    step("Releasing it: a frozen Lambda version, proved by the hook, then CodeDeploy moves the alias live to it")
    command(cloud, f"fairlead release {MODEL} {latest(cloud)} --wait")
    step("The first signed call")
    command(cloud, f"fairlead predict {MODEL} --data {folder}/held_out.csv --limit 3")
    if container_host:
        write_sam_local(cloud, folder / "sam-local.json", container_host)
    print(next_commands(folder, time.monotonic() - started, containers=container_host is not None))  # noqa: T201


def build(cloud: LocalCloud, application: Path) -> None:
    """Build the application unless a build has ended there: sam writes the built template last."""
    if not (application / ".aws-sam/build/template.yaml").is_file():
        step("Building the layers and functions: a few minutes, once")
        command(cloud, "sam build --parallel", quiet=True, where=application)


def train(folder: Path) -> None:
    """Fit the demo's model; write the model, held-out and training rows, and one request."""
    import joblib
    from palmerpenguins import load_penguins
    from sklearn.compose import make_column_selector, make_column_transformer
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.model_selection import train_test_split
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import OneHotEncoder

    rows = load_penguins()
    train_rows, held_out = train_test_split(rows, test_size=0.3, random_state=0, stratify=rows[TARGET])
    words = make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder(handle_unknown="ignore"))
    columns = make_column_transformer(
        (SimpleImputer(strategy="median"), make_column_selector(dtype_include="number")),
        (words, make_column_selector(dtype_exclude="number")),
    )
    model = make_pipeline(columns, RandomForestClassifier(random_state=0))
    model.fit(train_rows.drop(columns=TARGET), train_rows[TARGET])
    joblib.dump(model, folder / "penguins.joblib")
    held_out.to_csv(folder / "held_out.csv", index=False)
    train_rows.to_csv(folder / "train.csv", index=False)
    instances = json.loads(held_out.drop(columns=TARGET).head(2).to_json(orient="records"))
    (folder / "request.json").write_text(json.dumps({"instances": instances}))


def latest(cloud: LocalCloud) -> int:
    """Return the newest version of the demo's model; a kept registry may have earlier ones."""
    done = command(cloud, f"fairlead show {MODEL} --json", quiet=True, echo=False)
    version: Any = json.loads(done)["version"]
    return int(version)


def write_sam_local(cloud: LocalCloud, path: Path, host: str) -> None:
    """Write the live release's environment for `sam local … --env-vars`, with S3's address for containers."""
    live = cloud.client("lambda").get_function_configuration(FunctionName=FUNCTION, Qualifier="live")
    port = cloud.endpoint_url.rpartition(":")[2]
    variables = live["Environment"]["Variables"] | {"AWS_ENDPOINT_URL": f"http://{host}:{port}"}
    path.write_text(json.dumps({"PredictFunction": variables}, indent=1))


def command(cloud: LocalCloud, line: str, *, quiet: bool = False, echo: bool = True, where: Path | None = None) -> str:
    """Run one command against the cloud and return its output; raises LocalCloudError with it on failure.

    `where` is the folder to run it in. The programs beside this interpreter are found first: an installation by uvx or
    pipx is on no path.
    """
    if echo:
        print(f"  $ {line}", flush=True)  # noqa: T201
    done = subprocess.run(  # noqa: S603 - a command of the demo
        shlex.split(line),
        env=os.environ | cloud.environment() | {"PATH": f"{Path(sys.executable).parent}:{os.environ.get('PATH', '')}"},
        cwd=where,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT if quiet else None,
        text=True,
        check=False,
    )
    if done.returncode:
        raise LocalCloudError(f"`{line}` failed with exit code {done.returncode}\n{done.stdout}")
    if not quiet:
        print(done.stdout, end="", flush=True)  # noqa: T201
    return done.stdout


def step(text: str) -> None:
    """Print the title of a step."""
    print(f"\n{text}", flush=True)  # noqa: T201


def next_commands(folder: Path, seconds: float, *, containers: bool) -> str:
    """Return the commands to try next in another shell."""
    sam_local = (
        f"""
  sam local invoke PredictFunction -e events/predict.json --env-vars {folder}/sam-local.json
  sam local start-api --env-vars {folder}/sam-local.json"""
        if containers
        else ""
    )
    return f"""
Live after {seconds:.0f} s. From another shell in this folder:

  source .fairlead/local.env

  curl --aws-sigv4 "aws:amz:us-east-1:execute-api" --user "$AWS_ACCESS_KEY_ID:$AWS_SECRET_ACCESS_KEY" \\
    -H 'content-type: application/json' -d @{folder}/request.json "$FAIRLEAD_API_URL/predict"
  fairlead predict {MODEL} --data {folder}/held_out.csv --limit 5
  fairlead status {MODEL}
  aws lambda list-aliases --function-name {FUNCTION}
  sam remote invoke PredictFunction --stack-name {STACK} --event-file events/predict.json{sam_local}

Ctrl-C ends it."""
