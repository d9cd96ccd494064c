"""Model files and live estimators → the data form. `inert` reads a pickle as facts and executes nothing of it."""
