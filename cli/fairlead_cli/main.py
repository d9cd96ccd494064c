"""The command line: `fairlead COMMAND`. Results go to stdout, progress and errors to stderr.

Exit codes: 0 done, 1 failed, 2 wrong usage or settings, 3 publishing or data refused, 4 release refused,
5 call refused, 6 not found, 7 doctor has findings, 130 interrupted. Nothing heavy is imported here: each command
imports what it needs when it runs.
"""

import importlib.util
import sys
from typing import Annotated

import typer

from fairlead_cli.commands.batch import batch
from fairlead_cli.commands.console import console
from fairlead_cli.commands.docs import docs
from fairlead_cli.commands.doctor import doctor
from fairlead_cli.commands.export import export
from fairlead_cli.commands.feedback import feedback
from fairlead_cli.commands.fleet import fleet
from fairlead_cli.commands.history import history
from fairlead_cli.commands.init import init
from fairlead_cli.commands.monitor import monitor
from fairlead_cli.commands.predict import predict
from fairlead_cli.commands.prune import prune
from fairlead_cli.commands.publish import publish
from fairlead_cli.commands.redrive import redrive
from fairlead_cli.commands.release import release
from fairlead_cli.commands.report import report
from fairlead_cli.commands.retire import retire
from fairlead_cli.commands.retrain import retrain
from fairlead_cli.commands.rollback import rollback
from fairlead_cli.commands.schema import schema
from fairlead_cli.commands.shadow import shadow
from fairlead_cli.commands.show import show
from fairlead_cli.commands.status import status
from fairlead_cli.commands.tune import tune
from fairlead_cli.commands.validate import validate
from fairlead_cli.commands.versions import versions
from fairlead_cli.commands.who_was_live import who_was_live
from fairlead_cli.errors import Edge

app = typer.Typer(
    cls=Edge,
    no_args_is_help=True,
    rich_markup_mode=None,  # plain help: rich takes half a second to import
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    epilog="Start with:  fairlead publish model.joblib --name churn --data held_out.csv --target churned",
)


def _print_version(wanted: bool) -> None:
    if wanted:
        from fairlead import __version__

        typer.echo(f"fairlead {__version__}")
        raise typer.Exit


@app.callback()
def fairlead(
    debug: Annotated[
        bool, typer.Option("--debug", envvar="FAIRLEAD_DEBUG", help="Show the traceback of an error.")
    ] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print Fairlead's version.")
    ] = False,
) -> None:
    """Publish a fitted scikit-learn model, release it as an authorised endpoint on AWS Lambda, and roll it back."""


def _example(text: str) -> str:
    return f"Example:  fairlead {text}"


app.command(epilog=_example("init churn"))(init)
app.command(
    epilog=_example("validate model.joblib --name churn --data held_out.csv --target churned --train train.csv")
)(validate)
app.command(epilog=_example("publish model.joblib --name churn --data held_out.csv --target churned"))(publish)
app.command(epilog=_example("versions churn"))(versions)
app.command(epilog=_example("show churn 7"))(show)
app.command(epilog=_example("report churn 7 --open"))(report)
app.command(epilog=_example("docs churn 7 --open"))(docs)
app.command(epilog=_example("export churn 7 --to mlflow churn-7"))(export)
app.command(epilog=_example("shadow churn 8 --hours 48"))(shadow)
app.command(epilog=_example("release churn 7 --strategy canary-10-5m --watch"))(release)
app.command(epilog=_example("tune churn --rows 10 --within 20"))(tune)
app.command(epilog=_example("status churn"))(status)
app.command(epilog=_example("monitor churn --hours 24 --html churn.html"))(monitor)
app.add_typer(fleet, name="fleet")
app.command(epilog=_example("console --open"))(console)
app.command(epilog=_example("rollback churn --away-from 14 --reason 'errors since noon'"))(rollback)
app.command(epilog=_example("history churn --limit 5"))(history)
app.command("who-was-live", epilog=_example("who-was-live churn --at 2026-11-22T10:00Z"))(who_was_live)
app.command(epilog=_example("retire churn 3 --reason 'superseded by 5'"))(retire)
app.command(epilog=_example("retrain churn --since 30d --reason 'accuracy fell in May'"))(retrain)
app.command(epilog=_example("prune churn --keep 10"))(prune)
app.command(epilog=_example("predict churn --data rows.csv --limit 5"))(predict)
app.command(epilog=_example("batch churn@7 --input 'rows/*.csv' --output scored --local 4"))(batch)
app.command(epilog=_example("feedback churn --data truth.csv --actual-column churned"))(feedback)
app.command(epilog=_example("redrive --json"))(redrive)
app.command(epilog=_example("doctor --stack fairlead-prod --skip alarm-topic --json"))(doctor)
app.command(epilog=_example("schema versions"))(schema)

if importlib.util.find_spec("moto"):  # of the extra `local`
    from fairlead_cli.commands.local import local

    app.add_typer(local, name="local")
else:
    from fairlead_cli.commands.no_local import no_local

    app.command(
        "local",
        context_settings={"ignore_unknown_options": True, "allow_extra_args": True},
        epilog="Example:  pip install 'fairlead[local]'",
    )(no_local)


def main() -> None:
    """Run the command line: the console script `fairlead`."""
    # botocore asks for it before the same class of the standard library, and pays a quarter of a second if it is there.
    sys.modules.setdefault("urllib3.contrib.pyopenssl", None)  # type: ignore[arg-type]  # Python's way to refuse one
    app(prog_name="fairlead")


if __name__ == "__main__":
    main()
