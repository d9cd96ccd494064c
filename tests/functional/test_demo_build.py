"""The demo outside of a clone builds the application, also after a build that broke off."""

from pathlib import Path
from typing import Any, cast

import pytest

from fairlead_local.cloud import LocalCloud
from fairlead_local.demo import first_model
from fairlead_local.errors import LocalCloudError


class NoCloud:
    """The cloud settings of `command`; nothing is deployed here."""

    def environment(self) -> dict[str, str]:
        return {}


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of programs that is found first, with a `sam` that breaks off at its first call."""
    monkeypatch.setattr("sys.executable", str(tmp_path / "python"))
    sam = tmp_path / "sam"
    sam.write_text(
        "#!/bin/sh\nmkdir -p .aws-sam/build/CommonLayer\n"
        "if [ -f tried ]; then touch .aws-sam/build/template.yaml; else touch tried; exit 1; fi\n"
    )
    sam.chmod(0o755)
    return tmp_path


def test_a_build_that_broke_off_is_made_again_and_a_whole_one_is_not(programs: Path, tmp_path: Path) -> None:
    cloud, application = cast("LocalCloud", cast("Any", NoCloud())), tmp_path / "application"
    application.mkdir()
    with pytest.raises(LocalCloudError, match="sam build"):
        first_model.build(cloud, application)
    first_model.build(cloud, application)
    built = application / ".aws-sam/build/template.yaml"
    before = built.stat().st_mtime_ns
    first_model.build(cloud, application)
    assert built.stat().st_mtime_ns == before
