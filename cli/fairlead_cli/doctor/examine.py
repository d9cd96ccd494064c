"""Runs the checks: an error of a check is a verdict too."""

from collections.abc import Callable, Collection, Sequence

import msgspec

from fairlead.errors import FairleadError, NotFoundError, SettingsError
from fairlead_cli.doctor import access, deployment, quotas
from fairlead_cli.doctor.diagnosis import Diagnosis, Site

CHECKS: dict[str, Callable[[Site], Diagnosis]] = {
    "region": access.region,
    "credentials": access.credentials,
    "clock": access.clock,
    "log-role": quotas.log_role,
    "concurrency": quotas.concurrency,
    "code-storage": quotas.code_storage,
    "sizes": quotas.sizes,
    "stack": deployment.state,
    "version": deployment.version,
    "policies": access.policies,
    "alarm-topic": deployment.alarm_topic,
    "decisions-topic": deployment.decisions_topic,
}
FOUND = 7
"""Exit code: a check found a fault, or could not run."""


def examine(site: Site, *, skip: Collection[str] = ()) -> list[Diagnosis]:
    """Return the diagnosis of each check that is not skipped, in the order of CHECKS; raises SettingsError."""
    unknown = sorted(set(skip) - CHECKS.keys())
    if unknown:
        raise SettingsError(f"there is no check {unknown[0]!r}", hint=f"the checks are {', '.join(CHECKS)}")
    return [_diagnosis(name, check, site) for name, check in CHECKS.items() if name not in skip]


def exit_code(found: Sequence[Diagnosis]) -> int:
    """Return 0 if no check found a fault; 7, or 6 if only the stack is missing."""
    verdicts = {one.verdict for one in found}
    if verdicts & {"mend", "not checked"}:
        return FOUND
    return NotFoundError.exit_code if "missing" in verdicts else 0


def _diagnosis(name: str, check: Callable[[Site], Diagnosis], site: Site) -> Diagnosis:
    try:
        found = check(site)
    except NotFoundError as error:
        found = Diagnosis(verdict="n/a", said=str(error))
    except SettingsError:
        found = Diagnosis(verdict="not checked", said="needs a region and credentials that AWS accepts")
    except FairleadError as error:
        found = Diagnosis(verdict="not checked", said=_obstacle(error))
    return msgspec.structs.replace(found, check=name)


def _obstacle(error: FairleadError) -> str:
    from fairlead.aws import clients

    action = clients.refused_action(error)
    return f"needs {action}" if action else str(error)
