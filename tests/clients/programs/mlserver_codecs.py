"""MLServer's own types and codecs: print the requests that they encode, or what they decode from answers.

Argument: JSON with `frame` (rows) and `matrix` (numbers) to encode, or with `labels` and `shares`, answers to decode.
"""

import json
import sys

import numpy as np
import pandas as pd
from mlserver.codecs import NumpyRequestCodec, PandasCodec
from mlserver.types import InferenceResponse, RequestOutput


def asking(request, output):
    request.outputs = [RequestOutput(name=output)]
    return json.loads(request.model_dump_json(exclude_none=True))


def encoded(given):
    frame = pd.DataFrame(given["frame"])
    texts = [name for name, kind in frame.dtypes.items() if not pd.api.types.is_numeric_dtype(kind)]
    frame = frame.astype(dict.fromkeys(texts, object))  # MLServer 1.7.1 does not know pandas 3's `str`
    return {
        "pandas": asking(PandasCodec.encode_request(frame, use_bytes=False), "predict"),
        "numpy": asking(NumpyRequestCodec.encode_request(np.array(given["matrix"])), "predict_proba"),
    }


def decoded(given):
    labels, shares = (InferenceResponse(**given[name]) for name in ("labels", "shares"))
    return {
        "labels": PandasCodec.decode_response(labels)["predict"].tolist(),
        "shares": NumpyRequestCodec.decode_response(shares).tolist(),
    }


def main():
    given = json.loads(sys.argv[1])
    sys.stdout.write(json.dumps(encoded(given) if "frame" in given else decoded(given)))


main()
