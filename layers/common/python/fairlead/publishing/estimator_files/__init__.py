"""Model files and live estimators → the data form. `inert_unpickler` reads a pickle as facts and executes nothing."""
