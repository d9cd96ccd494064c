"""Definitions of state machines: what moto's interpreter runs as AWS does is accepted, the rest is refused by name."""

import json
from collections.abc import Mapping
from typing import Any

from moto.stepfunctions.parser.asl.parse.asl_parser import AmazonStateLanguageParser

from fairlead_local.errors import ServiceError

MACHINE = frozenset({"Comment", "StartAt", "States"})
STATE = frozenset({"Comment", "End", "Next", "Type"})
STATES = {
    "Map": STATE | {"ItemProcessor", "ItemReader", "ItemSelector", "MaxConcurrencyPath", "ResultPath"},
    "Pass": STATE | {"Result"},
    "Task": STATE | {"Catch", "Parameters", "Resource", "ResultPath", "Retry"},
}
PROCESSOR = {"Mode": "DISTRIBUTED", "ExecutionType": "STANDARD"}
READER = {"InputType": "JSON"}


def check(definition: str) -> None:
    """Raise ServiceError for a definition that is wrong, or has a part that the local cloud does not run."""
    try:
        _check_machine(json.loads(definition), "the definition")
        AmazonStateLanguageParser.parse(definition)
    except ServiceError:
        raise
    except Exception as error:  # of a definition without a shape; moto's parser raises anything
        raise ServiceError("InvalidDefinition", f"Invalid State Machine Definition: {error}") from error


def _check_machine(machine: Mapping[str, Any], where: str) -> None:
    _check_known(machine, MACHINE, where)
    for name, state in machine["States"].items():
        place = f"state {name}"
        if state["Type"] not in STATES:
            raise _unsupported(f"states of the type {state['Type']}", place)
        _check_known(state, STATES[state["Type"]], place)
        if state["Type"] == "Task" and ":lambda:" not in state["Resource"]:
            raise _unsupported(f"tasks of {state['Resource']}", place)
        if state["Type"] == "Map":
            _check_map(state, place)


def _check_map(state: Mapping[str, Any], place: str) -> None:
    processor, reader = dict(state["ItemProcessor"]), state.get("ItemReader", {})
    if processor.pop("ProcessorConfig", {}) != PROCESSOR:
        raise _unsupported(f"a ProcessorConfig other than {PROCESSOR}", place)
    if not reader.get("Resource", "").endswith(":states:::s3:getObject") or reader.get("ReaderConfig") != READER:
        raise _unsupported(f"an ItemReader other than s3:getObject with {READER}", place)
    _check_machine(processor, f"ItemProcessor of {place}")


def _check_known(given: Mapping[str, Any], known: frozenset[str], place: str) -> None:
    unknown = sorted(set(given) - known)
    if unknown:
        raise _unsupported(", ".join(unknown), place)


def _unsupported(what: str, place: str) -> ServiceError:
    return ServiceError("NotImplemented", f"the local cloud does not support {what} ({place})", status=501)
