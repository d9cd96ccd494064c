"""Shell completion of models and versions."""

import pytest
from typer.testing import CliRunner

from fairlead.aws.stack import Stack
from fairlead.registry.store import Registry
from fairlead_cli.main import app


def completed(monkeypatch: pytest.MonkeyPatch, words: str) -> list[str]:
    """Return the completions that bash offers after these words."""
    monkeypatch.setenv("_FAIRLEAD_COMPLETE", "complete_bash")
    monkeypatch.setenv("COMP_WORDS", f"fairlead {words}")
    monkeypatch.setenv("COMP_CWORD", str(len(f"fairlead {words}".split(" ")) - 1))
    done = CliRunner().invoke(app, [], prog_name="fairlead")
    return done.stdout.split()


def test_the_shell_completes_models_and_versions(registry: Registry, monkeypatch: pytest.MonkeyPatch) -> None:
    assert completed(monkeypatch, "show ") == ["churn", "penguins"]
    assert completed(monkeypatch, "release pe") == ["penguins"]
    assert completed(monkeypatch, "release churn ") == ["3", "2", "1"]
    assert completed(monkeypatch, "report --stack fairlead churn 2") == ["2"]


def test_the_shell_completes_nothing_without_a_stack(deployed_stack: Stack, monkeypatch: pytest.MonkeyPatch) -> None:
    assert completed(monkeypatch, "show --stack gone ") == []
    assert completed(monkeypatch, "release churn ") == []
