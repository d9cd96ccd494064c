"""Options that several commands share."""

import pytest
from typer.testing import CliRunner

from fairlead_cli.main import app


@pytest.mark.parametrize("command", [("shadow", "churn", "1", "--hours"), ("tune", "churn", "--within")])
@pytest.mark.parametrize("value", ["nan", "inf"])
def test_a_number_that_is_not_finite_is_refused(command: tuple[str, ...], value: str) -> None:
    done = CliRunner().invoke(app, [*command, value])
    assert done.exit_code == 2
    assert f"{value} is no finite number" in done.stderr
