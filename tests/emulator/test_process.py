"""The cloud's process: start, errors, and an end that leaves nothing behind."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from fairlead_local.cloud import LocalCloud
from fairlead_local.errors import LocalCloudError, PlatformError
from tests.local.support import archive, create, free_ports, make_role, until

CODE = archive(
    app="import os, time\ndef handler(event, context):\n    time.sleep(event.get('sleep', 0))\n    return os.getpid()\n"
)


@pytest.fixture
def taken() -> Iterator[int]:
    with socket.socket() as listening:
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        yield listening.getsockname()[1]


@pytest.mark.parametrize(("place", "option"), [(0, "--port"), (1, "--api-port")])
def test_taken_port_is_reported_with_its_option(taken: int, place: int, option: str) -> None:
    port, api_port = (taken, 0) if place == 0 else (0, taken)

    with pytest.raises(LocalCloudError, match=f"port {taken} is taken") as caught:
        LocalCloud(port, api_port).start()

    assert option in caught.value.hint


def test_other_platform_than_linux_is_refused_with_a_hint(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "platform", "darwin")

    with pytest.raises(PlatformError, match="needs Linux") as caught:
        LocalCloud().start()

    assert "sam local" in caught.value.hint


def running(cloud: LocalCloud) -> int:
    """Start a function with two processes, one of them at work; the pid of the idle one."""
    functions = cloud.client("lambda")
    make_role(cloud)
    create(functions, "f", Code={"ZipFile": CODE}, Timeout=60)
    functions.invoke(FunctionName="f", InvocationType="Event", Payload=b'{"sleep": 50}')
    until(lambda: children(server(cloud)))
    return int(json.loads(functions.invoke(FunctionName="f", Payload=b"{}")["Payload"].read()))


def server(cloud: LocalCloud) -> int:
    assert cloud._process
    return cloud._process.pid


def children(pid: int) -> set[int]:
    """Return all processes below one, by their parents: a thread's own list loses children while threads end."""
    parents = {int(path.name): parent(int(path.name)) for path in Path("/proc").glob("[0-9]*")}
    found, more = set[int](), {pid}
    while more := {child for child, above in parents.items() if above in more}:
        found |= more
    return found


def parent(pid: int) -> int:
    return next((int(line.split()[1]) for line in status(pid).splitlines() if line.startswith("PPid:")), 0)


def alive(pids: set[int]) -> set[int]:
    return {pid for pid in pids if Path(f"/proc/{pid}").exists() and "State:\tZ" not in status(pid)}


def status(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/status").read_text()
    except FileNotFoundError:
        return "State:\tZ"


def test_stopping_ends_every_process_and_removes_every_file() -> None:
    with LocalCloud() as cloud:
        running(cloud)
        started = {server(cloud), *children(server(cloud))}
        directory = cloud.directory
        assert len(started) == 3

    assert alive(started) == set()
    assert not directory.exists()


HOST = """
import os, sys, time
from fairlead_local.cloud import LocalCloud
from tests.emulator.test_process import children, running
cloud = LocalCloud().start()
running(cloud)
print(cloud._process.pid, *children(cloud._process.pid), flush=True)
print(cloud.directory, flush=True)
time.sleep(60)
"""


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGKILL, signal.SIGINT])
def test_cloud_ends_with_its_parent_process(how: signal.Signals) -> None:
    starter = subprocess.Popen(
        [sys.executable, "-c", HOST], stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parents[2]
    )
    assert starter.stdout
    started = {int(pid) for pid in starter.stdout.readline().split()}
    directory = Path(starter.stdout.readline().strip())
    assert len(started) == 3

    starter.send_signal(how)
    starter.wait(10)
    starter.stdout.close()

    until(lambda: not alive(started))
    until(lambda: not directory.exists())


def test_function_processes_end_with_a_killed_cloud() -> None:
    with LocalCloud() as cloud:
        idle = running(cloud)
        os.kill(server(cloud), signal.SIGKILL)

        until(lambda: not alive({idle}))


def test_two_clouds_are_independent() -> None:
    with LocalCloud() as one, LocalCloud() as other:
        one.client("s3").create_bucket(Bucket="mine")

        assert other.client("s3").list_buckets()["Buckets"] == []
        assert one.endpoint_url != other.endpoint_url


def test_up_writes_the_environment_file_and_removes_it(tmp_path: Path) -> None:
    ports = [str(port) for port in free_ports(2)]
    up = subprocess.Popen(
        ["fairlead", "local", "up", "--port", ports[0], "--api-port", ports[1]],
        cwd=tmp_path, stdout=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert up.stdout
    first = up.stdout.readline()
    env_file = tmp_path / ".fairlead/local.env"
    sourced = subprocess.run(
        ["bash", "-c", f"source {env_file} && env"], env={"PATH": os.environ["PATH"]}, capture_output=True, text=True,
        check=True,
    ).stdout.splitlines()  # fmt: skip
    mode = env_file.stat().st_mode & 0o777
    up.terminate()

    assert up.wait(20) == 0
    up.stdout.close()
    assert f"http://127.0.0.1:{ports[0]}" in first
    assert {
        f"AWS_ENDPOINT_URL=http://127.0.0.1:{ports[0]}",
        f"FAIRLEAD_API_URL=http://127.0.0.1:{ports[1]}/prod",
    } < set(sourced)
    assert {"SAM_CLI_TELEMETRY=0", "AWS_PAGER=", "AWS_REGION=us-east-1", "AWS_DEFAULT_REGION=us-east-1"} < set(sourced)
    assert mode == 0o600
    assert not env_file.exists()


@pytest.mark.parametrize("address", ["0.0.0.0", "8.8.8.8", "example.org"])  # noqa: S104 - it is refused
def test_up_refuses_a_public_address(address: str) -> None:
    done = subprocess.run(["fairlead", "local", "up", "--host", address], capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert address in done.stderr


@pytest.mark.parametrize("hours", ["nan", "inf", "-1", "1e18", "87601"])
def test_up_refuses_hours_that_no_clock_can_be_behind(hours: str) -> None:
    done = subprocess.run(
        ["fairlead", "local", "up", "--behind", hours], capture_output=True, text=True, check=False, timeout=20
    )

    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.splitlines()[-1].startswith("Error: Invalid value for '--behind': ")


def test_a_cloud_without_state_machines_imports_no_ec2() -> None:
    """moto's interpreter of state machines imports it, which doubles the time in which a cloud starts."""
    program = "import sys, fairlead_local.wiring; print('moto.ec2' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], capture_output=True, check=True).stdout == b"False\n"
