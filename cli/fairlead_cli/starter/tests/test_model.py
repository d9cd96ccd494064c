"""The gate accepts the model: the proofs and checks of `fairlead publish`, without an AWS account."""

from pathlib import Path

import pytest
import train

from fairlead.publishing.publish import PublishOptions, validate_file


def test_the_gate_accepts_the_model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    policy = Path("gate.toml").resolve()
    monkeypatch.chdir(tmp_path)
    train.main()
    options = PublishOptions(name="model", policy=policy)
    verdict = validate_file(
        Path("model.joblib"), options, data=Path("held_out.csv"), target=[train.TARGET], train=Path("train.csv")
    )
    assert not verdict.refused, [f"{one.check}: {one.finding} {one.figure}" for one in verdict.refused]
