"""The `fairlead` command, run in the tests' process as one of a stack's users."""

import json
from typing import Any

from typer.testing import CliRunner, Result

from fairlead_cli.main import app
from fairlead_local.cloud import Credentials, LocalCloud
from tests.local.support import clock_ahead

STACK = "fairlead"


class Commands:
    """Runs commands as one of the stack's users, by the cloud's clock; the base of the stages. Not thread-safe."""

    cloud: LocalCloud
    people: dict[str, Credentials]

    def environment(self, who: str = "operator", *, endpoint: str = "") -> dict[str, str]:
        """Return the variables of a command; `endpoint` replaces the cloud's."""
        variables = self.cloud.environment(self.people[who]) | clock_ahead(self.cloud) | {"FAIRLEAD_STACK": STACK}
        return variables | ({"AWS_ENDPOINT_URL": endpoint} if endpoint else {})

    def fairlead(self, *arguments: object, who: str = "operator") -> Result:
        """Run a command."""
        return CliRunner().invoke(app, [str(one) for one in arguments], env=self.environment(who))

    def did(self, *arguments: object, who: str = "operator") -> str:
        """Run a command that must succeed; return its stdout."""
        done = self.fairlead(*arguments, who=who)
        assert done.exit_code == 0, done.output
        return str(done.stdout)

    def result(self, *arguments: object) -> Any:
        """Run a command that must succeed; return its JSON."""
        return json.loads(self.did(*arguments, "--json"))
