"""vetiver's API of model.joblib, as its documentation starts it: `vetiver_server.py PORT`."""

import sys

import joblib
import pandas as pd
import vetiver

model = joblib.load("model.joblib")
described = vetiver.VetiverModel(model, model_name="bench", prototype_data=pd.read_csv("rows.csv").head(1))
vetiver.VetiverAPI(described, check_prototype=True).run(port=int(sys.argv[1]), host="127.0.0.1")
