"""Commands that messages and documents name: each parses and works."""

import shutil
from pathlib import Path

import pytest

from fairlead.registry.store import Registry
from tests.functional.command_line import fairlead
from tests.functional.strict_lambda import StrictLambda
from tests.hints import commands

ROOT = Path(__file__).parents[3]


ELSEWHERE = frozenset({"console", "local", "retrain", "shadow", "report"})
"""Commands that need more than this stack, a local cloud, a ledger, a published report, or serve until Ctrl-C. Their
arguments parse."""
NAMED = sorted({words[1:] for _, words in commands() if len(words) > 2 and not ELSEWHERE.intersection(words)})


@pytest.mark.parametrize("command", NAMED, ids=" ".join)
def test_command_named_in_a_message_works(
    registry: Registry,
    lambda_: StrictLambda,
    command: tuple[str, ...],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two releases are there. A refusal of the product is an answer; a usage error or a defect is not."""
    for name in ("samconfig.toml", "template.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    monkeypatch.chdir(tmp_path)  # some write files
    fairlead("release", "churn", 1)
    fairlead("release", "churn", 2)

    done = fairlead(*command)

    assert done.exit_code in {0, 4}, done.stderr
    assert "unexpected" not in done.stderr
