"""The one place that prints errors and turns them into exit codes."""

import os
import shlex
import sys
import traceback
from typing import Any

import typer
from typer.core import TyperGroup

from fairlead.errors import FairleadError, FieldError, naming_missing_packages
from fairlead_cli.output import note, print_json, printable

MOST_ERRORS = 10


class Edge(TyperGroup):
    """The root command; handles every exception that a command raises."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; an error prints one line on stderr, its hint, and sets its exit code.

        With --json the error is also one JSON document on stdout: `{"error": {"code", "message", …}}`.
        """
        as_json = "--json" in [*ctx._protected_args, *ctx.args]  # noqa: SLF001 - Click parses the command later
        try:
            with naming_missing_packages():
                return super().invoke(ctx)
        except FairleadError as error:
            _print_error(error, debug=ctx.params["debug"])
            if as_json:
                print_json({"error": error.document()})
            raise typer.Exit(error.exit_code) from error
        except (typer.Abort, BrokenPipeError):
            raise
        except Exception as error:
            # Usage errors and exits are Typer's own to show.
            if not hasattr(error, "exit_code"):
                _print_defect(error, debug=ctx.params["debug"])
            if as_json and not isinstance(error, typer.Exit):
                print_json({"error": _document(error)})
            if hasattr(error, "exit_code"):
                raise
            raise typer.Exit(1) from error


def _document(error: Exception) -> dict[str, str]:
    if not hasattr(error, "exit_code"):
        return {"code": "defect", "message": str(error), "hint": _how_to_report()}
    format_message = getattr(error, "format_message", error.__str__)
    return {"code": "usage", "message": format_message()}


def _how_to_report() -> str:
    return f"this is a defect: run `{shlex.join(['fairlead', '--debug', *sys.argv[1:]])}` and report what it prints"


def _print_error(error: FairleadError, *, debug: bool) -> None:
    if debug:
        traceback.print_exception(error)
    _line("error", str(error), typer.colors.RED)
    errors: list[FieldError] = getattr(error, "errors", [])
    for wrong in errors[:MOST_ERRORS]:
        where = f"row {wrong['row']}" + (f", {wrong['field']}" if wrong["field"] else "")
        note(f"  {where}: expected {wrong['expected']}, got {wrong['got']}")
    if len(errors) > MOST_ERRORS:
        typer.echo(f"  … and {len(errors) - MOST_ERRORS} more", err=True)
    if error.hint:
        _line("hint", error.hint, typer.colors.CYAN)


def _print_defect(error: Exception, *, debug: bool) -> None:
    if debug:
        traceback.print_exception(error)
    _line("error", f"unexpected {type(error).__name__}: {error}", typer.colors.RED)
    if not debug:
        _line("hint", _how_to_report(), typer.colors.CYAN)


def _line(label: str, text: str, colour: str) -> None:
    """Print in colour; Typer omits colours if stderr is not a terminal or NO_COLOR is set."""
    typer.echo(f"{typer.style(label + ':', fg=colour, bold=True)} {printable(text)}", err=True, color=_colour())


def _colour() -> bool | None:
    return False if os.environ.get("NO_COLOR") else None
