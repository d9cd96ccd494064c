"""A table that is longer than the terminal goes through the pager, as `git log` does; a piped one never."""

import os
import pty
import subprocess
import sys
from pathlib import Path

import pytest

PRINT = "import sys; from fairlead_cli.output import print_table; print_table(('row',), [(n,) for n in range({rows})])"


def printed(rows: int, folder: Path, *, terminal: bool) -> str:
    """Print a table of rows on ten lines of a terminal, or into a pipe; return what went through the pager."""
    through = folder / "through"
    env = os.environ | {"PAGER": f"tee {through}", "LINES": "10", "COLUMNS": "80", "TERM": "xterm"}
    command = [sys.executable, "-c", PRINT.format(rows=rows)]
    if terminal:
        ours, theirs = pty.openpty()
        subprocess.run(command, env=env, stdin=theirs, stdout=theirs, stderr=theirs, check=True, timeout=60)
        os.close(theirs)
        os.close(ours)
    else:
        subprocess.run(command, env=env, capture_output=True, check=True)
    return through.read_text() if through.exists() else ""


def test_a_table_longer_than_the_terminal_is_paged(tmp_path: Path) -> None:
    assert printed(30, tmp_path, terminal=True).split() == ["row", *map(str, range(30))]


@pytest.mark.parametrize(("rows", "terminal"), [(5, True), (30, False)])
def test_a_short_or_a_piped_table_is_not(rows: int, terminal: bool, tmp_path: Path) -> None:
    assert printed(rows, tmp_path, terminal=terminal) == ""
