"""Tables on 80 columns: no word is cut, whatever its length."""

import pytest
from rich.console import Console

from fairlead_cli import output
from fairlead_cli.commands.fleet import COLUMNS as FLEET

MODEL = "customer-churn-with-a-name-of-sixty-three-characters-and-no-more"
WHO = "assumed-role/fairlead-production-DeployRole-1A2B3C4D5E6F/ada.lovelace@example.com"
HISTORY = ("", "when (UTC)", "what", "from → to", "by", "why")
TABLES = [
    (
        HISTORY,
        ("12", "2026-11-22 10:00:11", "moved live", "r14 churn@7 → r15 churn@8", "user/ada", "errors since noon"),
    ),
    (HISTORY, ("12", "2026-11-22 10:00:11", "moved live", f"r14 {MODEL}@7 → r15 {MODEL}@8", WHO, "errors since noon")),
    (FLEET, ("shop", f"{MODEL}@12", "2026-11-22 10:00", "123,456", "0.12%", *["1"] * 7)),
    (
        ("", "what", "verdict", "PSI", ""),
        (1, "calls_to_the_support_in_the_last_90_days", "drifted", "0.3", "it moved " * 9),
    ),
    (("blob", "bytes", "sha256"), ("estimator", 123_456, "a" * 64)),
]


@pytest.mark.parametrize(("columns", "row"), TABLES)
def test_a_table_on_80_columns_has_every_word_whole(
    columns: tuple[str, ...],
    row: tuple[object, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(output, "stdout", lambda: Console(width=80))
    output.print_table(columns, [row, row])
    lines = capsys.readouterr().out.splitlines()

    words = [word for cell in (*columns, *row) for word in str(cell).split()]
    assert [word for word in words if not any(word in line for line in lines)] == []
    long = [line for line in lines if len(line) > 80]
    assert not long or lines.count("") == 1  # blocks, whose lines the terminal wraps


def test_the_widest_column_gives_way_and_short_ones_stay() -> None:
    from fairlead_cli.tables import column_widths

    cells = [["12", "a reason of several words that is long"]]
    assert column_widths(("record", "why"), cells, 30) == [6, 22]
    assert column_widths(("record", "why"), cells, 80) == [6, 38]
    assert column_widths(("record", "why"), cells, 15) == [6, 7]
    assert column_widths(("record", "why"), cells, 14) is None


def test_an_empty_table_is_its_head(capsys: pytest.CaptureFixture[str]) -> None:
    output.print_table(("model", "latest"), [])
    assert capsys.readouterr().out.split() == ["model", "latest"]
