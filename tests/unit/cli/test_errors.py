"""The one place that prints errors: our own, defects, interruptions."""

import json
from collections.abc import Callable, Sequence
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from fairlead.errors import CallError, FairleadError, NotFoundError, RefusedError, ReleaseError, SettingsError
from fairlead_cli.errors import Edge


def program(act: Callable[[], Any]) -> typer.Typer:
    app = typer.Typer(cls=Edge, pretty_exceptions_enable=False)

    @app.callback()
    def root(debug: bool = False) -> None:
        pass

    @app.command()
    def do(json: bool = False) -> None:
        act()

    return app


def run(error: BaseException, *options: str, command: Sequence[str] = ("do",), **env: str) -> Any:
    def act() -> None:
        raise error

    return CliRunner().invoke(program(act), [*options, *command], env=env)


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (NotFoundError("no such thing"), 6),
        (SettingsError("no such thing"), 2),
        (RefusedError("no such thing"), 3),
        (ReleaseError("no such thing"), 4),
        (CallError("no such thing"), 5),
    ],
)
def test_an_error_is_one_line_on_stderr_and_its_own_exit_code(error: FairleadError, code: int) -> None:
    done = run(error)

    assert (done.exit_code, done.stdout, done.stderr) == (code, "", "error: no such thing\n")


WRONG: Any = [{"row": 3, "field": "x", "expected": "a number", "got": "a string"}]


LEAKAGE = {"check": "leakage", "finding": "one column", "verdict": "fail"}


@pytest.mark.parametrize(
    ("error", "document"),
    [
        (NotFoundError("no model", hint="publish one"), {"message": "no model", "hint": "publish one"}),
        (CallError("1 value is wrong", problem={"code": "invalid_instances", "errors": WRONG}), {"errors": WRONG}),
        (RefusedError("refused", findings=[LEAKAGE]), {"findings": [LEAKAGE]}),
        (ZeroDivisionError("division by zero"), {"code": "defect", "message": "division by zero"}),
        (typer.BadParameter("give NAME"), {"code": "usage"}),
    ],
)
def test_a_failure_with_json_is_one_json_document_on_stdout(error: Exception, document: dict[str, Any]) -> None:
    done = run(error, command=("do", "--json"))

    printed = json.loads(done.stdout)["error"]
    assert printed["code"] == document.get("code", getattr(error, "code", "usage"))
    assert {name: printed[name] for name in document} == document
    assert done.exit_code == getattr(error, "exit_code", 1)
    assert str(error) in done.stderr
    assert ("hint: " in done.stderr) == bool(printed.get("hint"))


def test_an_unknown_option_with_json_is_json_too() -> None:
    done = run(NotFoundError("unreached"), command=("do", "--json", "--nope"))

    assert done.exit_code == 2
    assert "--nope" in json.loads(done.stdout)["error"]["message"]


def test_an_exit_with_json_prints_no_second_document() -> None:
    assert run(typer.Exit(7), command=("do", "--json")).stdout == ""


def test_a_hint_follows_the_error() -> None:
    assert run(NotFoundError("no model", hint="publish one")).stderr == "error: no model\nhint: publish one\n"


def test_wrong_rows_are_listed_up_to_ten() -> None:
    wrong: Any = [{"row": row, "field": "x", "expected": "a number", "got": "a string"} for row in range(13)]

    lines = run(CallError("13 values are wrong", problem={"errors": wrong})).stderr.splitlines()

    assert lines[1] == "  row 0, x: expected a number, got a string"
    assert lines[10] == "  row 9, x: expected a number, got a string"
    assert lines[11] == "  … and 3 more"
    assert len(lines) == 12


def test_a_defect_is_a_short_line_that_says_how_to_report_it() -> None:
    done = run(ZeroDivisionError("division by zero"))

    assert done.exit_code == 1
    assert "Traceback" not in done.stderr
    assert "unexpected ZeroDivisionError: division by zero" in done.stderr
    assert "--debug" in done.stderr


@pytest.mark.parametrize("error", [ZeroDivisionError("x"), NotFoundError("x")])
def test_debug_shows_the_traceback(error: Exception) -> None:
    assert "Traceback" in run(error, "--debug").stderr
    assert "Traceback" not in run(error).stderr


def test_an_interruption_exits_130() -> None:
    assert run(KeyboardInterrupt()).exit_code == 130


def test_an_exit_and_a_usage_error_pass_through() -> None:
    assert run(typer.Exit(7)).exit_code == 7
    assert run(typer.BadParameter("no")).exit_code == 2


@pytest.mark.parametrize(("env", "coloured"), [({"NO_COLOR": "1"}, False), ({"NO_COLOR": ""}, True)])
def test_colours_stay_away_where_no_color_is_set(env: dict[str, str], coloured: bool) -> None:
    def act() -> None:
        raise NotFoundError("x")

    done = CliRunner().invoke(program(act), ["do"], env=env, color=True)

    assert ("\x1b[" in done.stderr) == coloured
