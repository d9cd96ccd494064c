"""A cloud that keeps its state: the next one on the folder continues, and no other file is read as a state."""

import json
import shutil
import stat
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from fairlead_local.account import arn, function_arn
from fairlead_local.cloud import LocalCloud
from fairlead_local.errors import LocalCloudError
from fairlead_local.folder import STATE
from tests.local.support import archive, create, free_ports, make_role, until

HOUR = 3600.0
CODE = archive(app="import os\ndef handler(event, context):\n    return os.environ['KIND']\n")
TEMPLATE = json.dumps(
    {
        "Resources": {
            "Table": {
                "Type": "AWS::DynamoDB::Table",
                "Properties": {
                    "TableName": "ledger",
                    "BillingMode": "PAY_PER_REQUEST",
                    "AttributeDefinitions": [{"AttributeName": "pk", "AttributeType": "S"}],
                    "KeySchema": [{"AttributeName": "pk", "KeyType": "HASH"}],
                },
            }
        },
        "Outputs": {"Table": {"Value": {"Ref": "Table"}}},
    }
)
MACHINE = json.dumps({"StartAt": "A", "States": {"A": {"Type": "Pass", "Result": "kept", "End": True}}})
ALARM = {
    "Namespace": "N", "MetricName": "M", "Statistic": "Sum", "Period": 60, "EvaluationPeriods": 1, "Threshold": 0.5,
    "ComparisonOperator": "GreaterThanThreshold",
}  # fmt: skip


@pytest.fixture(autouse=True)
def state_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state home"))


