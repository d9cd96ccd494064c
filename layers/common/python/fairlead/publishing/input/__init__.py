"""Inputs of publishing: reads and checks model files, tables, estimators and training rows."""
