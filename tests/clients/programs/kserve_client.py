"""KServe's client against a signed endpoint: readiness, and an inference request with `httpx.Auth`.

Arguments: the API's address, a model, JSON with `inputs` ({name: [datatype, shape, values]}) and `outputs`.
"""

import asyncio
import json
import sys

import httpx
from kserve import InferenceRESTClient, InferInput, InferRequest, RESTConfig
from kserve.protocol.infer_type import RequestedOutput

from fairlead.auth import SigV4

URL, MODEL, GIVEN = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])


async def main():
    client = InferenceRESTClient(RESTConfig(protocol="v2", auth=SigV4(), retries=0))
    inputs = [
        InferInput(name, shape, datatype, data=values) for name, (datatype, shape, values) in GIVEN["inputs"].items()
    ]
    outputs = [RequestedOutput(name) for name in GIVEN["outputs"]]
    found = {
        "live": await client.is_server_live(URL),
        "ready": await client.is_server_ready(URL),
        "model_ready": await client.is_model_ready(URL, MODEL),
    }
    try:
        request = InferRequest(model_name=MODEL, request_id="mine", infer_inputs=inputs, request_outputs=outputs)
        answer = await client.infer(URL, request, model_name=MODEL)
        found["outputs"] = {output.name: output.as_numpy().tolist() for output in answer.outputs}
        found["id"], found["parameters"] = answer.id, answer.parameters
    except httpx.HTTPStatusError as error:
        found["error"] = str(error)
    sys.stdout.write(json.dumps(found, default=str))


asyncio.run(main())
