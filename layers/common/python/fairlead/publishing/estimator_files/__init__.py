"""Convert model files and live estimators to the data form. `inert_unpickler` reads a pickle and executes nothing."""
