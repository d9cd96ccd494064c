"""schemathesis over the endpoint's own document, with signed calls: requests that fit it and requests that do not.

Arguments: the API's address, a model (not used), JSON with `examples`, the most requests of an operation.
"""

import json
import sys
from collections import Counter
from contextlib import suppress

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from openapi_spec_validator import validate
from schemathesis import GenerationMode
from schemathesis.core.failures import FailureGroup
from schemathesis.specs.openapi.checks import negative_data_rejection

from fairlead.auth import SigV4

URL, _, GIVEN = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])

session = requests.Session()
session.auth = SigV4()
document = session.get(f"{URL}/openapi.json", timeout=30).json()
validate(document)
del document["security"]  # the session signs: schemathesis would remove the header and report the 200 as a fault
statuses = Counter()


def play(operation, mode):
    @settings(
        max_examples=GIVEN["examples"],
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def one(case):
        answer = case.call(base_url=URL, session=session)
        # More rows than an answer may have are refused by 413, which schemathesis does not count as a refusal.
        case.validate_response(answer, excluded_checks=[negative_data_rejection] if answer.status_code == 413 else None)
        statuses[f"{operation.label} {mode.value} {answer.status_code}"] += 1

    one()


failures = []
for result in schemathesis.openapi.from_dict(document).get_all_operations():
    operation = result.ok()
    for mode in (GenerationMode.POSITIVE, GenerationMode.NEGATIVE):
        try:
            with suppress(Unsatisfiable):  # an operation without parameters has no wrong input
                play(operation, mode)
        except (Exception, FailureGroup) as error:  # noqa: BLE001 - each failure is reported
            failures.append(f"{operation.label} {mode.value}: {type(error).__name__}: {error}"[:3000])
sys.stdout.write(json.dumps({"statuses": statuses, "failures": failures, "servers": document["servers"]}))
