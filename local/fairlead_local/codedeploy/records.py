"""Records of applications, groups, configurations and deployments."""

import secrets
import string
import uuid
from dataclasses import dataclass, field
from typing import Any, Literal

from fairlead_local.account import arn
from fairlead_local.codedeploy.appspec import AppSpec

Status = Literal["Created", "Queued", "InProgress", "Succeeded", "Failed", "Stopped"]
StepStatus = Literal["Pending", "InProgress", "Succeeded", "Failed", "Skipped"]
OVER: frozenset[Status] = frozenset({"Succeeded", "Failed", "Stopped"})
STEPS = ("BeforeAllowTraffic", "AllowTraffic", "AfterAllowTraffic")
PLATFORM = "Lambda"


def new_id() -> str:
    """Return a new deployment id such as d-A1B2C3D4E."""
    return "d-" + "".join(secrets.choice(string.ascii_uppercase + string.digits) for _ in range(9))


@dataclass
class Config:
    """A deployment configuration: how traffic is shifted."""

    name: str
    routing: dict[str, Any]
    created: float
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass
class Group:
    """A deployment group; `settings` has the API's names."""

    application: str
    name: str
    settings: dict[str, Any]
    id: str = field(default_factory=lambda: str(uuid.uuid4()))

    @property
    def arn(self) -> str:
        """The group's ARN."""
        return arn("codedeploy", f"deploymentgroup:{self.application}/{self.name}")

    @property
    def role(self) -> str:
        """The ARN of the role that CodeDeploy assumes."""
        return str(self.settings["serviceRoleArn"])


@dataclass
class Application:
    """An application with its groups by name, and its revisions by digest."""

    name: str
    created: float
    groups: dict[str, Group] = field(default_factory=dict)
    revisions: dict[str, dict[str, Any]] = field(default_factory=dict)
    id: str = field(default_factory=lambda: str(uuid.uuid4()))


@dataclass
class Step:
    """One lifecycle event of a deployment."""

    name: str
    status: StepStatus = "Pending"
    started: float | None = None
    ended: float | None = None
    hook: str = ""
    execution_id: str = ""
    problem: str = ""


@dataclass
class Deployment:
    """A deployment with its status."""

    group: Group
    config: Config
    spec: AppSpec
    revision: dict[str, Any]
    created: float
    alarms: tuple[str, ...]
    auto_rollback: dict[str, Any]
    description: str = ""
    creator: str = "user"
    ignore_poll_failure: bool = False  # continue if alarms cannot be read
    previous_revision: dict[str, Any] | None = None
    id: str = field(default_factory=new_id)
    status: Status = "Created"
    started: float | None = None
    ended: float | None = None
    error: tuple[str, str] | None = None
    weight: float = 0.0
    rollback_info: dict[str, str] = field(default_factory=dict)
    steps: dict[str, Step] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.steps = {name: Step(name, hook=self.spec.hooks.get(name, "")) for name in STEPS}

    @property
    def over(self) -> bool:
        """Whether it has ended."""
        return self.status in OVER

    @property
    def is_rollback(self) -> bool:
        """Whether CodeDeploy created it to roll back another one."""
        return self.creator == "codeDeployRollback"

    @property
    def target_id(self) -> str:
        """The id of its one target, the alias."""
        return f"{self.spec.function}:{self.spec.alias}"
