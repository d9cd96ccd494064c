"""The commands' output as text and as JSON, and the versions that pruning keeps."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import termios
import threading
from collections.abc import Callable

import pytest

from tests.local.release_stack import MINUTE, Scene

pytestmark = pytest.mark.xdist_group("scenarios broken off")
CONTROL = re.compile(r"\x1b\[[0-9;?]*[A-Za-z]|\r")
AGAIN = "\x1b[2K"
ROWS, COLUMNS = 40, 110


class Terminal:
    """A command on a terminal of its own; `said` is what it wrote there so far."""

    def __init__(self, start: Callable[[int], "subprocess.Popen[bytes]"]) -> None:
        self._keyboard, screen = pty.openpty()
        fcntl.ioctl(screen, termios.TIOCSWINSZ, struct.pack("HHHH", ROWS, COLUMNS, 0, 0))
        self.process = start(screen)
        os.close(screen)
        self._said = b""
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    @property
    def said(self) -> str:
        return self._said.decode(errors="replace")

    def ended(self) -> int:
        code = self.process.wait(timeout=120)
        self._reader.join()
        os.close(self._keyboard)
        return code

    def _read(self) -> None:
        while True:
            try:
                data = os.read(self._keyboard, 4096)
            except OSError:  # the writer has ended
                return
            self._said += data


def on_a_terminal(scene: Scene, *arguments: object) -> Terminal:
    env = os.environ | scene.environment() | {"TERM": "xterm-256color"}
    command = ["fairlead", *(str(one) for one in arguments)]
    return Terminal(lambda screen: subprocess.Popen(command, env=env, stdin=screen, stdout=screen, stderr=screen))


def test_watching_a_release_shows_both_sides_in_one_place_until_it_ends(scene: Scene) -> None:
    old = scene.standing(scene.versions[0])
    watching = on_a_terminal(scene, "release", "iris", scene.versions[1], "--strategy", "canary-10-5m", "--watch")
    [new] = scene.until(scene.weights)
    scene.early()
    with scene.callers(threads=2):
        scene.until(lambda: re.search(r"weight +90% +10%", CONTROL.sub("", watching.said)))
        scene.until(lambda: "verified: " in watching.said)
    scene.cloud.advance(5 * MINUTE)

    assert watching.ended() == 0
    plain = CONTROL.sub("", watching.said)
    assert f"old: release {old} (iris version {scene.versions[0]})" in plain
    assert f"new: release {new} (iris version {scene.versions[1]})" in plain
    assert re.search(r"deployment d-\w+, canary-10-5m, 0:0", plain)
    for row in ("requests", "errors", "p50", "p99", "hook", *scene.outputs["CanaryAlarms"].split(",")):
        assert re.search(rf"^{row} ", plain, re.MULTILINE), row
    assert re.search(r"weight +0% +100%", plain)
    assert "Succeeded" in plain
    assert AGAIN in watching.said, "a frame takes the place of the one before"
    assert f"live: release {new} (iris version {scene.versions[1]}), was release {old}" in plain.splitlines()[-1]
    scene.check_record()


def test_a_running_deployment_is_in_the_json_output(scene: Scene) -> None:
    old = scene.standing(scene.versions[0])
    new = scene.start(scene.versions[1], "--reason", "better")

    status = scene.result("status", "iris")
    [intended] = [one for one in scene.result("history", "iris", "--limit", 3) if one["kind"] == "shifting"]
    done = scene.result("rollback", "iris", "--away-from", new, "--reason", "tried")

    assert (status["live"]["release"], status["weights"]) == (old, {new: 0.1})
    assert status["running"]["by"] == "arn:aws:iam::123456789012:user/operator"
    assert (status["running"]["strategy"], status["running"]["target"], status["running"]["why"]) == (
        "canary-10-5m", new, "better",
    )  # fmt: skip
    assert {alarm["release"] for alarm in status["alarms"]} == {new}
    assert (intended["by"], intended["evidence"]["asked_by"]) == ("codedeploy", status["running"]["by"])
    assert (done["live"]["release"], done["was"]["release"], done["moved"]) == (old, new, True)
    scene.check_record()


def test_pruning_keeps_rollback_targets(scene: Scene) -> None:
    """Deleted releases can neither be gone back to nor become live; their version is released again."""
    for version in (scene.versions[0], scene.versions[1], scene.versions[0], scene.versions[1]):
        live = scene.release(version)
    previous = scene.alias("previous")

    planned = scene.result("prune", "iris", "--keep", 1)["plan"]
    assert "would be deleted" in scene.did("prune", "iris", "--keep", 1)
    scene.did("prune", "iris", "--keep", 1, "--apply")

    gone = [one["release"] for one in planned["goes"]]
    assert gone
    assert not {live, previous, "1"} & set(gone)
    left = scene.cloud.client("lambda").list_versions_by_function(FunctionName=scene.function)["Versions"]
    assert not set(gone) & {one["Version"] for one in left}
    refused = scene.fairlead("rollback", "iris", "--to", f"r{gone[0]}")
    assert refused.exit_code == 4
    assert f"release {gone[0]} does not exist, or was deleted" in refused.stderr
    scene.did("rollback", "iris", "--away-from", live)
    assert scene.alias() == previous
    scene.check_record()