@pytest.fixture(scope="module")
def stopped(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The folder of a cloud that stopped, with the state home beside it."""
    folder = tmp_path_factory.mktemp("kept")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(folder / "home"))
        with LocalCloud(directory=folder / "cloud", behind=24 * HOUR, keep=True) as cloud:
            filled(cloud)
        yield folder


def filled(cloud: LocalCloud) -> None:
    """Create a stack with a table, a function with an alias that a schedule calls, and an alarm in ALARM."""
    cloud.client("cloudformation").create_stack(StackName="stack", TemplateBody=TEMPLATE)
    until(lambda: stack(cloud)["StackStatus"] == "CREATE_COMPLETE")
    cloud.client("dynamodb").put_item(TableName="ledger", Item={"pk": {"S": "row"}, "n": {"N": "7"}})
    make_role(cloud)
    trust = {"Effect": "Allow", "Principal": {"Service": "states.amazonaws.com"}, "Action": "sts:AssumeRole"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role = cloud.client("iam").create_role(RoleName="states", AssumeRolePolicyDocument=document)["Role"]["Arn"]
    cloud.client("stepfunctions").create_state_machine(name="machine", definition=MACHINE, roleArn=role)
    functions = cloud.client("lambda")
    create(functions, "f", Code={"ZipFile": CODE}, Environment={"Variables": {"KIND": "kept"}})
    functions.publish_version(FunctionName="f")
    functions.create_alias(FunctionName="f", Name="live", FunctionVersion="1")
    events = cloud.client("events")
    rule = events.put_rule(Name="hourly", ScheduleExpression="rate(1 hour)")["RuleArn"]
    events.put_targets(Rule="hourly", Targets=[{"Id": "f", "Arn": function_arn("f")}])
    functions.add_permission(
        FunctionName="f", StatementId="events", Action="lambda:InvokeFunction", Principal="events.amazonaws.com",
        SourceArn=rule,
    )  # fmt: skip
    cloudwatch = cloud.client("cloudwatch")
    cloudwatch.put_metric_alarm(AlarmName="rang", **ALARM)
    cloudwatch.put_metric_data(Namespace="N", MetricData=[{"MetricName": "M", "Value": 1, "Timestamp": cloud.now()}])
    cloud.advance(90)
    assert alarm(cloud) == "ALARM"


def stack(cloud: LocalCloud) -> dict[str, Any]:
    found: dict[str, Any] = cloud.client("cloudformation").describe_stacks(StackName="stack")["Stacks"][0]
    return found


def alarm(cloud: LocalCloud) -> str:
    return str(cloud.client("cloudwatch").describe_alarms(AlarmNames=["rang"])["MetricAlarms"][0]["StateValue"])


def invocations(cloud: LocalCloud) -> float:
    found = cloud.client("cloudwatch").get_metric_statistics(
        Namespace="AWS/Lambda", MetricName="Invocations", Dimensions=[{"Name": "FunctionName", "Value": "f"}],
        StartTime=cloud.now() - 24 * HOUR, EndTime=cloud.now() + 60, Period=86_400, Statistics=["Sum"],
    )  # fmt: skip
    return float(sum(one["Sum"] for one in found["Datapoints"]))


def moved(stopped: Path, to: Path, patch: pytest.MonkeyPatch) -> Path:
    """Copy the folder elsewhere, with the key of the user who made it."""
    patch.setenv("XDG_STATE_HOME", str(stopped / "home"))
    shutil.copytree(stopped / "cloud", to)
    return to


def test_next_cloud_continues_where_the_last_one_stopped(
    stopped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = moved(stopped, tmp_path / "elsewhere", monkeypatch)
    with LocalCloud(directory=folder, keep=True) as cloud:
        assert stack(cloud)["Outputs"] == [{"OutputKey": "Table", "OutputValue": "ledger"}]
        assert cloud.client("dynamodb").scan(TableName="ledger")["Items"] == [{"pk": {"S": "row"}, "n": {"N": "7"}}]
        called = cloud.client("lambda").invoke(FunctionName="f", Qualifier="live")
        assert json.loads(called["Payload"].read()) == "kept"
        machines = cloud.client("stepfunctions")
        started = machines.start_execution(stateMachineArn=arn("states", "stateMachine:machine"))["executionArn"]
        until(lambda: machines.describe_execution(executionArn=started).get("output") == '"kept"')
        assert alarm(cloud) == "ALARM"
        before = cloud.now()
        cloud.advance(HOUR + 60)
        assert invocations(cloud) == 2  # the call, and the schedule's event
        assert cloud.now() - before < 2 * HOUR

    with LocalCloud(directory=folder, keep=True) as third:
        assert invocations(third) == 2


def test_clock_and_access_key_are_the_same_after_a_restart(
    stopped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = moved(stopped, tmp_path / "elsewhere", monkeypatch)
    keys, behind = [], []
    for _ in range(2):
        with LocalCloud(directory=folder, keep=True) as cloud:
            keys.append(cloud.admin)
            behind.append(cloud.now())

    assert keys[0] == keys[1]
    assert 0 < behind[1] - behind[0] < HOUR


def changed(folder: Path) -> None:
    data = bytearray((folder / STATE).read_bytes())
    data[-10] ^= 1
    (folder / STATE).write_bytes(data)


def test_state_that_was_changed_is_refused_and_stays(
    stopped: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = moved(stopped, tmp_path / "elsewhere", monkeypatch)
    changed(folder)
    data = (folder / STATE).read_bytes()

    with pytest.raises(LocalCloudError, match="or was changed since"):
        LocalCloud(directory=folder, keep=True).start()

    assert (folder / STATE).read_bytes() == data
    assert (folder / "archives").exists()


def test_state_of_another_user_is_refused(stopped: Path, tmp_path: Path) -> None:
    shutil.copytree(stopped / "cloud", tmp_path / "elsewhere")

    with pytest.raises(LocalCloudError, match="not written by a local cloud of this user"):
        LocalCloud(directory=tmp_path / "elsewhere", keep=True).start()


def test_folder_with_other_files_is_refused_and_not_touched(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    (folder / "archives").mkdir(parents=True)
    (folder / "archives/thesis").write_text("years of work")
    (folder / "notes.txt").write_text("")

    with pytest.raises(LocalCloudError, match=r"not a local cloud's: notes\.txt"):
        LocalCloud(directory=folder, keep=True).start()

    assert (folder / "archives/thesis").exists()


def test_folder_that_a_cloud_uses_is_refused(tmp_path: Path) -> None:
    with (
        LocalCloud(directory=tmp_path / "one", keep=True),
        pytest.raises(LocalCloudError, match="another local cloud uses") as refused,
    ):
        LocalCloud(directory=tmp_path / "one", keep=True).start()

    assert refused.value.hint == "stop it, or name another folder with --keep"


def test_state_is_readable_by_its_user_alone(stopped: Path) -> None:
    assert stat.S_IMODE((stopped / "cloud" / STATE).stat().st_mode) == 0o600  # it has access keys


def test_a_key_that_cannot_be_made_is_reported_at_the_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))

    with pytest.raises(LocalCloudError, match="Not a directory") as refused:
        LocalCloud(directory=tmp_path / "one", keep=True).start()

    assert "XDG_STATE_HOME" in refused.value.hint


def test_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(LocalCloudError, match=r"cannot make the folder .*file/one"):
        LocalCloud(directory=tmp_path / "file" / "one", keep=True).start()


def test_end_that_cannot_keep_the_state_says_why_and_what_is_there(tmp_path: Path) -> None:
    cloud = LocalCloud(directory=tmp_path / "one", keep=True).start()
    (tmp_path / "one" / STATE).with_suffix(".partial").mkdir()

    with pytest.raises(LocalCloudError, match=r"was not kept in .*: .*Is a directory") as lost:
        cloud.stop()

    assert lost.value.hint == "there is no state of an earlier end"


def test_up_prints_at_its_end_how_to_continue_with_the_folder(tmp_path: Path) -> None:
    port, api_port = free_ports(2)
    command = ["fairlead", "local", "up", "--keep", "kept", "--port", str(port), "--api-port", str(api_port)]
    up = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, text=True)
    assert up.stdout
    first = up.stdout.readline()
    up.terminate()
    printed = first + up.stdout.read()
    up.stdout.close()

    assert up.wait(60) == 0
    assert "Ctrl-C stops it and keeps its data in kept." in printed
    assert "fairlead local up --keep kept" in printed.rpartition("stopped; ")[2]
    assert (tmp_path / "kept" / STATE).exists()


def test_clock_of_a_kept_cloud_cannot_be_set_back(stopped: Path, tmp_path: Path) -> None:
    command = ["fairlead", "local", "up", "--keep", str(stopped / "cloud"), "--behind", "1"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "leave out --behind" in done.stderr
