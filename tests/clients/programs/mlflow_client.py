"""MLflow's scoring client against a signed endpoint. It has no hook for authorisation, so its `requests.post` signs.

Arguments: the API's address, a model (not used), JSON with `rows`, and perhaps `params`.
"""

import functools
import json
import sys

import pandas as pd
import requests
from mlflow.pyfunc.scoring_server.client import ScoringServerClient

from fairlead.auth import SigV4

URL, _, GIVEN = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
requests.post, requests.get = (functools.partial(send, auth=SigV4()) for send in (requests.post, requests.get))

host, _, port = URL.removeprefix("http://").partition(":")
client = ScoringServerClient(host, port)
client.ping()
answer = client.invoke(pd.DataFrame(GIVEN["rows"]), params=GIVEN.get("params"))
sys.stdout.write(
    json.dumps({"frame": answer.get_predictions().to_numpy().tolist(), "text": json.loads(answer.to_json())})
)
