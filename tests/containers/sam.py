"""`sam local` and `docker`, as a developer types them."""

import contextlib
import ipaddress
import json
import os
import platform
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
BUILD = ROOT / ".aws-sam" / "build"
ARM = platform.machine() in {"arm64", "aarch64"}
OPTIONS = ["--skip-pull-image", "--parameter-overrides", f"Architecture={'arm64' if ARM else 'x86_64'}"]
STARTS_WITHIN = 120  # seconds; the first start builds an image of the layers


def docker(*arguments: str) -> str:
    """Run docker and return what it printed."""
    return subprocess.run(["docker", *arguments], capture_output=True, text=True, check=True).stdout.strip()


def bridge() -> str:
    """The address at which containers see this machine: the first of the default network, unless it names another."""
    [network] = json.loads(docker("network", "inspect", "bridge", "--format", "{{json .IPAM.Config}}"))
    return str(network.get("Gateway") or next(ipaddress.ip_network(network["Subnet"]).hosts()))


def invoke(event: str, env: dict[str, str]) -> dict[str, Any]:
    """`sam local invoke PredictFunction -e events/<event>.json`: the function's answer, its body decoded."""
    command = ["sam", "local", "invoke", "PredictFunction", "-e", f"events/{event}.json", *OPTIONS]
    done = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return {**answer, "body": json.loads(answer["body"])}


@contextlib.contextmanager
def start_api(env: dict[str, str], log: Path) -> Iterator[str]:
    """`sam local start-api`: its address, while it runs."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["sam", "local", "start-api", "--port", str(port), "--warm-containers", "LAZY", *OPTIONS]
    with log.open("w") as output:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=output, stderr=output, start_new_session=True)
    try:
        _wait(process, port, log)
        yield f"http://127.0.0.1:{port}"
    finally:
        # SAM removes its containers on SIGINT; its children must not get the signal, too.
        os.kill(process.pid, signal.SIGINT)
        process.wait(60)


def _wait(process: subprocess.Popen[bytes], port: int, log: Path) -> None:
    until = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.2)
    raise AssertionError(log.read_text())


def curl(url: str, *arguments: str) -> tuple[int, str, dict[str, Any]]:
    """Status, content type and decoded body of a request made with curl."""
    command = ["curl", "--silent", "--show-error", "--write-out", "\n%{http_code} %{content_type}", *arguments, url]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    body, _, facts = done.stdout.rpartition("\n")
    status, content_type = facts.split(maxsplit=1)
    return int(status), content_type, json.loads(body)
