"""Texts of other users (a reason, a name, a cause) cannot steer the terminal that shows them."""

import pytest

from fairlead.errors import SettingsError
from fairlead_cli.errors import _print_error
from fairlead_cli.output import note, print_facts, print_table

HOSTILE = "\x1b[2J\x9b31m\x07red\r\u202egreen\tand\nblue"
SHOWN = ("red", "green", "and", "blue")


def printed(capsys: pytest.CaptureFixture[str]) -> str:
    captured = capsys.readouterr()
    return captured.out + captured.err


def test_a_terminal_gets_no_control_character(capsys: pytest.CaptureFixture[str]) -> None:
    print_table(("why",), [(HOSTILE,)])
    print_facts([("reason", HOSTILE)])
    note(HOSTILE)
    _print_error(SettingsError(HOSTILE, hint=HOSTILE), debug=False)

    found = printed(capsys)
    assert not set(found) & set("\x1b\x9b\x07\r\u202e")
    assert all(found.count(word) == 5 for word in SHOWN)
