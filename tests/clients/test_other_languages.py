"""The programs of docs/how-to/call-from-other-languages.md, unchanged, get the answers of /predict."""

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from tests.clients.conftest import ROOT, Live
from tests.local.support import call

pytestmark = pytest.mark.clients

PAGE = ROOT / "docs/how-to/call-from-other-languages.md"
ROW = {"island": "Dream", "bill_length_mm": 45.1}


@pytest.mark.parametrize(("runtime", "language", "file"), [("node", "js", "call.mjs"), ("java", "java", "Call.java")])
def test_a_program_of_the_page_is_answered(live: Live, tmp_path: Path, runtime: str, language: str, file: str) -> None:
    program = shutil.which(runtime)
    if program is None:
        pytest.skip(f"{runtime} is not installed here")
    written = re.search(rf"```{language}\n(.*?)```", PAGE.read_text(), re.DOTALL)
    assert written
    (tmp_path / file).write_text(written[1])
    native = call(f"{live.url}/predict", live.caller, body={"instances": [ROW]})
    env = os.environ | live.cloud.environment(live.caller) | {"FAIRLEAD_API_URL": live.url}

    done = subprocess.run([program, file], cwd=tmp_path, env=env, capture_output=True, text=True, check=True)

    status, _, body = done.stdout.partition(" ")
    answers = json.loads(body)["predictions"]
    assert (int(status), [one["label"] for one in answers]) == (
        native.status,
        [one["label"] for one in native.json["predictions"]],
    )
