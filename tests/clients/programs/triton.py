"""tritonclient against a signed endpoint, as a data scientist would write it: prints what it got as JSON.

Arguments: the API's address, a model, JSON with `inputs` ({name: [datatype, shape, values]}), `outputs` and `binary`.
"""

import json
import sys

import numpy as np
import tritonclient.http as triton
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.session import Session
from tritonclient.utils import InferenceServerException, triton_to_np_dtype

URL, MODEL, ASKED = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
BINARY = "application/octet-stream"


def signed(method: str, path: str, body: bytes = b"", **headers: str) -> dict[str, str]:
    request = AWSRequest(method, URL + path, data=body, headers={n.replace("_", "-"): v for n, v in headers.items()})
    SigV4Auth(Session().get_credentials(), "execute-api", "us-east-1").add_auth(request)
    return dict(request.headers)


def infer(client, asked):
    inputs = []
    for name, (datatype, shape, values) in asked["inputs"].items():
        tensor = triton.InferInput(name, shape, datatype)
        array = np.array(values, triton_to_np_dtype(datatype)).reshape(shape)
        tensor.set_data_from_numpy(array, binary_data=asked["binary"])
        inputs.append(tensor)
    outputs = [triton.InferRequestedOutput(name, binary_data=asked["binary"]) for name in asked["outputs"]] or None
    body, length = triton.InferenceServerClient.generate_request_body(inputs, outputs=outputs, request_id="mine")
    headers = {"Content_Type": BINARY if length else "application/json", "Accept": BINARY}
    if length is not None:
        headers["Inference_Header_Content_Length"] = str(length)
    path = f"/v2/models/{MODEL}/infer"
    answer = client.infer(
        MODEL, inputs, outputs=outputs, request_id="mine", headers=signed("POST", path, body, **headers)
    )
    named = asked["outputs"] or [one["name"] for one in answer.get_response()["outputs"]]
    return {
        "response": answer.get_response(),
        "outputs": {
            name: np.vectorize(lambda one: one.decode() if isinstance(one, bytes) else one)(
                answer.as_numpy(name)
            ).tolist()
            for name in named
        },
    }


def main():
    scheme, _, address = URL.partition("://")
    client = triton.InferenceServerClient(address, ssl=scheme == "https")
    try:
        found = {
            "live": client.is_server_live(headers=signed("GET", "/v2/health/live")),
            "ready": client.is_server_ready(headers=signed("GET", "/v2/health/ready")),
            "model_ready": client.is_model_ready(MODEL, headers=signed("GET", f"/v2/models/{MODEL}/ready")),
            "server": client.get_server_metadata(headers=signed("GET", "/v2")),
            "model": client.get_model_metadata(MODEL, headers=signed("GET", f"/v2/models/{MODEL}")),
        }
        found |= infer(client, ASKED)
    except InferenceServerException as error:
        found = {"error": error.message(), "status": error.status()}
    sys.stdout.write(json.dumps(found))


main()
