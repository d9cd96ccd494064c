"""Compile a fitted estimator to an ONNX graph."""
