"""AWS::StepFunctions::StateMachine."""

import json
from typing import Any

from fairlead_local.cloudformation.provider import ClientProvider, CreatedResource, DesiredResource, names


class StateMachineProvider(ClientProvider):
    """A standard state machine."""

    accepts = names("Definition DefinitionSubstitutions RoleArn StateMachineName Tags")
    replaces = names("StateMachineName")

    def create(self, desired: DesiredResource) -> CreatedResource:
        """CreateStateMachine."""
        name = desired.properties.get("StateMachineName") or desired.name(limit=80)
        labels = [{"key": key, "value": value} for key, value in desired.all_tags.items()]
        made = self._clients["stepfunctions"].create_state_machine(
            name=name, definition=_definition(desired), roleArn=desired.properties["RoleArn"], tags=labels
        )["stateMachineArn"]
        return CreatedResource(made, {"Arn": made, "Name": name})

    def update(self, desired: DesiredResource, old: dict[str, Any], created: CreatedResource) -> CreatedResource:  # noqa: ARG002 - the protocol's
        """UpdateStateMachine."""
        self._clients["stepfunctions"].update_state_machine(
            stateMachineArn=created.physical_id, definition=_definition(desired), roleArn=desired.properties["RoleArn"]
        )
        return created

    def delete(self, created: CreatedResource, properties: dict[str, Any]) -> None:  # noqa: ARG002 - the protocol's
        """DeleteStateMachine; a missing machine is no error."""
        self._clients["stepfunctions"].delete_state_machine(stateMachineArn=created.physical_id)


def _definition(desired: DesiredResource) -> str:
    """Return the definition as JSON, with the values of DefinitionSubstitutions."""
    written = json.dumps(desired.properties["Definition"])
    for name, value in desired.properties.get("DefinitionSubstitutions", {}).items():
        written = written.replace(f"${{{name}}}", str(value))
    return written
